// The main thread's side of the writer thread: starts it, carries requests, and starts it anew if it dies.

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
  /** Nothing of it is on disk, unless the error is a WriterLost. */
  lost(error: Error): void;
}

interface ActWaiter {
  acted(commit: Commit): void;
  failed(error: Error): void;
}

/** The thread died with this in its hands: whether it is on disk is not known. */
export class WriterLost extends Error {
  override readonly name = "WriterLost";
}

type Opened = Extract<WriterReply, { type: "opened" }>;

const STOP_WAIT_MS = 30_000;
/** The pause before a new thread is started doubles with each trouble, up to the longest. */
const RESTART_MS = 100;
const RESTART_MS_MAX = 10_000;
/** A thread that has lived so long begins with short pauses again. */
const STEADY_MS = 60_000;

/**
 * What a dead thread had in its hands is answered as lost. Its successor opens the same file, where everything that was
 * acknowledged is, and first tells how far the log has come: what the dead one committed without a word is published too.
 */
export class WriterThread {
  readonly tagSeed: bigint;
  private readonly open: OpenWriter;
  private readonly acts = new Map<number, ActWaiter>();
  private listener: WriterListener | undefined;
  /** Spontaneous messages that came before anybody listened. */
  private readonly early: ((listener: WriterListener) => void)[] = [];
  private worker: Worker | undefined;
  private startedMs = 0;
  private batch: BatchWaiter | undefined;
  /** Waits for the next thread; the dead one never saw it. */
  private unsent: PackedBatch | undefined;
  private tickets = 0;
  private troubles = 0;
  private successors = 0;
  private startFault: string | undefined;
  private restarting: ReturnType<typeof setTimeout> | undefined;
  private isStopped = false;
  private stopped: (() => void) | undefined;

  /** Resolves once the thread has the database open; rejects with its StoreError otherwise. */
  static start(open: OpenWriter): Promise<WriterThread> {
    return new Promise((resolve, reject) =>
      launch(open, (worker, opened) => resolve(new WriterThread(open, worker, opened)), reject),
    );
  }

  private constructor(open: OpenWriter, worker: Worker, { tagSeed }: Opened) {
    this.open = open;
    this.tagSeed = tagSeed;
    this.attend(worker);
  }

  /** How often a thread that died was followed by another. */
  get restarts(): number {
    return this.successors;
  }

  /** Why nothing can be written now; undefined while a thread is up. */
  get fault(): string | undefined {
    if (this.worker !== undefined) return undefined;
    return (
      this.startFault ?? (this.isStopped ? "the store is stopped" : "the writer thread is being restarted")
    );
  }

  listen(listener: WriterListener): void {
    this.listener = listener;
    for (const tell of this.early.splice(0)) tell(listener);
  }

  /** One batch at a time. It waits for the first attempt to start a new thread, and no longer. */
  apply(batch: PackedBatch, waiter: BatchWaiter): void {
    if (this.isStopped || this.startFault !== undefined) {
      waiter.lost(new Error(this.fault));
      return;
    }
    this.batch = waiter;
    if (this.worker === undefined) this.unsent = batch;
    else sendBatch(this.worker, batch);
  }

  /** `publish` is called with the commit, in its place among all commits, and calls back when it has been published. */
  act(act: WriterAct, publish: (commit: Commit, settle: () => void) => void): Promise<Commit> {
    const { worker } = this;
    if (worker === undefined) return Promise.reject(new Error(this.fault));
    const ticket = ++this.tickets;
    return new Promise((resolve, reject) => {
      const acted = (commit: Commit) => publish(commit, () => resolve(commit));
      this.acts.set(ticket, { acted, failed: reject });
      post(worker, { type: "act", ticket, act });
    });
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.restarting);
    const { worker } = this;
    if (worker !== undefined) {
      const closed = Promise.withResolvers<void>();
      this.stopped = closed.resolve;
      // Cleared afterwards: a timer that is left would keep the process alive for as long.
      const patience = setTimeout(closed.resolve, STOP_WAIT_MS);
      post(worker, { type: "stop" });
      await closed.promise;
      clearTimeout(patience);
    }
    this.worker = undefined;
    worker?.terminate();
    this.failWaiting(new Error(this.fault));
  }

  private attend(worker: Worker): void {
    this.worker = worker;
    this.startedMs = performance.now();
    worker.onmessage = ({ data }: MessageEvent<WriterReply>) => {
      if (this.worker === worker) this.receive(data);
    };
    worker.onerror = (event) => this.died(worker, `the writer thread failed: ${event.message}`);
    worker.addEventListener("close", () => this.died(worker, "the writer thread ended"));
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

  private died(worker: Worker, reason: string): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    worker.terminate();
    if (performance.now() - this.startedMs >= STEADY_MS) this.troubles = 0;
    if (!this.isStopped) this.restartSoon(reason);
    this.failWaiting(new WriterLost("the writer thread ended before it answered"));
    this.stopped?.();
  }

  private failWaiting(error: Error): void {
    const { batch } = this;
    this.batch = undefined;
    this.unsent = undefined;
    batch?.lost(error);
    for (const waiter of this.acts.values()) waiter.failed(error);
    this.acts.clear();
  }

  private restartSoon(reason: string): void {
    const pauseMs = Math.min(RESTART_MS * 2 ** this.troubles, RESTART_MS_MAX);
    this.troubles++;
    this.tell((listener) => listener.trouble(`${reason}; another is started in ${pauseMs} ms`));
    this.restarting = setTimeout(() => this.restart(), pauseMs);
  }

  private restart(): void {
    launch(
      this.open,
      (worker, opened) => {
        if (this.isStopped) return worker.terminate();
        this.startFault = undefined;
        this.successors++;
        this.attend(worker);
        this.tell((listener) => listener.foreign(opened.lastSeq));
        if (this.unsent !== undefined) sendBatch(worker, this.unsent);
        this.unsent = undefined;
      },
      (error) => {
        if (this.isStopped) return;
        this.startFault = `the writer thread could not be restarted: ${error.message}`;
        this.failWaiting(new Error(this.startFault));
        this.restartSoon(this.startFault);
      },
    );
  }
}

/** Calls back once: with a thread that has the database open, or with why there is none. */
function launch(
  open: OpenWriter,
  opened: (worker: Worker, reply: Opened) => void,
  refused: (error: Error) => void,
): void {
  const worker = new Worker(new URL("./writer-worker.ts", import.meta.url));
  let isSettled = false;
  const fail = (error: Error): void => {
    if (isSettled) return;
    isSettled = true;
    worker.terminate();
    refused(error);
  };
  worker.onerror = (event) => fail(new Error(`the writer thread did not start: ${event.message}`));
  worker.addEventListener("close", () => fail(new Error("the writer thread ended at its start")));
  worker.onmessage = ({ data }: MessageEvent<WriterReply>) => {
    if (data.type === "opened") {
      isSettled = true;
      opened(worker, data);
    } else if (data.type === "refused") {
      const { fault, message, hint } = data;
      fail(fault === undefined ? new Error(message) : new StoreError(fault, message, hint));
    }
  };
  post(worker, { type: "open", open });
}

function sendBatch(worker: Worker, batch: PackedBatch): void {
  post(worker, { type: "apply", batch }, [batch.numbers.buffer]);
}

function post(worker: Worker, request: WriterRequest, transfer: ArrayBuffer[] = []): void {
  worker.postMessage(request, transfer);
}
