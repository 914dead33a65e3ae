// Trends as the main thread sees them: answers that are a minute old at most, and a round of events now and then.

import { Questions } from "../channel/questions.ts";
import { startWatched } from "../channel/watched-worker.ts";
import { asVerified, parseEvent, type VerifiedEvent } from "../nostr/event.ts";
import { isRefusal, type Refusal, refuse } from "../nostr/reason.ts";
import type { TrendsAsk, TrendsReply, TrendsRequest, TrendsStart } from "./trends-protocol.ts";

export interface TrendsServiceOptions {
  readonly start: TrendsStart;
  /** Seconds from one round of published events to the next. */
  readonly publishSeconds: number;
  /** Stores an event that this relay has signed, and tells whoever listens. */
  readonly publish: (event: VerifiedEvent) => void;
  /** Unix seconds. */
  readonly now: () => number;
  readonly onTrouble: (reason: string) => void;
}

const FRESH_MS = 60_000;
/** Different questions in flight. Without languages there are fewer than fifty to ask, so of those with one few may wait. */
const WAITING_MAX = 64;
const WAITING_BY_LANGUAGE_MAX = 8;
const ANSWERS_MAX = 256;
/** The first round comes soon after a start, unless the last one is younger than the pause. */
const FIRST_ROUND_MS = 60_000;
const STOP_PATIENCE_MS = 2000;

type Answer = Extract<TrendsReply, { readonly job: number }> | Refusal;

export class TrendsService {
  private readonly options: TrendsServiceOptions;
  private readonly questions = new Questions<Answer>();
  private readonly answers = new Map<
    string,
    { readonly text: Promise<string | Refusal>; readonly atMs: number }
  >();
  private readonly timers: ReturnType<typeof setTimeout>[] = [];
  private worker: Worker | undefined;
  private stopped: (() => void) | undefined;
  private isStopping = false;

  /** No thread runs until somebody asks or the first round is due. */
  constructor(options: TrendsServiceOptions) {
    this.options = options;
    const every = options.publishSeconds * 1000;
    const round = (): void => void this.publishRound();
    const first = setTimeout(
      () => {
        round();
        const timer = setInterval(round, every);
        timer.unref();
        this.timers.push(timer);
      },
      Math.min(FIRST_ROUND_MS, every),
    );
    first.unref();
    this.timers.push(first);
  }

  get depth(): number {
    return this.questions.depth;
  }

  get depthMax(): number {
    return WAITING_MAX;
  }

  /** The answer as a JSON text. Whoever asks the same within a minute gets the same. */
  answer(ask: TrendsAsk): Promise<string | Refusal> {
    const name = `${ask.shape} ${ask.what} ${ask.window} ${ask.language}`;
    const held = this.answers.get(name);
    if (held !== undefined && performance.now() - held.atMs < FRESH_MS) return held.text;
    const waitingMax = ask.language === "" ? WAITING_MAX : WAITING_BY_LANGUAGE_MAX;
    const question = (job: number): TrendsRequest => ({
      type: "ask",
      job,
      ask,
      nowSeconds: this.options.now(),
    });
    const text = this.send(question, waitingMax).then((reply) => {
      if (!isRefusal(reply) && reply.type === "answer") return reply.json;
      if (this.answers.get(name)?.text === text) this.answers.delete(name);
      return isRefusal(reply) ? reply : refuse("error", "trends are not counted yet; ask again in a moment");
    });
    if (this.answers.size >= ANSWERS_MAX) this.dropOldestByLanguage();
    this.answers.set(name, { text, atMs: performance.now() });
    return text;
  }

  /** Most are: whoever asks for one language after the other does not take the common answers from everybody. */
  private dropOldestByLanguage(): void {
    const oldest = this.answers.keys().find((name) => !name.endsWith(" "));
    if (oldest !== undefined) this.answers.delete(oldest);
  }

  /** Events have left the store: answers that show events are gated anew, from the same counts. */
  removed(): void {
    for (const name of this.answers.keys()) if (/ (?:notes|people) /.test(name)) this.answers.delete(name);
  }

  /** Publishes what trends now, unless that was done lately. Answers how many events were handed over. */
  async publishRound(): Promise<number> {
    const { now, publishSeconds, publish, onTrouble } = this.options;
    // A little less than the pause, or rounds would skip each other by a second.
    const pauseSeconds = publishSeconds * 0.9;
    const reply = await this.send((job) => ({ type: "round", job, nowSeconds: now(), pauseSeconds }));
    if (isRefusal(reply) || reply.type !== "events") {
      if (!isRefusal(reply) && reply.type === "failed") onTrouble(reply.reason);
      return 0;
    }
    for (const text of reply.events) {
      const parsed = parseEvent(JSON.parse(text));
      // Signed a moment ago by the worker with the relay's own key.
      if (!isRefusal(parsed)) publish(asVerified(parsed));
    }
    return reply.events.length;
  }

  async stop(): Promise<void> {
    if (this.isStopping) return;
    this.isStopping = true;
    for (const timer of this.timers) clearTimeout(timer);
    const { worker } = this;
    if (worker !== undefined) {
      await new Promise<void>((resolve) => {
        this.stopped = resolve;
        worker.postMessage({ type: "stop" } satisfies TrendsRequest);
        setTimeout(resolve, STOP_PATIENCE_MS).unref();
      });
      this.worker = undefined;
      worker.terminate();
    }
    this.failAll("the relay is stopping");
  }

  private send(request: (job: number) => TrendsRequest, waitingMax = WAITING_MAX): Promise<Answer> {
    if (this.isStopping) return Promise.resolve(refuse("error", "the relay is stopping"));
    if (this.questions.depth >= waitingMax)
      return Promise.resolve(
        refuse("rate-limited", "too many trends are being counted; ask again in a moment"),
      );
    this.worker ??= this.startWorker();
    const { worker } = this;
    return this.questions.ask((job) => worker.postMessage(request(job)));
  }

  private startWorker(): Worker {
    const worker = startWatched<TrendsReply>(new URL("./trends-worker.ts", import.meta.url), {
      heard: (reply) => this.receive(reply),
      ended: (ended, reason) => this.ended(ended, reason),
    });
    worker.postMessage({ type: "start", start: this.options.start } satisfies TrendsRequest);
    return worker;
  }

  /** The next question starts another. */
  private ended(worker: Worker, reason: string): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    worker.terminate();
    // The reason may name paths of this machine: it is for the log.
    this.failAll("counting trends was interrupted; ask again");
    this.options.onTrouble(reason);
    this.stopped?.();
  }

  private receive(reply: TrendsReply): void {
    if (reply.type === "stopped") return this.stopped?.();
    this.questions.answered(reply.job, reply);
  }

  private failAll(reason: string): void {
    this.questions.answerAll(refuse("error", reason));
  }
}
