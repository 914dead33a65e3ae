// A lone signature is checked on the spot: waking a thread and being woken by it takes longer than the check itself.

import type { SignatureCheck } from "../nostr/event.ts";
import type { BackendOptions } from "./backend.ts";
import type { SignatureVerdict, SignedId } from "./contract.ts";
import { signatureCheck } from "./signature-check.ts";
import type { StartedVerifierPool } from "./verifier-pool.ts";

/** Between two checks on the calling thread, so that whatever comes in numbers goes to the threads. */
const PAUSE_MS = 1;

/**
 * In front of a pool: while nothing waits there and the last check on this thread is a while ago, the calling thread
 * checks by itself (about 35 µs). Only with libsecp256k1: any other backend would hold the thread up for too long.
 */
export class PromptVerifier {
  private readonly pool: StartedVerifierPool;
  private readonly isSigned: SignatureCheck | undefined;
  private freeAtMs = 0;

  constructor(pool: StartedVerifierPool, options: BackendOptions) {
    this.pool = pool;
    this.isSigned = pool.backend === "libsecp256k1" ? signatureCheck(options) : undefined;
  }

  /** As VerifierPool.offer; settle() may be called before this returns. */
  offer(signed: SignedId, settle: (verdict: SignatureVerdict) => void): boolean {
    const nowMs = performance.now();
    if (this.isSigned === undefined || this.pool.depth > 0 || nowMs < this.freeAtMs) {
      return this.pool.offer(signed, settle);
    }
    this.freeAtMs = nowMs + PAUSE_MS;
    settle(this.isSigned(signed) ? "valid" : "invalid");
    return true;
  }
}
