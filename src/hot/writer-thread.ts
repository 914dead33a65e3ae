// The main thread's side of the writer thread: starts it, carries requests, and answers for it if it dies.

import type { PackedBatch } from "./batch-codec.ts";
import { StoreError } from "./store-error.ts";
import type { AppliedBatch, Commit } from "./writer.ts";
import type { OpenWriter, WriterAct, WriterReply, WriterRequest } from "./writer-messages.ts";

export interface WriterListener {
  swept(commit: Commit): void;
  foreign(lastSeq: number): void;
  trouble(text: string): void;
}

export interface BatchWaiter {
  applied(applied: AppliedBatch): void;
  /** The thread died: whether the batch is on disk is not known. */
  lost(error: Error): void;
}

interface ActWaiter {
  acted(commit: Commit): void;
  failed(error: Error): void;
}

const STOP_WAIT_MS = 30_000;

export class WriterThread {
  readonly tagSeed: bigint;
  private readonly worker: Worker;
  private readonly acts = new Map<number, ActWaiter>();
  private listener: WriterListener | undefined;
  /** Spontaneous messages that came before anybody listened. */
  private readonly early: ((listener: WriterListener) => void)[] = [];
  private batch: BatchWaiter | undefined;
  private tickets = 0;
  private dead: Error | undefined;
  private stopped: (() => void) | undefined;

  /** Resolves once the thread has the database open; rejects with its StoreError otherwise. */
  static start(open: OpenWriter): Promise<WriterThread> {
    const worker = new Worker(new URL("./writer-worker.ts", import.meta.url));
    return new Promise((resolve, reject) => {
      worker.onerror = (event) => reject(new Error(`the writer thread did not start: ${event.message}`));
      worker.onmessage = ({ data }: MessageEvent<WriterReply>) => {
        if (data.type === "opened") resolve(new WriterThread(worker, data.tagSeed));
        else if (data.type === "refused") {
          worker.terminate();
          reject(
            data.fault === undefined
              ? new Error(data.message)
              : new StoreError(data.fault, data.message, data.hint),
          );
        }
      };
      post(worker, { type: "open", open });
    });
  }

  private constructor(worker: Worker, tagSeed: bigint) {
    this.worker = worker;
    this.tagSeed = tagSeed;
    worker.onmessage = ({ data }: MessageEvent<WriterReply>) => this.receive(data);
    worker.onerror = (event) => this.die(new Error(`the writer thread failed: ${event.message}`));
    worker.addEventListener("close", () => this.die(new Error("the writer thread ended")));
  }

  listen(listener: WriterListener): void {
    this.listener = listener;
    for (const tell of this.early.splice(0)) tell(listener);
  }

  /** One batch at a time. */
  apply(batch: PackedBatch, waiter: BatchWaiter): void {
    if (this.dead !== undefined) {
      waiter.lost(this.dead);
      return;
    }
    this.batch = waiter;
    post(this.worker, { type: "apply", batch }, [batch.numbers.buffer]);
  }

  /** `publish` is called with the commit, in its place among all commits, and calls back when it has been published. */
  act(act: WriterAct, publish: (commit: Commit, settle: () => void) => void): Promise<Commit> {
    if (this.dead !== undefined) return Promise.reject(this.dead);
    const ticket = ++this.tickets;
    return new Promise((resolve, reject) => {
      const acted = (commit: Commit) => publish(commit, () => resolve(commit));
      this.acts.set(ticket, { acted, failed: reject });
      post(this.worker, { type: "act", ticket, act });
    });
  }

  async stop(): Promise<void> {
    if (this.dead === undefined) {
      const closed = Promise.withResolvers<void>();
      this.stopped = closed.resolve;
      // Cleared afterwards: a timer that is left would keep the process alive for as long.
      const patience = setTimeout(closed.resolve, STOP_WAIT_MS);
      post(this.worker, { type: "stop" });
      await closed.promise;
      clearTimeout(patience);
    }
    this.dead ??= new Error("the store is stopped");
    this.worker.terminate();
  }

  private receive(reply: WriterReply): void {
    switch (reply.type) {
      case "applied": {
        const waiter = this.batch;
        this.batch = undefined;
        waiter?.applied(reply.applied);
        return;
      }
      case "acted": {
        const waiter = this.acts.get(reply.ticket);
        this.acts.delete(reply.ticket);
        if (reply.commit === undefined) waiter?.failed(new Error(reply.error));
        else waiter?.acted(reply.commit);
        return;
      }
      case "swept":
        return this.tell((listener) => listener.swept(reply.commit));
      case "foreign":
        return this.tell((listener) => listener.foreign(reply.lastSeq));
      case "trouble":
        return this.tell((listener) => listener.trouble(reply.text));
      case "stopped":
        return this.stopped?.();
      case "opened":
      case "refused":
        // Answers to the start, which has its own listener.
        return;
    }
  }

  private tell(message: (listener: WriterListener) => void): void {
    if (this.listener === undefined) this.early.push(message);
    else message(this.listener);
  }

  private die(error: Error): void {
    if (this.dead !== undefined) return;
    this.dead = new Error(`${error.message}; restart the relay, nothing that was acknowledged is lost`);
    this.batch?.lost(this.dead);
    this.batch = undefined;
    for (const waiter of this.acts.values()) waiter.failed(this.dead);
    this.acts.clear();
    this.tell((listener) => listener.trouble(this.dead!.message));
    this.stopped?.();
  }
}

function post(worker: Worker, request: WriterRequest, transfer: ArrayBuffer[] = []): void {
  worker.postMessage(request, transfer);
}
