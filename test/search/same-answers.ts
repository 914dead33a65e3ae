// Compares, search by search, what is found among stored events with what would be let through live.

import { expect } from "bun:test";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { type Filter, matchesFilter } from "../../src/nostr/filter.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import { createSearchMatcher } from "../../src/query/search-matcher.ts";
import type { RandomSearches } from "./random-searches.ts";

export interface Comparison {
  readonly searches: RandomSearches;
  /** How many searches; what the parser refuses counts. */
  readonly rounds: number;
  readonly nowSeconds: number;
  /** Everything that is stored. */
  readonly standing: readonly NostrEvent[];
  /** Filters beside the search, which takes turns with them. */
  readonly filters: readonly Partial<Filter>[];
  /** Ids of what the store finds, in any order. */
  readonly found: (search: string, filter: Filter) => Promise<readonly string[]> | readonly string[];
}

/** Fails at the first difference. */
export async function expectSameAnswers(comparison: Comparison): Promise<void> {
  const { searches, rounds, nowSeconds, standing, filters, found } = comparison;
  const matcherOf = createSearchMatcher(() => nowSeconds, { languages: false, sentiments: false });
  const texts = standing.map(({ content }) => content);
  const contentOf = new Map(standing.map(({ id, content }) => [id, content]));
  let hits = 0;
  for (let round = 0; round < rounds; round++) {
    const search = searches.search(texts);
    const filter: Filter = { tags: [], search, ...filters[round % filters.length] };
    const isLive = matcherOf(filter);
    if (isRefusal(isLive)) continue;
    const live = standing.filter((event) => matchesFilter(filter, event) && isLive(event));
    const stored = new Set(await found(search, filter));
    const onlyLive = live.filter(({ id }) => !stored.has(id)).map(({ content }) => content);
    for (const { id } of live) stored.delete(id);
    const onlyStored = [...stored].map((id) => contentOf.get(id));
    expect({ filter, onlyLive, onlyStored }).toEqual({ filter, onlyLive: [], onlyStored: [] });
    hits += live.length;
  }
  expect(hits).toBeGreaterThan(rounds);
}
