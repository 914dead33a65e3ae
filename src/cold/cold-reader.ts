// Reading events back from the cold store: pages in time order, lookups by id or seq, and counts.

import { idOfJson } from "../nostr/event-json.ts";
import { eventFromJson } from "../nostr/event.ts";
import { type Filter, matchesFilter, matchesNothing } from "../nostr/filter.ts";
import { searchChosen } from "./chosen-search.ts";
import type { IndexChoice } from "./index-choice.ts";
import type { Outcome, SearchAnswer, SearchDoor, SearchHit } from "./search-door.ts";
import { anyFilterQuery, filterQuery, isInexact, type Query, type QueryLimits } from "./structural-query.ts";

/** One event as the index knows it. The reading gate has still to be asked about it. */
export interface ColdHit {
  readonly seq: number;
  readonly createdAt: number;
  readonly kind: number;
  /** Unix seconds, 0 for never. */
  readonly expiresAt: number;
  /** The event's text, where it was asked for. */
  readonly raw: string | undefined;
}

export interface ColdPage {
  /**
   * Newest first. A page ends with a whole second, so it may hold more than was asked for; and it goes on with `until`
   * one second before its last hit. Within a second by id where raw was asked for, otherwise in no order.
   */
  readonly hits: readonly ColdHit[];
  readonly hasMore: boolean;
  /** `until` of the page that follows; undefined after the last. */
  readonly next?: number | undefined;
}

export interface PageRequest extends QueryLimits {
  /** Hits wanted; at least one. */
  readonly limit: number;
  /** `seq`: numbers only, for events that the hot store still holds; several times cheaper than `raw`. */
  readonly want: "seq" | "raw";
}

export interface ColdCount {
  readonly count: number;
  readonly isExact: boolean;
}

/** As many as the index hands out at once. */
const PAGE_MAX = 10_000;

const SEQ_FIELDS = {
  docvalue_fields: ["seq", { field: "created_at", format: "epoch_second" }, "kind", "exp"],
} as const;

/** stored_fields: without `_id`, which costs as much as the whole source. */
const SEQ_ONLY = { _source: false, stored_fields: "_none_", ...SEQ_FIELDS } as const;
const WITH_RAW = { _source: ["raw"], ...SEQ_FIELDS } as const;

const TAG_LETTERS = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];

const NEWEST_FIRST = [{ created_at: "desc" }] as const;

export class ColdReader {
  private readonly door: SearchDoor;
  private readonly choice: IndexChoice;

  constructor(door: SearchDoor, choice: IndexChoice) {
    this.door = door;
    this.choice = choice;
  }

  /** The newest matches of one filter; its own `limit` and `search` are not looked at. */
  async page(filter: Filter, request: PageRequest): Promise<Outcome<ColdPage>> {
    if (matchesNothing(filter))
      return { type: "answered", value: { hits: [], hasMore: false, next: undefined }, isPartial: false };
    const limit = Math.min(Math.max(1, request.limit), PAGE_MAX - 1);
    const first = await this.newest(filter, request, limit + 1);
    if (first.type !== "answered") return first;
    const { hits, hasMore, isPartial } = await this.endOnSecond(filter, request, limit, first);
    const matching =
      isInexact(filter) && request.want === "raw" ? hits.filter((hit) => isMatch(filter, hit)) : hits;
    return {
      type: "answered",
      isPartial,
      value: { hits: inOrder(matching), hasMore, next: nextUntil(hits, hasMore) },
    };
  }

  /** Events with these ids, whatever kind they are. */
  byIds(ids: readonly string[]): Promise<Outcome<readonly ColdHit[]>> {
    return this.lookup({ terms: { id: ids } }, ids.length);
  }

  /** Events that had these seqs, for hits that the hot store turned out not to hold any more. */
  bySeqs(seqs: readonly number[]): Promise<Outcome<readonly ColdHit[]>> {
    return this.lookup({ terms: { seq: seqs } }, seqs.length);
  }

  /** Which of these seqs the index holds, for whoever wants to let events go elsewhere. */
  async held(seqs: readonly number[]): Promise<Outcome<ReadonlySet<number>>> {
    return this.seqsWhere([{ terms: { seq: seqs } }], seqs.length);
  }

  private async seqsWhere(
    conditions: readonly Query[],
    sizeMax: number,
  ): Promise<Outcome<ReadonlySet<number>>> {
    if (sizeMax === 0) return { type: "answered", value: new Set(), isPartial: false };
    const query = { bool: { filter: conditions } };
    const size = Math.min(sizeMax, PAGE_MAX);
    const outcome = await searchChosen(this.door, this.choice, [{ tags: [] }], {
      size,
      track_total_hits: false,
      query,
      ...SEQ_ONLY,
    });
    if (outcome.type !== "answered") return outcome;
    return { ...outcome, value: new Set(outcome.value.hits.map((hit) => hitOf(hit).seq)) };
  }

  /** Those of the seqs whose documents can be found by their tags: not the reduced ones, nor those without any. */
  async taggedSeqs(seqs: readonly number[]): Promise<Outcome<ReadonlySet<number>>> {
    const hasTags = { bool: { should: TAG_LETTERS.map((letter) => ({ exists: { field: `t.${letter}` } })) } };
    return this.seqsWhere([{ terms: { seq: seqs } }, hasTags], seqs.length);
  }

  /** How many events match any of the filters; one that matches two counts once. */
  async count(filters: readonly Filter[], limits: QueryLimits): Promise<Outcome<ColdCount>> {
    const possible = filters.filter((filter) => !matchesNothing(filter));
    if (possible.length === 0)
      return { type: "answered", value: { count: 0, isExact: true }, isPartial: false };
    const body = { size: 0, track_total_hits: true, query: anyFilterQuery(possible, limits) };
    const outcome = await searchChosen(this.door, this.choice, possible, body);
    if (outcome.type !== "answered") return outcome;
    const { total = 0, isTotalCut } = outcome.value;
    const isExact = !isTotalCut && !outcome.isPartial && !possible.some(isInexact);
    return { ...outcome, value: { count: total, isExact } };
  }

  private async lookup(condition: Query, size: number): Promise<Outcome<readonly ColdHit[]>> {
    if (size === 0) return { type: "answered", value: [], isPartial: false };
    const query = { bool: { filter: [condition] } };
    const body = { size: Math.min(size, PAGE_MAX), track_total_hits: false, query, ...WITH_RAW };
    const outcome = await searchChosen(this.door, this.choice, [{ tags: [] }], body);
    return outcome.type === "answered" ? { ...outcome, value: outcome.value.hits.map(hitOf) } : outcome;
  }

  private newest(filter: Filter, request: PageRequest, size: number): Promise<Outcome<SearchAnswer>> {
    return searchChosen(this.door, this.choice, [filter], {
      size,
      // Without a total, a search in the order of the index stops at its last hit.
      track_total_hits: false,
      sort: NEWEST_FIRST,
      query: filterQuery(filter, request),
      ...(request.want === "raw" ? WITH_RAW : SEQ_ONLY),
    });
  }

  /** A page that was cut inside a second would show ids of that second that do not sort first; so it is read whole. */
  private async endOnSecond(
    filter: Filter,
    request: PageRequest,
    limit: number,
    first: Extract<Outcome<SearchAnswer>, { type: "answered" }>,
  ): Promise<{ hits: ColdHit[]; hasMore: boolean; isPartial: boolean }> {
    const hits = first.value.hits.map(hitOf);
    const { isPartial } = first;
    if (hits.length <= limit) return { hits, hasMore: false, isPartial };
    const second = hits[limit]!.createdAt;
    const whole = hits.filter((hit) => hit.createdAt > second);
    if (whole.length >= limit) return { hits: whole, hasMore: true, isPartial };
    const one = await this.newest({ ...filter, since: second, until: second }, request, PAGE_MAX);
    if (one.type !== "answered") return { hits: whole, hasMore: true, isPartial: true };
    const isCut = one.value.hits.length === PAGE_MAX;
    return {
      hits: [...whole, ...one.value.hits.map(hitOf)],
      hasMore: true,
      isPartial: isPartial || one.isPartial || isCut,
    };
  }
}

/** Reads the fields that SEQ_ONLY and WITH_RAW ask for. */
function hitOf(found: SearchHit): ColdHit {
  const number = (field: string): number => Number(found.fields?.[field]?.[0] ?? 0);
  return {
    seq: number("seq"),
    createdAt: number("created_at"),
    kind: number("kind"),
    expiresAt: number("exp"),
    raw: found._source?.raw,
  };
}

function nextUntil(hits: readonly ColdHit[], hasMore: boolean): number | undefined {
  const last = hits.at(-1);
  return hasMore && last !== undefined && last.createdAt > 0 ? last.createdAt - 1 : undefined;
}

function inOrder(hits: readonly ColdHit[]): ColdHit[] {
  return hits.toSorted((a, b) => {
    if (a.createdAt !== b.createdAt) return b.createdAt - a.createdAt;
    if (a.raw === undefined || b.raw === undefined) return 0;
    return idOfJson(a.raw) < idOfJson(b.raw) ? -1 : 1;
  });
}

function isMatch(filter: Filter, hit: ColdHit): boolean {
  return hit.raw !== undefined && matchesFilter(filter, eventFromJson(hit.raw));
}
