// How much an import writes as one transaction: little while others write to the same store, for they wait meanwhile.

import type { Commit } from "../../hot/writer.ts";

/** Some sixteen thousand events, half a second: four times as many dirty each index page less than half as often. */
export const BLOCKS_ALONE = 4;
/** Nobody else has written for so long: nobody waits. */
const ALONE_AFTER_MS = 3000;

export class TransactionSize {
  private readonly now: () => number;
  private lastSeq: number | undefined;
  /** When somebody else was last seen to have written. */
  private metMs: number;

  /** `isServed`: a relay has the folder, so that somebody may publish. `now`: milliseconds on a clock that only rises. */
  constructor(isServed: boolean, now: () => number = () => performance.now()) {
    this.now = now;
    this.metMs = isServed ? now() : Number.NEGATIVE_INFINITY;
  }

  /** Blocks of the next transaction, at most. */
  get blocks(): number {
    return this.now() - this.metMs < ALONE_AFTER_MS ? 1 : BLOCKS_ALONE;
  }

  /** Told of each transaction: between two of ours the log stands still unless somebody else wrote. */
  wrote({ before, lastSeq }: Pick<Commit, "before" | "lastSeq">): void {
    if (this.lastSeq !== undefined && before !== this.lastSeq) this.metMs = this.now();
    this.lastSeq = lastSeq;
  }
}
