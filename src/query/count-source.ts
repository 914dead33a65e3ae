// What COUNT adds up: events by seq and author, from the hot store and from the stubs of what has left it.

import type { Hit } from "../hot/contract.ts";
import type { Stub } from "../hot/eviction-reader.ts";
import { pubkeyOfJson } from "../nostr/event-json.ts";
import type { Filter } from "../nostr/filter.ts";
import type { Refusal } from "../nostr/reason.ts";
import { PRIVATE_KIND_NUMBERS } from "../policy/private-kinds.ts";
import { isPublicKind } from "../policy/read.ts";
import { admitCold, type ColdSourceOptions } from "./cold-source.ts";
import { coldPartOf } from "./history.ts";
import type { HitSource, PullState } from "./source.ts";

/** Events that may be counted, one by one, in no order that matters. */
export interface CountSource {
  pull(deadlineMs: number): PullState;
  /** Of the event at hand; only after pull() said `ready`. */
  seq(): number;
  author(): string;
  shift(): void;
  /** After `ended`: matches that are known by their number alone. */
  readonly unseen: number;
  /** After `ended`: was the author of every match handed out, or fed to the registers? */
  readonly sawAuthors: boolean;
  /** After `ended`: is the number exact? */
  readonly isExact: boolean;
  readonly error: Refusal | undefined;
  close(): void;
}

/** Counts what a source of hits shows. */
export class HitCount implements CountSource {
  readonly unseen = 0;
  readonly sawAuthors = true;
  private readonly hits: HitSource;

  constructor(hits: HitSource) {
    this.hits = hits;
  }

  get isExact(): boolean {
    return this.hits.hasMore === false;
  }

  get error(): Refusal | undefined {
    return this.hits.error;
  }

  pull(deadlineMs: number): PullState {
    return this.hits.pull(deadlineMs);
  }

  seq(): number {
    return this.hits.peek().seq;
  }

  author(): string {
    return pubkeyOfJson(this.hits.peek().json);
  }

  shift(): void {
    this.hits.shift();
  }

  close(): void {
    this.hits.close();
  }
}

interface Counted {
  readonly seq: number;
  readonly pubkey: string;
}

/** So long cold matches are looked at one by one; of the rest, only the number is asked. A million take some seconds. */
const LOOKING_MS_MAX = 10_000;
const PAGE_SEQS = 2000;

/**
 * Hot events first, then what the cold store names by seq and the hot store has a stub of: so nothing is counted twice, and
 * nothing that was erased. Where time runs out, or while events leave, the number is only near.
 */
export class TieredCount implements CountSource {
  unseen = 0;
  isExact = true;
  private readonly hot: HitSource;
  private readonly options: ColdSourceOptions;
  private readonly part: Filter | undefined;
  private readonly version: number;
  private readonly lookingMs: number;
  private lookUntilMs = 0;
  private isHotOver = false;
  /** Counted events from the part of the past that the cold store is asked about. */
  private countedInPart = 0;
  private batch: readonly Counted[] = [];
  private head = 0;
  private state: "unasked" | "waiting" | "ended" = "unasked";
  private next: (() => Promise<void>) | undefined;

  /** `hot` answers the same filter without a limit. */
  constructor(filter: Filter, hot: HitSource, options: ColdSourceOptions, lookingMs = LOOKING_MS_MAX) {
    this.hot = hot;
    this.options = options;
    this.lookingMs = lookingMs;
    this.version = options.history.horizon.version;
    this.part = coldPartOf(filter, options.history);
    this.next = () => this.begin();
  }

  get error(): Refusal | undefined {
    return this.hot.error;
  }

  get sawAuthors(): boolean {
    return this.unseen === 0;
  }

  pull(deadlineMs: number): PullState {
    if (!this.isHotOver) {
      const state = this.hot.pull(deadlineMs);
      if (state !== "ended") return state;
      this.isHotOver = true;
      if (this.hot.hasMore === undefined) this.isExact = false;
    }
    if (this.head < this.batch.length) return "ready";
    if (this.part === undefined || this.state === "ended") return this.end();
    if (this.state === "unasked") this.go();
    return "waiting";
  }

  seq(): number {
    return this.isHotOver ? this.batch[this.head]!.seq : this.hot.peek().seq;
  }

  author(): string {
    return this.isHotOver ? this.batch[this.head]!.pubkey : pubkeyOfJson(this.hot.peek().json);
  }

  shift(): void {
    if (this.isHotOver) {
      this.head++;
      return;
    }
    if (this.part !== undefined && this.hot.peek().createdAt <= this.part.until!) this.countedInPart++;
    this.hot.shift();
  }

  close(): void {
    this.hot.close();
    this.state = "ended";
    this.batch = [];
  }

  /** Something left meanwhile, or is just leaving: it may have been counted on both sides. */
  private end(): PullState {
    const { version, leaving } = this.options.history.horizon;
    if (version !== this.version || leaving > 0) this.isExact = false;
    return "ended";
  }

  private go(): void {
    const question = this.next!;
    this.state = "waiting";
    void question().then(() => {
      if (this.state === "waiting") this.state = this.next === undefined ? "ended" : "unasked";
      this.options.wake();
    });
  }

  private async begin(): Promise<void> {
    const part = this.part!;
    this.lookUntilMs = performance.now() + this.lookingMs;
    await (part.ids === undefined ? this.takePage(part) : this.takeIds(part));
  }

  private async takeIds(part: Filter): Promise<void> {
    this.next = undefined;
    const { history } = this.options;
    const missing = history.evictions.evictedIds(part.ids!);
    if (missing.length === 0) return;
    const rest = { ...part, ids: missing };
    this.next = () => this.takePage(rest);
    await this.next();
  }

  private async takePage(filter: Filter): Promise<void> {
    const { history } = this.options;
    const outcome = await history.cold.page(filter, { limit: PAGE_SEQS, want: "seq", ...this.limits() });
    this.next = undefined;
    if (outcome.type !== "answered" || outcome.isPartial || !history.isWhole()) this.isExact = false;
    if (outcome.type !== "answered") return;
    const { hits, next } = outcome.value;
    const open = hits.filter((hit) => isPublicKind(hit.kind)).map((hit) => hit.seq);
    const closed = hits.filter((hit) => !isPublicKind(hit.kind)).map((hit) => hit.seq);
    const batch = [...this.stubs(open), ...(await this.readable(closed))];
    if (this.state === "ended") return;
    this.batch = batch;
    this.head = 0;
    this.countedInPart += batch.length;
    if (outcome.isPartial) this.next = () => this.estimate();
    else if (next !== undefined && next >= (filter.since ?? 0)) {
      const isLate = performance.now() >= this.lookUntilMs;
      this.next = isLate ? () => this.estimate() : () => this.takePage({ ...filter, until: next });
    }
  }

  /** The number of all matches, hot or cold, is close to what the index says. */
  private async estimate(): Promise<void> {
    this.next = undefined;
    this.isExact = false;
    const outcome = await this.options.history.cold.count([this.part!], this.limits());
    if (outcome.type === "answered") this.unseen = Math.max(0, outcome.value.count - this.countedInPart);
  }

  private stubs(seqs: readonly number[]): Stub[] {
    const { history, nowSeconds } = this.options;
    return history.evictions
      .stubsAt(seqs)
      .filter(({ expiresAt }) => expiresAt === 0 || expiresAt > nowSeconds);
  }

  /** Of private kinds the text decides, so it has to be read. */
  private async readable(seqs: readonly number[]): Promise<Counted[]> {
    if (seqs.length === 0 || this.options.isStranger) return [];
    const { history, accept } = this.options;
    const outcome = await history.cold.bySeqs(seqs);
    if (outcome.type !== "answered" || outcome.isPartial) this.isExact = false;
    if (outcome.type !== "answered") return [];
    const isCold = (hit: Hit): boolean => history.evictions.stubsAt([hit.seq]).length > 0;
    return admitCold(history, outcome.value)
      .filter((hit) => isCold(hit) && accept(hit))
      .map(({ seq, json }) => ({ seq, pubkey: pubkeyOfJson(json) }));
  }

  private limits(): { nowSeconds: number; excludedKinds?: readonly number[] } {
    const { nowSeconds, isStranger } = this.options;
    return { nowSeconds, ...(isStranger ? { excludedKinds: PRIVATE_KIND_NUMBERS } : {}) };
  }
}
