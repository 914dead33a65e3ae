// What the writer thread does between batches: checkpoints, expiry, clearing, pruning, and looking out for others.

import type { Database } from "bun:sqlite";
import type { BulkCheckpoints } from "./checkpoint-thread.ts";
import { Checkpointer, optimize } from "./maintenance.ts";
import type { Commit, StoreWriter } from "./writer.ts";

export interface HousekeepingOptions {
  readonly tickMs: number;
  /** Takes the bulk of checkpoints off this thread. */
  readonly bulk?: BulkCheckpoints;
  readonly swept: (commit: Commit) => void;
  readonly foreign: (lastSeq: number) => void;
  readonly trouble: (error: unknown) => void;
}

const EXPIRED_ROWS_MAX = 500;
const EXPIRY_EVERY_MS = 1000;
/** Where more have expired than one step takes, batches have so long between two. */
const EXPIRY_PAUSE_MS = 10;
const PRUNE_EVERY_MS = 60_000;
const OPTIMIZE_EVERY_MS = 3_600_000;
/** Ticks without another process's commit before the tombstones are read again. */
const QUIET_TICKS = 4;

/** Works in small steps on the writer's own thread, so that a batch never waits long for it. */
export class Housekeeping {
  private readonly database: Database;
  private readonly writer: StoreWriter;
  private readonly options: HousekeepingOptions;
  private readonly checkpointer: Checkpointer;
  private timer: ReturnType<typeof setInterval> | undefined;
  private clearing: ReturnType<typeof setTimeout> | undefined;
  private expiring: ReturnType<typeof setTimeout> | undefined;
  private quietTicks = 0;
  /** Everything in the log up to here has been told, or was there when the store was opened. */
  private toldSeq: number;
  /** By a steady clock: the system's may be set back by a day, and nothing would be done for as long. */
  private readonly lastDoneMs = {
    expiry: Number.NEGATIVE_INFINITY,
    prune: performance.now(),
    optimize: performance.now(),
  };

  constructor(database: Database, writer: StoreWriter, options: HousekeepingOptions) {
    this.database = database;
    this.writer = writer;
    this.options = options;
    this.toldSeq = writer.lastSeq();
    this.checkpointer = new Checkpointer(
      database,
      options.bulk === undefined ? {} : { bulk: this.guarded(options.bulk) },
    );
  }

  start(): void {
    this.timer = setInterval(() => this.tick(), this.options.tickMs);
  }

  /** Leaves a small, fully checkpointed file behind. */
  stop(): void {
    clearInterval(this.timer);
    clearTimeout(this.clearing);
    clearTimeout(this.expiring);
    this.options.bulk?.stop();
    this.guard(() => {
      optimize(this.database);
      this.checkpointer.truncate();
    });
  }

  /** Called when a commit has been told: the one moment when nobody waits for what this costs. */
  afterCommit({ lastSeq }: Commit): void {
    this.toldSeq = Math.max(this.toldSeq, lastSeq);
    this.guard(() => this.checkpointer.run());
    this.clearSoon();
  }

  private tick(): void {
    this.guard(() => this.lookForOthers());
    this.guard(() => this.sweep(performance.now()));
    this.clearSoon();
  }

  private lookForOthers(): void {
    const lastSeq = this.writer.lastSeq();
    const isForeign = lastSeq > this.toldSeq;
    this.quietTicks = isForeign ? 0 : this.quietTicks + 1;
    this.toldSeq = lastSeq;
    if (isForeign) this.options.foreign(lastSeq);
    if (this.quietTicks >= QUIET_TICKS) this.writer.refresh();
  }

  private sweep(nowMs: number): void {
    const { lastDoneMs } = this;
    if (nowMs - lastDoneMs.expiry >= EXPIRY_EVERY_MS) {
      lastDoneMs.expiry = nowMs;
      this.removeExpired();
    }
    if (nowMs - lastDoneMs.prune >= PRUNE_EVERY_MS) {
      lastDoneMs.prune = nowMs;
      this.tell(this.writer.pruneRemovals());
    }
    if (nowMs - lastDoneMs.optimize >= OPTIMIZE_EVERY_MS) {
      lastDoneMs.optimize = nowMs;
      optimize(this.database);
    }
  }

  /** Goes on until none is left: very many that expire at once would be walked past, and counted, for hours. */
  private removeExpired(): void {
    const commit = this.writer.removeExpired(Math.floor(Date.now() / 1000), EXPIRED_ROWS_MAX);
    this.tell(commit);
    if (commit.removed.length < EXPIRED_ROWS_MAX || this.expiring !== undefined) return;
    this.expiring = setTimeout(() => {
      this.expiring = undefined;
      this.guard(() => {
        this.removeExpired();
        this.checkpointer.run();
      });
    }, EXPIRY_PAUSE_MS);
  }

  /** One bounded step in a turn of its own, so that waiting batches come in between. */
  private clearSoon(): void {
    if (!this.writer.moreToClear || this.clearing !== undefined) return;
    this.clearing = setTimeout(() => {
      this.clearing = undefined;
      this.guard(() => {
        this.tell(this.writer.clear());
        this.checkpointer.run();
        this.clearSoon();
      });
    }, 1);
  }

  private tell(commit: Commit): void {
    if (commit.lastSeq <= this.toldSeq) return;
    this.toldSeq = commit.lastSeq;
    this.options.swept(commit);
  }

  /** What the writer does when the bulk is done is housekeeping like the rest. */
  private guarded(bulk: BulkCheckpoints): BulkCheckpoints {
    return { run: (over) => bulk.run(() => this.guard(over)), stop: () => bulk.stop() };
  }

  private guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.options.trouble(error);
    }
  }
}
