// A filter prepared for being asked about many events: lists become sets where that pays.

import type { NostrEvent } from "../nostr/event.ts";
import { type Filter, matchesNothing, matchesTags } from "../nostr/filter.ts";

/** Lists up to this length are faster to walk than to hash. */
const WALKED_LIST_MAX = 8;
/** A long list is walked so often before a set of it is made: most filters are never asked so often. */
const WALKS_MAX = 16;

export interface Matcher {
  readonly filter: Filter;
  matches(event: NostrEvent): boolean;
}

/** Same meaning as matchesFilter. `matchesSearch`, where the filter has a search text, decides that part. */
export function prepareMatcher(filter: Filter, matchesSearch?: (event: NostrEvent) => boolean): Matcher {
  if (matchesNothing(filter)) return { filter, matches: () => false };
  const hasId = membership(filter.ids);
  const hasAuthor = membership(filter.authors);
  const hasKind = membership(filter.kinds);
  const { since = 0, until = Number.POSITIVE_INFINITY, tags } = filter;
  return {
    filter,
    matches: (event) =>
      hasKind(event.kind) &&
      hasAuthor(event.pubkey) &&
      event.created_at >= since &&
      event.created_at <= until &&
      hasId(event.id) &&
      tags.every((condition) => matchesTags(condition, event)) &&
      (matchesSearch === undefined || matchesSearch(event)),
  };
}

function membership<T>(values: readonly T[] | undefined): (value: T) => boolean {
  if (values === undefined) return () => true;
  if (values.length === 1) return (value) => value === values[0];
  if (values.length <= WALKED_LIST_MAX) return (value) => values.includes(value);
  let walks = 0;
  let set: Set<T> | undefined;
  return (value) => {
    if (set !== undefined) return set.has(value);
    if (walks++ < WALKS_MAX) return values.includes(value);
    set = new Set(values);
    return set.has(value);
  };
}
