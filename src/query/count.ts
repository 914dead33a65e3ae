// COUNT (NIP-45): how many readable events match any of the filters, exactly, and the HyperLogLog of their authors.

import { type Refusal, refuse } from "../nostr/reason.ts";
import type { CountSource } from "./count-source.ts";
import type { HyperLogLog } from "./hyperloglog.ts";
import { SeqSet } from "./seq-set.ts";
import type { Turn } from "./turn-budget.ts";

export interface CountResult {
  readonly count: number;
  readonly approximate: boolean;
  /** Did it see the author of every event? Else the registers that it fed say too little. */
  readonly sawAuthors: boolean;
}

export interface CountQueryOptions {
  /** Registers to feed with the author of every counted event. */
  readonly hyperLogLog?: HyperLogLog;
  readonly done: (result: CountResult) => void;
  readonly failed: (refusal: Refusal) => void;
  readonly sliceMs: number;
  /** This thread's time, shared by all queries. */
  readonly turn?: Turn;
}

/** Events counted between two looks at the clock, in some 0.1 ms. */
const EVENTS_PER_LOOK = 256;

/** Sources are drained one after the other; with several, an event that two filters match is counted once. */
export class CountQuery {
  private readonly sources: readonly CountSource[];
  private readonly options: CountQueryOptions;
  private readonly seen: SeqSet | undefined;
  private current = 0;
  private count = 0;
  private isOver = false;

  constructor(sources: readonly CountSource[], options: CountQueryOptions) {
    this.sources = sources;
    this.options = options;
    this.seen = sources.length > 1 ? new SeqSet() : undefined;
  }

  /** Begins at once, unless this thread has given queries enough of its time for now. */
  start(): void {
    const { turn } = this.options;
    if (turn === undefined) this.advance();
    else turn.begin(() => this.advance());
  }

  advance(): void {
    const { sliceMs, turn } = this.options;
    const deadlineMs = turn?.deadline(sliceMs) ?? performance.now() + sliceMs;
    // Events in memory are at hand in chunks so short that their source does not look at the clock.
    for (let taken = 1; !this.isOver; taken++) {
      if (taken % EVENTS_PER_LOOK === 0 && performance.now() > deadlineMs) return this.continueSoon();
      const source = this.sources[this.current];
      if (source === undefined) return this.finish();
      const state = source.pull(deadlineMs);
      if (state === "waiting") return;
      if (state === "paused") return this.continueSoon();
      if (state === "failed")
        return this.fail(source.error ?? refuse("error", "the count was interrupted; ask again"));
      if (state === "ended") this.current++;
      else this.take(source);
    }
  }

  private continueSoon(): void {
    const { turn } = this.options;
    if (turn === undefined) setImmediate(() => this.advance());
    else turn.later(() => this.advance());
  }

  cancel(): void {
    this.isOver = true;
    for (const source of this.sources) source.close();
  }

  private take(source: CountSource): void {
    if (this.seen === undefined || this.seen.add(source.seq())) {
      this.count++;
      this.options.hyperLogLog?.add(source.author());
    }
    source.shift();
  }

  private finish(): void {
    this.isOver = true;
    const unseen = this.sources.reduce((sum, source) => sum + source.unseen, 0);
    const isExact = this.sources.every((source) => source.isExact);
    const sawAuthors = isExact && this.sources.every((source) => source.sawAuthors);
    this.options.done({ count: this.count + unseen, approximate: !isExact, sawAuthors });
  }

  private fail(refusal: Refusal): void {
    this.cancel();
    this.options.failed(refusal);
  }
}
