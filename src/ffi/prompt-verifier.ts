// A lone signature is checked on the spot: waking a thread and being woken by it takes longer than the check itself.

import { type BackendOptions, openBackend } from "./backend.ts";
import { newBatchSlab, packSigned } from "./batch-slab.ts";
import type { SchnorrBackend, SignedId, Verdict } from "./contract.ts";
import type { StartedVerifierPool } from "./verifier-pool.ts";

/** Between two checks on the calling thread, so that whatever comes in numbers goes to the threads. */
const PAUSE_MS = 1;

/**
 * In front of a pool: while nothing waits there and the last check on this thread is a while ago, the calling thread
 * checks by itself (about 35 µs). Only with libsecp256k1: any other backend would hold the thread up for too long.
 */
export class PromptVerifier {
  private readonly pool: StartedVerifierPool;
  private readonly native: SchnorrBackend | undefined;
  private readonly slab = newBatchSlab();
  private freeAtMs = 0;

  constructor(pool: StartedVerifierPool, options: BackendOptions) {
    this.pool = pool;
    this.native = pool.backend === "libsecp256k1" ? openBackend(options).backend : undefined;
  }

  /** As VerifierPool.offer; settle() may be called before this returns. */
  offer(signed: SignedId, settle: (verdict: Verdict) => void): boolean {
    const nowMs = performance.now();
    if (this.native === undefined || this.pool.depth > 0 || nowMs < this.freeAtMs) {
      return this.pool.offer(signed, settle);
    }
    this.freeAtMs = nowMs + PAUSE_MS;
    const { packed, results } = this.slab;
    packSigned(packed, 0, signed);
    this.native.verifyPacked(packed, 1, results);
    settle(results[0] === 1 ? "valid" : "invalid");
    return true;
  }
}
