// The reading rules as a count needs them, made from plain data: on this thread, and on a reader worker.

import type { CountGate } from "../hot/contract.ts";
import { pubkeyOfJson } from "../nostr/event-json.ts";
import { isPublicKind, mayRead } from "../policy/read.ts";
import type { HyperLogLog } from "./hyperloglog.ts";

export interface CountRules {
  /** Unix seconds. */
  readonly nowSeconds: number;
  /** Keys proven by who asks. */
  readonly keys: readonly string[];
  /** Where NIP-45 has the authors counted as well: see hyperLogLogOffset(). */
  readonly hllOffset: number | undefined;
}

/** `registers` are fed with the author of every counted event. */
export function countGate({ nowSeconds, keys }: CountRules, registers: HyperLogLog | undefined): CountGate {
  const readers = new Set(keys);
  return {
    nowSeconds,
    isOpenKind: isPublicKind,
    accepts: (hit) => mayRead(hit, readers, nowSeconds),
    ...(registers === undefined ? {} : { counted: (hit) => registers.add(pubkeyOfJson(hit.json)) }),
  };
}
