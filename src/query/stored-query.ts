// The stored phase of a REQ: merges its sources newest first, without doubles, as fast as the connection takes it.

import type { Hit } from "../hot/contract.ts";
import { idOfJson } from "../nostr/event-json.ts";
import type { Refusal } from "../nostr/reason.ts";
import type { HitSource, PullState } from "./source.ts";
import type { Turn } from "./turn-budget.ts";

/** What a client is told with EOSE (NIP-67): every match was sent, more exist, or nothing is known. */
export type EndHint = "finish" | "more" | undefined;

export interface StoredQueryOptions {
  readonly send: (hit: Hit) => void;
  /** May more be sent now? When not, advance() is called once the connection has drained. */
  readonly hasRoom: () => boolean;
  readonly done: (hint: EndHint) => void;
  readonly failed: (refusal: Refusal) => void;
  /** Milliseconds this thread spends on it before other work gets a turn. */
  readonly sliceMs: number;
  /** This thread's time, shared by all queries. */
  readonly turn?: Turn;
}

/** Hits, and characters of them, that are sent between two looks at the connection's buffer and at the clock. */
const HITS_PER_ROOM_CHECK = 32;
const CHARACTERS_PER_ROOM_CHECK = 256 * 1024;

export class StoredQuery {
  private readonly options: StoredQueryOptions;
  private readonly sources: readonly HitSource[];
  private state: "running" | "over" = "running";
  private lastSent = -1;
  /** What was sent, where a ranked source among others shows events out of their place. */
  private readonly sent: Set<number> | undefined;
  private hitsSinceCheck = 0;
  private charactersSinceCheck = 0;
  /** Set while a turn is queued or running, so that wakes in between do not start another. */
  private turnQueued = false;

  constructor(sources: readonly HitSource[], options: StoredQueryOptions) {
    this.sources = sources;
    this.options = options;
    const mayRepeat = sources.length > 1 && sources.some(({ order }) => order === "rank");
    this.sent = mayRepeat ? new Set() : undefined;
  }

  get isOver(): boolean {
    return this.state === "over";
  }

  /** Begins at once, unless this thread has given queries enough of its time for now. */
  start(): void {
    const { turn } = this.options;
    if (turn === undefined) return this.advance();
    this.turnQueued = true;
    turn.begin(() => this.takeTurn());
  }

  /** Goes on: when a source has news, and when the connection has drained. Nothing is read while nobody takes it. */
  advance(): void {
    if (this.state === "over" || !this.hasRoom()) return;
    const { sliceMs, turn } = this.options;
    const deadlineMs = turn?.deadline(sliceMs) ?? performance.now() + sliceMs;
    for (;;) {
      if (this.isCheckDue() && !this.hasRoom()) return;
      const next = this.next(deadlineMs);
      if (next === "waiting") return;
      if (next === "paused") return this.continueSoon();
      if (next === "ended") return this.finish();
      if (next === "failed") return this.fail();
      this.emit(next);
      if (this.isCheckDue() && performance.now() > deadlineMs) return this.continueSoon();
    }
  }

  /** Wakes come from other threads and may arrive many at a time. */
  wake(): void {
    if (!this.turnQueued) this.advance();
  }

  cancel(): void {
    this.state = "over";
    for (const source of this.sources) source.close();
  }

  private isCheckDue(): boolean {
    return (
      this.hitsSinceCheck >= HITS_PER_ROOM_CHECK || this.charactersSinceCheck >= CHARACTERS_PER_ROOM_CHECK
    );
  }

  private hasRoom(): boolean {
    if (!this.options.hasRoom()) return false;
    this.hitsSinceCheck = 0;
    this.charactersSinceCheck = 0;
    return true;
  }

  /** The source whose hit comes next, or why there is none. Ranked sources go before merged ones. */
  private next(deadlineMs: number): HitSource | Exclude<PullState, "ready"> {
    let best: HitSource | undefined;
    for (const source of this.sources) {
      const state = source.pull(deadlineMs);
      if (state === "ended") continue;
      if (state !== "ready") return state;
      if (source.order === "rank") return source;
      if (best === undefined || isNewer(source.peek(), best.peek())) best = source;
    }
    return best ?? "ended";
  }

  private emit(source: HitSource): void {
    const hit = source.peek();
    source.shift();
    if (!this.isNew(hit.seq)) return;
    this.hitsSinceCheck++;
    this.charactersSinceCheck += hit.json.length;
    this.options.send(hit);
  }

  /** By time, the same event has the same place in every source, so that its doubles follow each other. */
  private isNew(seq: number): boolean {
    const isNew = this.sent === undefined ? seq !== this.lastSent : !this.sent.has(seq);
    this.lastSent = seq;
    this.sent?.add(seq);
    return isNew;
  }

  private continueSoon(): void {
    const { turn } = this.options;
    this.turnQueued = true;
    const go = (): void => this.takeTurn();
    if (turn === undefined) setImmediate(go);
    else turn.later(go);
  }

  private takeTurn(): void {
    this.turnQueued = false;
    this.advance();
  }

  private finish(): void {
    this.state = "over";
    const known = this.sources.map((source) => source.hasMore);
    // Where one cannot say, the page may lack newer events than its last: then nobody is told to go on from there.
    this.options.done(known.includes(undefined) ? undefined : known.includes(true) ? "more" : "finish");
  }

  private fail(): void {
    const reason = this.sources.find((source) => source.error !== undefined)!.error!;
    this.cancel();
    this.options.failed(reason);
  }
}

function isNewer(a: Hit, b: Hit): boolean {
  if (a.createdAt !== b.createdAt) return a.createdAt > b.createdAt;
  return idOfJson(a.json) < idOfJson(b.json);
}
