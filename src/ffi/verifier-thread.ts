// One verifier worker as the pool sees it: its slabs, what is in them, and what became of the thread.

import type { BackendOptions } from "./backend.ts";
import { type BatchSlab, newBatchSlab, packSigned } from "./batch-slab.ts";
import type { SignatureVerdict, SignedId } from "./contract.ts";
import { batchMessage, type VerifierStart, type VerifierStarted } from "./verifier-messages.ts";

/** A signature and who waits for its verdict. */
export interface Waiting {
  readonly signed: SignedId;
  readonly settle: (verdict: SignatureVerdict) => void;
}

export type VerifierReady = Extract<VerifierStarted, { type: "ready" }>;

export interface VerifierThreadOptions {
  readonly backend: BackendOptions;
  readonly spawn: () => Worker;
  /** A batch came back; its slab is free again already. */
  readonly landed: (
    thread: VerifierThread,
    batch: readonly Waiting[],
    verdictAt: (index: number) => SignatureVerdict,
  ) => void;
  /** The thread is gone without having been asked to; `lost` has not been settled. Called after ready was answered. */
  readonly died: (thread: VerifierThread, lost: readonly Waiting[]) => void;
}

/**
 * Batches that a thread may hold: one being checked and 6 ms of work waiting beside it, because our thread may be busy with
 * hundreds of answers for as long. With two in all, a loaded relay took 3 % less.
 */
export const SLABS = 4;

export class VerifierThread {
  /** What the thread has opened, or in words why it could not; answered once, also when the thread dies at once. */
  readonly ready: Promise<VerifierReady | string>;
  private readonly worker: Worker;
  private readonly options: VerifierThreadOptions;
  private readonly slabs: readonly BatchSlab[];
  private readonly inFlight: (readonly Waiting[] | undefined)[];
  private readonly closed = Promise.withResolvers<void>();
  private batches = 0;
  private state: "starting" | "up" | "stopping" | "gone" = "starting";
  private lastError = "its thread ended without a word";
  private answerReady: (answer: VerifierReady | string) => void;

  constructor(options: VerifierThreadOptions) {
    this.options = options;
    this.slabs = Array.from({ length: SLABS }, newBatchSlab);
    this.inFlight = this.slabs.map(() => undefined);
    const { promise, resolve } = Promise.withResolvers<VerifierReady | string>();
    this.ready = promise;
    this.answerReady = resolve;
    this.worker = options.spawn();
    this.worker.onmessage = ({ data }: MessageEvent<VerifierStarted | number>) => {
      if (typeof data === "number") this.land(data);
      else this.started(data);
    };
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.lastError = event.message;
    };
    this.worker.addEventListener("close", () => this.end());
    const start: VerifierStart = { backend: options.backend, slabs: this.slabs.map((slab) => slab.shared) };
    this.worker.postMessage(start);
  }

  /** Batches with the thread now. */
  get inFlightBatches(): number {
    return this.batches;
  }

  get canTake(): boolean {
    return this.state === "up" && this.batches < SLABS;
  }

  /** Packs and sends a batch of at most BATCH_MAX; only when canTake. */
  send(batch: readonly Waiting[]): void {
    const number = this.inFlight.indexOf(undefined);
    const { packed } = this.slabs[number]!;
    for (let i = 0; i < batch.length; i++) packSigned(packed, i, batch[i]!.signed);
    this.inFlight[number] = batch;
    // Only a thread that owes an answer keeps the process alive.
    if (this.batches++ === 0) this.worker.ref();
    this.worker.postMessage(batchMessage(number, batch.length));
  }

  /** Ends the thread and answers what was still with it. Nothing is settled here. */
  async terminate(): Promise<readonly Waiting[]> {
    if (this.state !== "gone") {
      this.state = "stopping";
      this.worker.terminate();
      await this.closed.promise;
    }
    return this.takeLost();
  }

  private started(message: VerifierStarted): void {
    if (this.state !== "starting") return;
    if (message.type === "refused") {
      this.answerReady(message.reason);
      return;
    }
    this.state = "up";
    this.worker.unref();
    this.answerReady(message);
  }

  private land(number: number): void {
    const batch = this.inFlight[number];
    if (batch === undefined) return;
    const verdicts = this.slabs[number]!.results.slice(0, batch.length);
    this.inFlight[number] = undefined;
    if (--this.batches === 0) this.worker.unref();
    this.options.landed(this, batch, (index) => (verdicts[index] === 1 ? "valid" : "invalid"));
  }

  private end(): void {
    const before = this.state;
    this.state = "gone";
    this.closed.resolve();
    if (before === "starting") this.answerReady(this.lastError);
    if (before === "up") this.options.died(this, this.takeLost());
  }

  private takeLost(): readonly Waiting[] {
    const lost = this.inFlight.flatMap((batch) => batch ?? []);
    this.inFlight.fill(undefined);
    this.batches = 0;
    return lost;
  }
}
