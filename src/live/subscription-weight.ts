// What an open subscription takes: the values that it holds in memory, and its search, which every new event is asked about.

import type { Filter } from "../nostr/filter.ts";

/** Characters of one value: an id or a key. Longer ones count as several. */
const VALUE_CHARACTERS = 64;
/** A search takes some kilobytes, and an event some microseconds: a thousand times what a value does. */
const SEARCH_VALUES = 1000;

/** In values; at least one for each filter. What is held counts, whichever of it the index stands on. */
export function weightOf(filters: readonly Filter[]): number {
  return filters.reduce((total, filter) => total + weightOfFilter(filter), 0);
}

function weightOfFilter({ ids, authors, kinds, tags, search }: Filter): number {
  let weight = 1 + (ids?.length ?? 0) + (authors?.length ?? 0) + (kinds?.length ?? 0);
  for (const { values } of tags)
    for (const value of values) weight += Math.max(1, Math.ceil(value.length / VALUE_CHARACTERS));
  return search === undefined ? weight : weight + SEARCH_VALUES;
}
