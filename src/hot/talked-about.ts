// The events that trusted people did most with, in memory as searches see them: what a very common word should find as well.

import { eventFromJson, type NostrEvent } from "../nostr/event.ts";
import { isExpired } from "../nostr/expiration.ts";
import { type Filter, matchesFilter } from "../nostr/filter.ts";
import { type Oracles, SearchableEvent } from "../search/match.ts";
import type { SearchQuery } from "../search/query.ts";
import type { HotReader } from "./contract.ts";
import type { FulltextOptions } from "./fulltext-contract.ts";
import { inTurns } from "./in-turns.ts";
import { referred } from "./referred.ts";
import type { TrustedTargets } from "./trusted-targets.ts";

/** Events that are held: with their words some 8 KB each. */
const HELD_MAX = 1000;
/** Longer ones are left out: a title finds them, and the words of each would take as much memory as those of fifty notes. */
const JSON_MAX = 8000;
/** Of these a search takes the first so many: a page and some more. */
const FOUND_MAX = 30;
/** Events that are looked up in one go: some milliseconds of the thread that searches. */
const STEP_EVENTS = 50;
const STEP_REST_MS = 100;
const ROUND_REST_MS = 60_000;

export interface TalkGround {
  readonly reader: HotReader;
  readonly trustedTargets: Pick<TrustedTargets, "leaders">;
  readonly oracles: Oracles;
}

interface Held {
  readonly seq: number;
  readonly expiresAt: number;
  readonly searchable: SearchableEvent;
}

/** Undefined stands for what is not stored here, or too long. */
type HeldByRef = Map<string, Held | undefined>;

export class TalkedAbout {
  private readonly ground: TalkGround;
  private readonly oracles: Oracles;
  /** By hex id or address, best first. */
  private held: HeldByRef = new Map();
  private next: HeldByRef = new Map();
  private todo: readonly string[] = [];
  private timer: Timer | undefined;

  constructor(ground: TalkGround) {
    this.ground = ground;
    const { languageOf, sentimentOf } = ground.oracles;
    this.oracles = {
      ...ground.oracles,
      ...(languageOf === undefined ? {} : { languageOf: remembered(languageOf) }),
      ...(sentimentOf === undefined ? {} : { sentimentOf: remembered(sentimentOf) }),
    };
  }

  /** Goes through the leaders again and again until stop(). `now()` answers unix seconds. */
  run(now: () => number): void {
    const isOver = this.step(now());
    this.timer = setTimeout(() => this.run(now), isOver ? ROUND_REST_MS : STEP_REST_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  /** Looks the next of them up; true at the end of a round, from when on they are found. */
  step(nowSeconds: number): boolean {
    if (this.todo.length === 0) {
      this.todo = this.leaders(nowSeconds);
      this.next = new Map();
    }
    for (const ref of this.todo.slice(0, STEP_EVENTS)) this.next.set(ref, this.look(ref));
    this.todo = this.todo.slice(STEP_EVENTS);
    if (this.todo.length > 0) return false;
    this.held = this.next;
    return true;
  }

  /** Seqs of those that meet query and filter, the most talked about first. An event may have left since. */
  matching(
    query: SearchQuery,
    filter: Filter,
    { upToSeq, nowSeconds }: Pick<FulltextOptions, "upToSeq" | "nowSeconds">,
  ): number[] {
    const seqs: number[] = [];
    for (const held of this.held.values()) {
      if (held === undefined || held.seq > upToSeq || isExpired(held.expiresAt, nowSeconds)) continue;
      const { searchable } = held;
      if (!matchesFilter(filter, searchable.event) || !searchable.matches(query, filter)) continue;
      seqs.push(held.seq);
      if (seqs.length === FOUND_MAX) break;
    }
    return seqs;
  }

  /** Of all time and of late. Only trusted people choose them: else a crowd of made-up keys could lift a text full of words. */
  private leaders(nowSeconds: number): string[] {
    const { trustedTargets } = this.ground;
    const best = (order: "top" | "hot") => trustedTargets.leaders(order, nowSeconds, HELD_MAX);
    return inTurns(best("top"), best("hot"), HELD_MAX);
  }

  private look(ref: string): Held | undefined {
    // An address has new versions, and what is stored under an id stays as it is.
    const isAddress = ref.includes(":");
    const known = isAddress ? undefined : this.held.get(ref);
    if (known !== undefined) return known;
    const hit = referred(this.ground.reader, ref);
    if (hit === undefined || hit.json.length > JSON_MAX) return undefined;
    const { seq, expiresAt, json } = hit;
    const event = eventFromJson(json);
    // Detecting takes long: now, so that no search has to wait for a thousand of them.
    this.oracles.languageOf?.(event);
    this.oracles.sentimentOf?.(event);
    return { seq, expiresAt, searchable: new SearchableEvent(event, this.oracles) };
  }
}

/** What was found out about an event is not found out again. */
function remembered<Answer>(ask: (event: NostrEvent) => Answer): (event: NostrEvent) => Answer {
  const answers = new WeakMap<NostrEvent, { readonly answer: Answer }>();
  return (event) => {
    const known = answers.get(event) ?? { answer: ask(event) };
    answers.set(event, known);
    return known.answer;
  };
}
