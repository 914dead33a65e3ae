// Filters as OpenSearch queries: exact conditions that need no scoring.

import type { Filter, TagCondition } from "../nostr/filter.ts";
import { DATE_MAX } from "./document.ts";
import { tagTerm } from "./tag-values.ts";

export interface QueryLimits {
  /** Unix seconds; expired events are left out (NIP-40). */
  readonly nowSeconds: number;
  /** Kinds that may not be told of, counted or shown. */
  readonly excludedKinds?: readonly number[];
}

/** A query in the body of a search. */
export type Query = Record<string, unknown>;

/** Matches what the filter matches; `limit` and `search` are not looked at. */
export function filterQuery(filter: Filter, limits: QueryLimits): Query {
  const conditions: Query[] = [];
  if (filter.ids !== undefined) conditions.push({ terms: { id: filter.ids } });
  if (filter.authors !== undefined) conditions.push({ terms: { pubkey: filter.authors } });
  if (filter.kinds !== undefined) conditions.push({ terms: { kind: filter.kinds.map(String) } });
  for (const tag of filter.tags) conditions.push(...tagQueries(tag));
  const span = spanOf(filter);
  if (span !== undefined) conditions.push({ range: { created_at: span } });
  return { bool: { filter: conditions, must_not: exclusions(limits) } };
}

/** Matches what any of the filters matches: one event that two of them match counts once. */
export function anyFilterQuery(filters: readonly Filter[], limits: QueryLimits): Query {
  const [first, ...others] = filters;
  if (first !== undefined && others.length === 0) return filterQuery(first, limits);
  const should = filters.map((filter) => filterQuery(filter, limits));
  return { bool: { filter: [{ bool: { should, minimum_should_match: 1 } }] } };
}

/** Can a hit match the query and not the filter? Then whoever has its text must compare. */
export function isInexact(filter: Filter): boolean {
  const isHashed = (value: string): boolean => tagTerm(value) !== value || /^h:[0-9a-f]{64}$/.test(value);
  return (
    filter.tags.some((tag) => tag.values.some(isHashed)) ||
    (filter.since ?? 0) >= DATE_MAX ||
    (filter.until !== undefined && filter.until >= DATE_MAX)
  );
}

/**
 * What must not be shown of any answer. The second is floored to a minute, so that the query stays the same for a while
 * and OpenSearch can keep its result; whoever sends the events looks at the exact second.
 */
export function exclusions(limits: QueryLimits): Query[] {
  const minute = Math.floor(limits.nowSeconds / 60) * 60;
  const excluded: Query[] = [{ range: { exp: { lte: minute } } }];
  if (limits.excludedKinds !== undefined && limits.excludedKinds.length > 0) {
    excluded.push({ terms: { kind: limits.excludedKinds.map(String) } });
  }
  return excluded;
}

function tagQueries(tag: TagCondition): Query[] {
  const field = `t.${tag.name}`;
  const terms = tag.values.map(tagTerm);
  if (tag.mode === "any") return [{ terms: { [field]: terms } }];
  return terms.map((term) => ({ term: { [field]: term } }));
}

/** Dates stand in the index up to year 9999; later ones all as its last second. */
function spanOf(filter: Filter): Query | undefined {
  const span: Query = {};
  if (filter.since !== undefined && filter.since > 0) span["gte"] = Math.min(filter.since, DATE_MAX);
  if (filter.until !== undefined && filter.until < DATE_MAX) span["lte"] = filter.until;
  return Object.keys(span).length === 0 ? undefined : span;
}
