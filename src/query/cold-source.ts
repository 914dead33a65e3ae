// Hits that only the cold store holds any more, asked for page by page, each through the hot store's gate.

import type { ColdHit } from "../cold/cold-reader.ts";
import type { Outcome } from "../cold/search-door.ts";
import type { Hit } from "../hot/contract.ts";
import { compareHits } from "../hot/scan-source.ts";
import { eventFromJson } from "../nostr/event.ts";
import { type Filter, matchesFilter } from "../nostr/filter.ts";
import { PRIVATE_KIND_NUMBERS } from "../policy/private-kinds.ts";
import type { ColdHistory, History } from "./history.ts";

export interface ColdSourceOptions {
  readonly history: History;
  readonly nowSeconds: number;
  /** Is the asker nobody in particular? Then private kinds are not even asked for. */
  readonly isStranger: boolean;
  readonly accept: (hit: Hit) => boolean;
  /** Called when a `waiting` source has news. */
  readonly wake: () => void;
}

/** One answer of the cold store, and how to go on after it. */
interface Batch {
  readonly hits: readonly ColdHit[];
  /** Undefined: that was all. */
  readonly next: (() => Promise<Outcome<Batch>>) | undefined;
}

/** Hits fetched with one request, at most and at least: `raw` costs about a tenth of a millisecond each. */
const PAGE_MAX = 500;
const PAGE_MIN = 20;
/** Where a page was not enough, the gate has taken much of it: the next one is so many times as large. */
const PAGE_GROWTH = 5;

/** Newest first, without doubles. It never fails: where the cold store does not answer, it ends and is not complete. */
export class ColdSource {
  /** After `ended`: has the cold store told everything? */
  isComplete = true;
  private readonly options: ColdSourceOptions;
  private next: (() => Promise<Outcome<Batch>>) | undefined;
  private buffer: readonly Hit[] = [];
  private head = 0;
  private isWaiting = false;

  private constructor(options: ColdSourceOptions, next: () => Promise<Outcome<Batch>>) {
    this.options = options;
    this.next = next;
  }

  /** Everything that matches the filter, which the caller has cut at the horizon. `wanted` hits are probably enough. */
  static pages(filter: Filter, wanted: number, options: ColdSourceOptions): ColdSource {
    const { history, nowSeconds, isStranger } = options;
    const request = {
      limit: Math.min(PAGE_MAX, Math.max(PAGE_MIN, wanted)),
      want: "raw" as const,
      nowSeconds,
      ...(isStranger ? { excludedKinds: PRIVATE_KIND_NUMBERS } : {}),
    };
    return new ColdSource(options, () => page(history.cold, filter, request));
  }

  /** Events with these ids, as far as they match the filter. */
  static ids(ids: readonly string[], filter: Filter, options: ColdSourceOptions): ColdSource {
    const matches = ({ raw }: ColdHit): boolean =>
      raw !== undefined && matchesFilter(filter, eventFromJson(raw));
    return new ColdSource(options, async () => {
      const outcome = await options.history.cold.byIds(ids);
      if (outcome.type !== "answered") return outcome;
      const hits = outcome.value.filter(matches);
      // The index is asked for no more than it was told to have: one that is missing was not found.
      const isPartial = outcome.isPartial || outcome.value.length < ids.length;
      return { ...outcome, isPartial, value: { hits, next: undefined } };
    });
  }

  pull(): "ready" | "ended" | "waiting" {
    if (this.head < this.buffer.length) return "ready";
    if (this.isWaiting) return "waiting";
    if (this.next === undefined) return "ended";
    this.isWaiting = true;
    void this.ask(this.next);
    return "waiting";
  }

  peek(): Hit {
    return this.buffer[this.head]!;
  }

  shift(): void {
    this.head++;
  }

  close(): void {
    this.next = undefined;
    this.buffer = [];
    this.isComplete = false;
  }

  private async ask(question: () => Promise<Outcome<Batch>>): Promise<void> {
    const outcome = await question();
    this.isWaiting = false;
    // Closed while it was asking: nobody waits any more.
    if (this.next !== question) return;
    if (outcome.type === "answered") {
      this.next = outcome.isPartial ? undefined : outcome.value.next;
      if (outcome.isPartial) this.isComplete = false;
      this.buffer = this.admitted(outcome.value.hits);
      this.head = 0;
    } else {
      this.next = undefined;
      this.isComplete = false;
    }
    this.options.wake();
  }

  private admitted(hits: readonly ColdHit[]): Hit[] {
    return admitCold(this.options.history, hits).filter(this.options.accept).sort(compareHits);
  }
}

/** Hits of the cold store that may be shown, as far as the stores are concerned. In the order given. */
export function admitCold({ evictions }: Pick<History, "evictions">, hits: readonly ColdHit[]): Hit[] {
  return evictions.admit(hits.flatMap(({ seq, raw }) => (raw === undefined ? [] : [{ seq, json: raw }])));
}

async function page(
  cold: ColdHistory,
  filter: Filter,
  request: Parameters<ColdHistory["page"]>[1],
): Promise<Outcome<Batch>> {
  const outcome = await cold.page(filter, request);
  if (outcome.type !== "answered") return outcome;
  const { hits, hasMore, next } = outcome.value;
  if (!hasMore || next === undefined || next < (filter.since ?? 0)) {
    return { ...outcome, value: { hits, next: undefined } };
  }
  const rest = { ...filter, until: next };
  const larger = { ...request, limit: Math.min(PAGE_MAX, request.limit * PAGE_GROWTH) };
  return { ...outcome, value: { hits, next: () => page(cold, rest, larger) } };
}
