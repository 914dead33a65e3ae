// Spreads signatures over verifier threads: bounded, in small batches that grow with the load, and never at a loss for an answer.

import { WaitingLine } from "../channel/waiting-line.ts";
import type { BackendOptions } from "./backend.ts";
import { BATCH_MAX } from "./batch-slab.ts";
import type { SignatureVerdict, SignedId, VerifierPool } from "./contract.ts";
import { SLABS, type VerifierReady, VerifierThread, type Waiting } from "./verifier-thread.ts";

export interface VerifierPoolOptions extends BackendOptions {
  /** Threads, at least 1. */
  readonly workers: number;
  /** Signatures queued and in flight, at most. */
  readonly depthMax: number;
  /** Milliseconds that stop() lets what was taken be checked; 5,000 when absent. */
  readonly drainMs?: number;
  /** Makes a thread; tests keep hold of what it makes. */
  readonly spawn?: () => Worker;
}

export interface StartedVerifierPool extends VerifierPool {
  /** See OpenedBackend.notice. */
  readonly notice: string | undefined;
  /** Threads that died and were replaced since the start. */
  readonly restarts: number;
}

/**
 * A thread with nothing to do gets even a single signature at once. A busy one gets a further batch only when this many
 * wait, because a batch costs the main thread about 5 µs however small it is, and shared by 16 that is nothing.
 */
const FURTHER_BATCH_MIN = 16;
const DRAIN_MS = 5_000;
const RESTART_DELAY_MAX_MS = 5_000;

/** Rejects with the reason when a thread cannot open its backend, which for choice "libsecp256k1" says what to install. */
export async function startVerifierPool(options: VerifierPoolOptions): Promise<StartedVerifierPool> {
  if (options.workers < 1) throw new Error("a verifier pool needs at least one worker");
  return SpreadingPool.start(options);
}

function spawnVerifier(): Worker {
  return new Worker(new URL("./verifier-worker.ts", import.meta.url));
}

class SpreadingPool implements StartedVerifierPool {
  readonly depthMax: number;
  restarts = 0;
  private readonly options: VerifierPoolOptions;
  private readonly line = new WaitingLine<Waiting>();
  private readonly threads: VerifierThread[] = [];
  private first: VerifierReady | undefined;
  private inFlight = 0;
  private stopped: Promise<void> | undefined;
  private emptied: (() => void)[] = [];

  private constructor(options: VerifierPoolOptions) {
    this.options = options;
    this.depthMax = options.depthMax;
  }

  static async start(options: VerifierPoolOptions): Promise<SpreadingPool> {
    const pool = new SpreadingPool(options);
    const starting = Array.from({ length: options.workers }, () => pool.newThread());
    // Known from the beginning, so that one that dies while another still starts is replaced like any other.
    pool.threads.push(...starting);
    const answers = await Promise.all(starting.map((thread) => thread.ready));
    const refusal = answers.find((answer) => typeof answer === "string");
    if (refusal !== undefined) {
      await pool.stop();
      throw new Error(refusal);
    }
    pool.first = answers.find((answer) => typeof answer !== "string");
    return pool;
  }

  get backend(): VerifierPool["backend"] {
    return this.first!.name;
  }

  get origin(): string {
    return this.first!.origin;
  }

  get notice(): string | undefined {
    return this.first!.notice;
  }

  get workers(): number {
    return this.options.workers;
  }

  get depth(): number {
    return this.line.length + this.inFlight;
  }

  offer(signed: SignedId, settle: (verdict: SignatureVerdict) => void): boolean {
    if (this.stopped !== undefined || this.depth >= this.depthMax) return false;
    this.line.push({ signed, settle });
    this.dispatch();
    return true;
  }

  stop(): Promise<void> {
    this.stopped ??= this.drainAndTerminate();
    return this.stopped;
  }

  private newThread(): VerifierThread {
    return new VerifierThread({
      backend: {
        choice: this.options.choice,
        libraryPath: this.options.libraryPath,
        candidates: this.options.candidates,
      },
      spawn: this.options.spawn ?? spawnVerifier,
      landed: (_thread, batch, verdictAt) => this.land(batch, verdictAt),
      died: (thread, lost) => this.bury(thread, lost),
    });
  }

  /** The least busy threads first; a further batch for a busy one only when it is worth its message. */
  private dispatch(): void {
    for (let busy = 0; busy < SLABS; busy++) {
      const least = busy === 0 ? 1 : FURTHER_BATCH_MIN;
      for (const thread of this.threads) {
        if (this.line.length < least) return;
        if (thread.inFlightBatches === busy && thread.canTake) this.send(thread);
      }
    }
  }

  private send(thread: VerifierThread): void {
    const share = Math.ceil(this.line.length / this.threads.length);
    const batch = this.line.take(Math.min(BATCH_MAX, Math.max(FURTHER_BATCH_MIN, share)));
    this.inFlight += batch.length;
    thread.send(batch);
  }

  private land(batch: readonly Waiting[], verdictAt: (index: number) => SignatureVerdict): void {
    this.inFlight -= batch.length;
    // The next batch leaves before this one is told, so that the thread works while we answer.
    this.dispatch();
    settleAll(batch, verdictAt);
    if (this.depth === 0) for (const resolve of this.emptied.splice(0)) resolve();
  }

  private bury(thread: VerifierThread, lost: readonly Waiting[]): void {
    this.threads.splice(this.threads.indexOf(thread), 1);
    this.land(lost, () => "failed");
    if (this.stopped === undefined) void this.replace(0);
    else if (this.threads.length === 0) this.failLine();
  }

  /** Starts a thread in place of a dead one, again and again if need be, ever more slowly. */
  private async replace(delayMs: number): Promise<void> {
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs).unref());
    if (this.stopped !== undefined) return;
    this.restarts++;
    const thread = this.newThread();
    const answer = await thread.ready;
    if (typeof answer === "string" || this.stopped !== undefined) {
      await thread.terminate();
      // With nobody left to check them, those who wait are told now rather than kept.
      if (this.threads.length === 0) this.failLine();
      return this.replace(Math.min(RESTART_DELAY_MAX_MS, delayMs * 2 + 100));
    }
    this.threads.push(thread);
    this.dispatch();
  }

  private failLine(): void {
    const batch = this.line.take(this.line.length);
    this.inFlight += batch.length;
    this.land(batch, () => "failed");
  }

  private async drainAndTerminate(): Promise<void> {
    if (this.depth > 0 && this.threads.length > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.emptied.push(resolve);
      const timer = setTimeout(resolve, this.options.drainMs ?? DRAIN_MS);
      await promise;
      clearTimeout(timer);
    }
    const lost = await Promise.all(this.threads.splice(0).map((thread) => thread.terminate()));
    this.land(lost.flat(), () => "failed");
    this.failLine();
  }
}

/** A settle() that throws is its owner's defect: it surfaces as uncaught, and the others still hear their verdict. */
function settleAll(batch: readonly Waiting[], verdictAt: (index: number) => SignatureVerdict): void {
  for (let i = 0; i < batch.length; i++) {
    try {
      batch[i]!.settle(verdictAt(i));
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
