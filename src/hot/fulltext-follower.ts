// Keeps the full-text index behind the log: batch after batch, giving way to searches in between.

import type { HotReader } from "./contract.ts";
import type { FulltextFeed } from "./fulltext-feed.ts";

/** Entries of one transaction: about 20 ms of work. */
const BATCH_ENTRIES = 500;

export interface FollowerPace {
  /** Called after each batch, with the seq up to which the index is now complete. */
  readonly onProgress?: (cursor: number) => void;
  /** Unix seconds. */
  readonly now: () => number;
  /** Entries of one batch. */
  readonly batchEntries?: number;
}

/** Follows the log of `reader` into `feed`. One step at a time, so that its thread stays free for others. */
export class FulltextFollower {
  private readonly reader: HotReader;
  private readonly feed: FulltextFeed;
  private readonly pace: FollowerPace;
  private cursor: number;
  private running = false;
  private stopped = false;

  constructor(reader: HotReader, feed: FulltextFeed, pace: FollowerPace) {
    this.reader = reader;
    this.feed = feed;
    this.pace = pace;
    this.cursor = feed.cursor();
  }

  /** The index has been fed by a store whose log went further than this one's: it speaks of events that are not here. */
  isAheadOfLog(): boolean {
    return this.cursor > this.reader.lastSeq();
  }

  /** Log entries that the index has not taken in yet. */
  lag(): number {
    return Math.max(0, this.reader.lastSeq() - this.cursor);
  }

  /** Takes in one batch; false when there was nothing to take in. */
  step(): boolean {
    const entries = this.reader.log(this.cursor, this.pace.batchEntries ?? BATCH_ENTRIES);
    if (entries.length === 0) return false;
    this.feed.apply(entries, this.pace.now());
    this.cursor = entries.at(-1)!.seq;
    this.pace.onProgress?.(this.cursor);
    return true;
  }

  /** Something was committed: goes on until the log is exhausted, one batch a turn of the event loop. */
  wake(): void {
    if (this.running || this.stopped) return;
    this.running = true;
    const turn = (): void => {
      this.running = !this.stopped && this.step();
      if (this.running) setImmediate(turn);
    };
    setImmediate(turn);
  }

  /** Starts over after the index was emptied. */
  restart(): void {
    this.cursor = this.feed.cursor();
    this.wake();
  }

  stop(): void {
    this.stopped = true;
  }
}
