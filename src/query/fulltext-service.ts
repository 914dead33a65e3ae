// The full-text worker as the main thread sees it: searches that resolve, a follower that is woken, and gauges.

import { Questions } from "../channel/questions.ts";
import { startWatched } from "../channel/watched-worker.ts";
import type { FulltextCount } from "../hot/fulltext-contract.ts";
import { tellsOfDamage } from "../hot/store-error.ts";
import { isRefusal, type Refusal, refuse } from "../nostr/reason.ts";
import type { FulltextReply, FulltextRequest, FulltextStart, SearchTask } from "./fulltext-protocol.ts";
import type { OrderedHits, RankedHits, ScoredSeq } from "./ranked-search.ts";

export interface FulltextServiceOptions extends FulltextStart {
  /** Searches waiting and running together, at most. */
  readonly depthMax: number;
  /** Called when the log is needed from elsewhere on: tell the hot store (`moveFollower`), which then forgets what it kept for it. */
  readonly onProgress: (cursor: number) => void;
  /** The worker died and a new one was started. */
  readonly onTrouble: (reason: string) => void;
  /** The disk is full: the index stands still for now. Told once, until it goes on. */
  readonly onHeldUp: (reason: string) => void;
}

type Answer = Extract<FulltextReply, { readonly job: number }> | Refusal;

/** Writing progress down costs the hot store a transaction. */
const PROGRESS_EVERY_MS = 1000;
/** Commits are passed on this often, so that a new event is found soon after. */
const WAKE_MS = 25;
/** Above this rate publishers have the processor first. */
const BUSY_EVENTS_PER_SECOND = 4000;
/** A worker that dies again at once (a full disk…) is given longer and longer to come back. */
const RESTART_AFTER_MS = 100;
const RESTART_AFTER_MS_MAX = 30_000;
const STOP_PATIENCE_MS = 5000;

export class FulltextService {
  private readonly options: FulltextServiceOptions;
  private worker: Worker;
  private readonly questions = new Questions<Answer>();
  private stopped: (() => void) | undefined;
  private progressTimer: Timer | undefined;
  private indexed = 0;
  private neededAfter = 0;
  private isDown = false;
  /** The last thread met damage in what it read. */
  private isSuspect = false;
  private restartAfterMs = RESTART_AFTER_MS;
  private isHeldUp = false;
  private wakePending = false;
  private committedEvents = 0;

  constructor(options: FulltextServiceOptions) {
    this.options = options;
    this.worker = this.start();
  }

  /** seq up to which the index has followed the log. */
  get cursor(): number {
    return this.indexed;
  }

  get depth(): number {
    return this.questions.depth;
  }

  get depthMax(): number {
    return this.options.depthMax;
  }

  /** So many events were committed. Cheap: call it for every commit. */
  committed(events: number): void {
    this.committedEvents += events;
    if (this.wakePending) return;
    this.wakePending = true;
    setTimeout(() => this.wake(), WAKE_MS).unref();
  }

  private wake(): void {
    this.wakePending = false;
    const busy = this.committedEvents > (BUSY_EVENTS_PER_SECOND * WAKE_MS) / 1000;
    this.committedEvents = 0;
    this.send({ type: "committed", busy });
  }

  /** Best hits first; not gated. */
  async search(task: SearchTask): Promise<RankedHits | Refusal> {
    const reply = await this.ask((job) => ({ type: "search", job, task }));
    if (isRefusal(reply)) return reply;
    return reply.type === "hits" ? reply : refused(reply);
  }

  /** What OpenSearch found, in the final order; seqs that hot no longer holds are left out. */
  async order(task: SearchTask, candidates: readonly ScoredSeq[]): Promise<OrderedHits | Refusal> {
    const reply = await this.ask((job) => ({ type: "order", job, task, candidates }));
    if (isRefusal(reply)) return reply;
    return reply.type === "ordered" ? reply : refused(reply);
  }

  async count(task: SearchTask): Promise<FulltextCount | Refusal> {
    const reply = await this.ask((job) => ({ type: "count", job, task }));
    if (isRefusal(reply)) return reply;
    return reply.type === "count" ? reply.count : refused(reply);
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.stopped = resolve;
      clearTimeout(this.progressTimer);
      if (this.isDown) return resolve();
      this.send({ type: "stop" });
      // What is lost with a worker that does not answer is work that the log makes good.
      setTimeout(resolve, STOP_PATIENCE_MS).unref();
    });
    this.worker.terminate();
    this.questions.answerAll(refuse("error", "the relay is stopping"));
  }

  private ask(request: (job: number) => FulltextRequest): Promise<Answer> {
    if (this.isDown) {
      return Promise.resolve(refuse("error", "search is being restarted; ask again in a moment"));
    }
    if (this.depth >= this.depthMax) {
      return Promise.resolve(refuse("rate-limited", "too many searches are running; ask again in a moment"));
    }
    return this.questions.ask((job) => this.send(request(job)));
  }

  private start(): Worker {
    const worker = startWatched<FulltextReply>(new URL("./fulltext-worker.ts", import.meta.url), {
      heard: (reply) => this.receive(reply),
      ended: (ended, reason) => {
        if (this.worker === ended) this.replace(reason, tellsOfDamage(reason));
      },
    });
    const { folder, path, tagSeed, detect, verifyDomains, seeds, signatures } = this.options;
    const start: FulltextStart = { folder, path, tagSeed, detect, verifyDomains, seeds, signatures };
    worker.postMessage({ type: "start", start, isSuspect: this.isSuspect } satisfies FulltextRequest);
    return worker;
  }

  private receive(reply: FulltextReply): void {
    if (reply.type === "stopped") return this.stopped?.();
    if (reply.type === "failed") return this.replace(reply.reason, reply.isDamage);
    if (reply.type === "held-up") return this.heldUp(reply.reason);
    if (reply.type === "progress") return this.progressed(reply.cursor, reply.neededAfter);
    this.questions.answered(reply.job, reply);
  }

  private progressed(cursor: number, neededAfter: number): void {
    if (cursor > this.indexed) {
      this.restartAfterMs = RESTART_AFTER_MS;
      this.isHeldUp = false;
    }
    this.indexed = cursor;
    this.neededAfter = neededAfter;
    // What is told late is only kept longer, so the last word of a rush waits for its second.
    this.progressTimer ??= setTimeout(() => {
      this.progressTimer = undefined;
      if (this.stopped === undefined) this.options.onProgress(this.neededAfter);
    }, PROGRESS_EVERY_MS).unref();
  }

  private heldUp(reason: string): void {
    if (this.isHeldUp) return;
    this.isHeldUp = true;
    this.options.onHeldUp(reason);
  }

  private replace(reason: string, isDamage: boolean): void {
    if (this.isDown) return;
    this.isDown = true;
    this.isSuspect = isDamage;
    // The reason may name paths of this machine: it is for the log.
    this.questions.answerAll(refuse("error", "the search was interrupted; ask again"));
    this.worker.terminate();
    if (this.stopped !== undefined) return this.stopped();
    this.options.onTrouble(reason);
    setTimeout(() => {
      if (this.stopped !== undefined) return;
      this.isDown = false;
      this.worker = this.start();
    }, this.restartAfterMs).unref();
    this.restartAfterMs = Math.min(this.restartAfterMs * 2, RESTART_AFTER_MS_MAX);
  }

  private send(request: FulltextRequest): void {
    if (!this.isDown) this.worker.postMessage(request);
  }
}

function refused(reply: Extract<FulltextReply, { readonly job: number }>): Refusal {
  return reply.type === "refused" ? reply.refusal : refuse("error", "the search failed; ask again");
}
