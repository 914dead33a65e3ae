// The writer's side of the checkpoint thread: starts it when it is first needed, and goes on without it if it dies.

import { startWatched } from "../channel/watched-worker.ts";
import type { Synchronous } from "./database.ts";

export interface CheckpointStart {
  readonly path: string;
  readonly synchronous: Synchronous;
}

/** Carries the bulk of a WAL into the file beside the writer. */
export interface BulkCheckpoints {
  /** Begins a pass, and tells when it is over, however it went. False where there is no thread to do it. */
  run(over: () => void): boolean;
  stop(): void;
}

export class CheckpointThread implements BulkCheckpoints {
  private readonly start: CheckpointStart;
  private worker: Worker | undefined;
  private over: (() => void) | undefined;
  private isDead = false;

  constructor(start: CheckpointStart) {
    this.start = start;
  }

  run(over: () => void): boolean {
    if (this.isDead || this.over !== undefined) return false;
    this.worker ??= this.open();
    this.over = over;
    this.worker.postMessage("run");
    return true;
  }

  stop(): void {
    this.isDead = true;
    this.over = undefined;
    this.worker?.terminate();
  }

  private open(): Worker {
    const worker = startWatched(new URL("./checkpoint-worker.ts", import.meta.url), {
      heard: () => this.settle(),
      // The writer checkpoints by itself from then on, which only takes longer.
      ended: () => {
        this.isDead = true;
        this.settle();
      },
    });
    worker.postMessage(this.start);
    return worker;
  }

  private settle(): void {
    const { over } = this;
    this.over = undefined;
    over?.();
  }
}
