// Keeps the full-text index behind the log: batch after batch, giving way to searches in between.

import type { HotReader } from "./contract.ts";
import type { FulltextFeed } from "./fulltext-feed.ts";

/** While publishers need the processor, the index takes this share of its thread's time and catches up afterwards. */
const YIELDED_SHARE = 0.1;
/** How long one word of busy publishers counts. */
const YIELD_MS = 1000;

/** Entries of one transaction: about 20 ms of work. */
const BATCH_ENTRIES = 500;

export interface FollowerPace {
  /** Called after each batch, with the seq up to which the index is now complete. */
  readonly onProgress?: (cursor: number) => void;
  /** Called where a batch could not be taken in: this follower stands still then. Without it the error goes on. */
  readonly onFault?: (error: unknown) => void;
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
  private yieldUntilMs = 0;

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

  /** Takes in one batch; false when that was all there is, or nothing. */
  step(): boolean {
    const batchEntries = this.pace.batchEntries ?? BATCH_ENTRIES;
    const entries = this.reader.log(this.cursor, batchEntries);
    if (entries.length === 0) return false;
    this.feed.apply(entries, this.pace.now());
    this.cursor = entries.at(-1)!.seq;
    this.pace.onProgress?.(this.cursor);
    // A batch that was not full has caught up. What came meanwhile is told of soon, and is cheaper taken in together.
    return entries.length === batchEntries;
  }

  /**
   * Something was committed: goes on until the log is exhausted, one batch a turn of the event loop. `busy` says that
   * publishers need the processor: the index then rests nine times as long as it works.
   */
  wake(busy = false): void {
    if (busy) this.yieldUntilMs = performance.now() + YIELD_MS;
    if (this.running || this.stopped) return;
    this.running = true;
    setImmediate(() => this.turn());
  }

  private turn(): void {
    const startedMs = performance.now();
    this.running = !this.stopped && this.attempt();
    if (!this.running) return;
    const endedMs = performance.now();
    if (endedMs > this.yieldUntilMs) setImmediate(() => this.turn());
    else setTimeout(() => this.turn(), ((endedMs - startedMs) * (1 - YIELDED_SHARE)) / YIELDED_SHARE);
  }

  private attempt(): boolean {
    try {
      return this.step();
    } catch (error) {
      if (this.pace.onFault === undefined) throw error;
      this.stop();
      this.pace.onFault(error);
      return false;
    }
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
