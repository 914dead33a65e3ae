// COUNT of one search: few matches are looked at one by one, and of many the index is asked for the number.

import type { FulltextCount } from "../hot/fulltext-contract.ts";
import { pubkeyOfJson } from "../nostr/event-json.ts";
import { isRefusal, type Refusal } from "../nostr/reason.ts";
import { hasPositiveText, type SearchQuery } from "../search/query.ts";
import type { CountSource } from "./count-source.ts";
import type { HitSource, PullState } from "./source.ts";

/**
 * May a number stand for events that nobody looked at? Where words must be found, every match is public: private kinds
 * have no text. What was pasted, and one hit for each author, take looking.
 */
export function isCountableUnseen({ text, lookups, options }: SearchQuery): boolean {
  return hasPositiveText(text) && lookups.length === 0 && !options.distinctAuthor;
}

export class SearchCount implements CountSource {
  unseen = 0;
  isExact = true;
  private readonly hits: HitSource;
  private readonly number: () => Promise<FulltextCount | Refusal>;
  private readonly wake: () => void;
  private state: "looking" | "waiting" | "ended" = "looking";
  private seen = 0;

  /** `hits` ends early where looking at all of them would take too long; `number` is asked then. */
  constructor(hits: HitSource, number: () => Promise<FulltextCount | Refusal>, wake: () => void) {
    this.hits = hits;
    this.number = number;
    this.wake = wake;
  }

  get error(): Refusal | undefined {
    return this.hits.error;
  }

  get sawAuthors(): boolean {
    return this.unseen === 0;
  }

  pull(deadlineMs: number): PullState {
    if (this.state !== "looking") return this.state;
    const state = this.hits.pull(deadlineMs);
    if (state === "ended") return this.hits.hasMore === false ? this.end() : this.ask();
    return state;
  }

  seq(): number {
    return this.hits.peek().seq;
  }

  author(): string {
    return pubkeyOfJson(this.hits.peek().json);
  }

  shift(): void {
    this.seen++;
    this.hits.shift();
  }

  close(): void {
    this.state = "ended";
    this.hits.close();
  }

  private end(): "ended" {
    this.state = "ended";
    return "ended";
  }

  private ask(): "waiting" {
    this.state = "waiting";
    void this.number().then((answer) => {
      if (this.state === "ended") return;
      this.take(answer);
      this.end();
      this.wake();
    });
    return "waiting";
  }

  /** Hits that nearly have the words are no matches to an index; then what was seen is all that is known. */
  private take(answer: FulltextCount | Refusal): void {
    const { count, exact } = isRefusal(answer) ? { count: 0, exact: false } : answer;
    this.isExact = exact && count >= this.seen;
    this.unseen = Math.max(0, count - this.seen);
  }
}
