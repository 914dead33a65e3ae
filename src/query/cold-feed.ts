// The cold indexer worker as the main thread sees it: woken by commits, asked for its status, started again if it dies.

import { startWatched } from "../channel/watched-worker.ts";
import type { ColdStatus } from "../cold/contract.ts";
import type { JobKind } from "../cold/ledger.ts";
import type { ColdFeedReply, ColdFeedRequest, ColdFeedStart } from "./cold-feed-protocol.ts";

export interface ColdFeedOptions extends ColdFeedStart {
  /** The cold store has come further: tell the hot store (`moveFollower`), which then forgets what it kept for it. */
  readonly onProgress: (cursor: number) => void;
  /** The state has changed; for the log. */
  readonly onState: (status: ColdStatus) => void;
  /** The worker died of a defect and a new one is started. */
  readonly onTrouble: (reason: string) => void;
}

/** Progress that was made moments ago need not be written down each time: what is told late is only kept longer. */
const PROGRESS_MS = 2000;
const RESTART_MS = 2000;
const RESTART_MAX_MS = 60_000;
const STOP_PATIENCE_MS = 10_000;
const WAKE_MS = 20;

export class ColdFeed {
  private readonly options: ColdFeedOptions;
  private worker: Worker;
  private last: ColdStatus | undefined;
  private stopped: (() => void) | undefined;
  private told = { cursor: -1, atMs: Number.NEGATIVE_INFINITY };
  private progressTimer: Timer | undefined;
  private isWaking = false;
  private deaths = 0;
  private isDown = false;

  constructor(options: ColdFeedOptions) {
    this.options = options;
    this.worker = this.start();
  }

  /** Undefined until the worker has said something. */
  get status(): ColdStatus | undefined {
    return this.last;
  }

  /**
   * Events up to this seq may leave the hot store, as far as the cold store is concerned: they are resolved, visible, and
   * no reindex needs them here. Dead letters are among them: ask the cold reader for `held` first. 0: nothing may leave.
   */
  get evictableSeq(): number {
    const { last } = this;
    if (last === undefined || (last.state !== "up" && last.state !== "lagging")) return 0;
    if (last.job?.state === "running") return 0;
    return this.visibleSeq ?? 0;
  }

  /**
   * Searches of the cold store show what the log holds up to here; after a switch of generations the cursor may be behind.
   * Undefined while nobody knows that the indexes are this log's: the seqs in those of another one mean other events.
   */
  get visibleSeq(): number | undefined {
    if (this.last === undefined) return undefined;
    const { state, visibleSeq, cursor } = this.last;
    if (visibleSeq === 0 && (state === "stopped" || state === "down")) return undefined;
    return Math.min(visibleSeq, cursor);
  }

  /** Do the indexes hold all that has left the hot store, as far as is known? */
  get isWhole(): boolean {
    if (this.last === undefined) return true;
    const { lost, state, visibleSeq } = this.last;
    return lost === 0 && !(state === "stopped" && visibleSeq === 0);
  }

  /** Something was committed. Cheap: call it for every commit. */
  committed(): void {
    if (this.isWaking) return;
    this.isWaking = true;
    this.send({ type: "committed" });
    setTimeout(() => (this.isWaking = false), WAKE_MS).unref();
  }

  /** Queues a job; status tells how it goes. */
  request(kind: JobKind): void {
    this.send({ type: "job", kind });
  }

  /** Waits for what is under way, not for the backlog: that is done after the next start. */
  async stop(): Promise<void> {
    clearTimeout(this.progressTimer);
    await new Promise<void>((resolve) => {
      this.stopped = resolve;
      if (this.isDown) return resolve();
      this.send({ type: "stop" });
      setTimeout(resolve, STOP_PATIENCE_MS).unref();
    });
    this.worker.terminate();
  }

  private start(): Worker {
    const worker = startWatched<ColdFeedReply>(new URL("./cold-feed-worker.ts", import.meta.url), {
      heard: (reply) => this.receive(reply),
      ended: (ended, reason) => this.replace(ended, reason),
    });
    const { onProgress: _p, onState: _s, onTrouble: _t, ...start } = this.options;
    worker.postMessage({ type: "start", start } satisfies ColdFeedRequest);
    return worker;
  }

  private receive(reply: ColdFeedReply): void {
    switch (reply.type) {
      case "stopped":
        return this.stopped?.();
      case "progress":
        return this.progressed(reply.cursor);
      case "status": {
        const before = this.last;
        this.last = reply.status;
        if (reply.status.state === "up") this.deaths = 0;
        if (before?.state !== reply.status.state || before.reason !== reply.status.reason) {
          this.options.onState(reply.status);
        }
      }
    }
  }

  private progressed(cursor: number): void {
    clearTimeout(this.progressTimer);
    const sinceMs = performance.now() - this.told.atMs;
    if (sinceMs < PROGRESS_MS) {
      this.progressTimer = setTimeout(() => this.progressed(cursor), PROGRESS_MS - sinceMs);
      this.progressTimer.unref();
      return;
    }
    if (cursor === this.told.cursor) return;
    this.told = { cursor, atMs: performance.now() };
    this.options.onProgress(cursor);
  }

  private replace(worker: Worker, reason: string): void {
    if (this.isDown || this.worker !== worker) return;
    this.isDown = true;
    worker.terminate();
    if (this.stopped !== undefined) return this.stopped();
    const pause = Math.min(RESTART_MAX_MS, RESTART_MS * 2 ** Math.min(this.deaths++, 8));
    this.options.onTrouble(`${reason}; another is started in ${pause} ms`);
    setTimeout(() => {
      if (this.stopped !== undefined) return;
      this.isDown = false;
      this.worker = this.start();
    }, pause).unref();
  }

  private send(request: ColdFeedRequest): void {
    this.worker.postMessage(request);
  }
}
