// Searches (NIP-50) in the cold store: seqs with a text score, best first. The relay looks them up, gates and orders them.

import type { Filter } from "../nostr/filter.ts";
import { matchesNothing } from "../nostr/filter.ts";
import { type Refusal, refuse } from "../nostr/reason.ts";
import { isTypeahead, narrowFilter } from "../search/narrow.ts";
import { relaxations, type SearchQuery, withOpenEnd } from "../search/query.ts";
import { searchChosen } from "./chosen-search.ts";
import type { IndexChoice } from "./index-choice.ts";
import {
  canRelax,
  isPlainText,
  searchBody,
  type SearchBodyOptions,
  typeaheadBody,
  unindexedKey,
} from "./search-body.ts";
import type { Outcome, SearchAnswer, SearchDoor } from "./search-door.ts";
import type { Query } from "./structural-query.ts";

export interface ScoredSeq {
  readonly seq: number;
  /** 0 to 1 within this answer; 0 where the order is not one of relevance. */
  readonly textScore: number;
}

export interface ColdSearchAnswer {
  readonly candidates: readonly ScoredSeq[];
  /** False when more may match than was asked for, or OpenSearch ran out of time. */
  readonly complete: boolean;
  /** Do the candidates only nearly have the words, for want of any that have them all? */
  readonly isWeaker?: boolean;
}

export interface ColdSearchOptions extends Omit<SearchBodyOptions, "relaxed"> {
  /** Events with a higher seq are left out: they come live. */
  readonly upToSeq: number;
}

/** Hits of one request: what the relay ranks is the best few hundred. */
const SIZE_MAX = 2000;

export class ColdSearch {
  private readonly door: SearchDoor;
  private readonly choice: IndexChoice;

  constructor(door: SearchDoor, choice: IndexChoice) {
    this.door = door;
    this.choice = choice;
  }

  /** `limit` and `search` of the filter are not looked at. `unavailable` is for the caller to fall back on the hot index. */
  async search(
    query: SearchQuery,
    filter: Filter,
    options: ColdSearchOptions,
  ): Promise<Outcome<ColdSearchAnswer> | Refusal> {
    const narrowed = narrowFilter(query, filter);
    const fault = unsupported(query);
    if (fault !== undefined) return fault;
    if (matchesNothing(narrowed)) return answered([], true, false);
    const bounded = { ...options, size: Math.min(options.size, SIZE_MAX) };
    let outcome = await searchChosen(this.door, this.choice, [narrowed], bodyOf(query, filter, bounded));
    let isWeaker = false;
    for (const body of weakerBodies(query, filter, bounded)) {
      if (outcome.type !== "answered" || outcome.isPartial || outcome.value.hits.length > 0) break;
      outcome = await searchChosen(this.door, this.choice, [narrowed], body);
      isWeaker = true;
    }
    const answer = read(outcome, bounded);
    return isWeaker && answer.type === "answered"
      ? { ...answer, value: { ...answer.value, isWeaker } }
      : answer;
  }

  /** How many events match; not gated but for what the options exclude. */
  async count(
    query: SearchQuery,
    filter: Filter,
    options: Omit<SearchBodyOptions, "size" | "relaxed">,
  ): Promise<Outcome<number> | Refusal> {
    const narrowed = narrowFilter(query, filter);
    const fault = unsupported(query);
    if (fault !== undefined) return fault;
    if (matchesNothing(narrowed)) return { type: "answered", value: 0, isPartial: false };
    const { query: matching } = bodyOf(query, filter, { ...options, size: 0 });
    const body = { size: 0, track_total_hits: true, query: matching };
    const outcome = await searchChosen(this.door, this.choice, [narrowed], body);
    return outcome.type === "answered" ? { ...outcome, value: outcome.value.total ?? 0 } : outcome;
  }
}

function bodyOf(query: SearchQuery, filter: Filter, options: SearchBodyOptions): Query {
  if (!isTypeahead(query, filter)) return searchBody(query, filter, options);
  const isProfiles = filter.kinds?.length === 1 && filter.kinds[0] === 0;
  return isProfiles && isPlainText(query) && query.sort === "relevance"
    ? typeaheadBody(query, filter, options)
    : searchBody(withOpenEnd(query), filter, options);
}

/** For when nothing has every word: words that go on, then most of the words. Made only when they are needed. */
function* weakerBodies(query: SearchQuery, filter: Filter, options: SearchBodyOptions): Generator<Query> {
  const [opened] = relaxations(query);
  if (opened !== undefined) yield searchBody(opened, filter, options);
  if (canRelax(query)) yield searchBody(query, filter, { ...options, relaxed: true });
}

function unsupported(query: SearchQuery): Refusal | undefined {
  const key = unindexedKey(query);
  if (key === undefined) return undefined;
  return refuse("unsupported", `this relay cannot search by ${key}; please leave it out`);
}

function read(outcome: Outcome<SearchAnswer>, options: ColdSearchOptions): Outcome<ColdSearchAnswer> {
  if (outcome.type !== "answered") return outcome;
  const { hits } = outcome.value;
  const top = Math.max(Number.MIN_VALUE, ...hits.map(({ _score }) => _score ?? 0));
  const candidates = hits
    .map((hit) => ({ seq: Number(hit.fields?.["seq"]?.[0] ?? 0), textScore: (hit._score ?? 0) / top }))
    .filter(({ seq }) => seq > 0 && seq <= options.upToSeq);
  return answered(candidates, hits.length < options.size, outcome.isPartial);
}

function answered(
  candidates: readonly ScoredSeq[],
  isAll: boolean,
  isPartial: boolean,
): Extract<Outcome<ColdSearchAnswer>, { type: "answered" }> {
  return { type: "answered", isPartial, value: { candidates, complete: isAll && !isPartial } };
}
