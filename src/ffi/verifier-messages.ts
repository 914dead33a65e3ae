// What crosses between the pool and its verifier threads.

import type { BackendOptions } from "./backend.ts";
import type { SchnorrBackend } from "./contract.ts";

/** The first message to a verifier. Every later one is a batchMessage. */
export interface VerifierStart {
  readonly backend: BackendOptions;
  readonly slabs: readonly SharedArrayBuffer[];
}

/** The first message from a verifier. Every later one is the number of the slab whose results are written. */
export type VerifierStarted =
  | {
      readonly type: "ready";
      readonly name: SchnorrBackend["name"];
      readonly origin: string;
      readonly notice?: string;
    }
  | { readonly type: "refused"; readonly reason: string };

const COUNT_LIMIT = 0x1_0000;

/** "Check the first `count` signatures of slab number `slab`", as one number: that crosses cheaper than any object. */
export function batchMessage(slab: number, count: number): number {
  return slab * COUNT_LIMIT + count;
}

export function readBatchMessage(message: number): { readonly slab: number; readonly count: number } {
  return { slab: Math.floor(message / COUNT_LIMIT), count: message % COUNT_LIMIT };
}
