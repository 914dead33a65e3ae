// The part of a search that a plain filter can express, so that the indexes of filters serve it.

import type { Filter } from "../nostr/filter.ts";
import { identifierOf } from "../nostr/address.ts";
import type { NostrEvent } from "../nostr/event.ts";
import { isReplaceableKind, Kind } from "../nostr/kind.ts";
import {
  type Condition,
  type ConditionGroup,
  conditionsOf,
  type Lookup,
  type SearchQuery,
  withOpenEnd,
} from "./query.ts";
import { isSearchableKind } from "./text-of-event.ts";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The filter with kinds, authors, since and until of the query in it. Every event that meets both meets this. */
export function narrowFilter(query: SearchQuery, filter: Filter): Filter {
  const narrowed: Mutable<Filter> = { ...filter };
  delete narrowed.search;
  for (const group of query.conditions) if (!group.negated) narrow(narrowed, group);
  return narrowed;
}

/** Filters whose matches together are what the lookups name, each within `filter`. */
export function lookupFilters(lookups: readonly Lookup[], filter: Filter): Filter[] {
  return lookups.flatMap((lookup): Filter[] => {
    switch (lookup.type) {
      case "pubkey":
        return [withAuthors(filter, [lookup.pubkey])];
      case "event":
        return [withIds(filter, lookup.id)];
      case "hex":
        return [withIds(filter, lookup.value), withAuthors(filter, [lookup.value])];
      case "address": {
        const { kind, pubkey } = lookup.address;
        return [withKinds(withAuthors(filter, [pubkey]), [kind])];
      }
    }
  });
}

export function isLookedUp(lookup: Lookup, event: NostrEvent): boolean {
  switch (lookup.type) {
    case "pubkey":
      return event.pubkey === lookup.pubkey;
    case "event":
      return event.id === lookup.id;
    case "hex":
      return event.id === lookup.value || event.pubkey === lookup.value;
    case "address": {
      const { kind, pubkey, identifier } = lookup.address;
      if (event.kind !== kind || event.pubkey !== pubkey) return false;
      // Of a replaceable kind there is one, whatever its tags say.
      return isReplaceableKind(kind) || identifierOf(event) === identifier;
    }
  }
}

/**
 * Kinds without a text (bookkeeping such as deletion requests, and what is private) are no answer to a search unless it
 * asks for them: by their kind, by ids, or by a pasted identifier. `from:` alone means what somebody wrote.
 */
export function mayBeHit(query: SearchQuery, filter: Filter, event: NostrEvent): boolean {
  return isSearchableKind(event.kind) || namesEvents(query, filter) || isPasted(query, event);
}

/** Does it say by kind or by id which events it wants? */
export function namesEvents({ conditions }: SearchQuery, filter: Filter): boolean {
  const isKind = ({ any, negated }: ConditionGroup): boolean =>
    !negated && any.every(({ type }) => type === "kind");
  return filter.kinds !== undefined || filter.ids !== undefined || conditions.some(isKind);
}

/** Identifiers in it that stand for one event each. */
export function pastedEvents(query: SearchQuery): Lookup[] {
  const inText = conditionsOf(query).flatMap((each) => (each.type === "lookup" ? [each.lookup] : []));
  return [...query.lookups, ...inText].filter(({ type }) => type !== "pubkey");
}

function isPasted(query: SearchQuery, event: NostrEvent): boolean {
  return pastedEvents(query).some((lookup) =>
    lookup.type === "hex" ? event.id === lookup.value : isLookedUp(lookup, event),
  );
}

/** A search among profiles alone is somebody typing a name, unless the client says otherwise. */
export function isTypeahead(query: SearchQuery, filter: Filter): boolean {
  return query.options.autocomplete ?? (filter.kinds?.length === 1 && filter.kinds[0] === Kind.metadata);
}

/** The query as this filter means it: with an open end where somebody is still typing. */
export function asAsked(query: SearchQuery, filter: Filter): SearchQuery {
  return isTypeahead(query, filter) ? withOpenEnd(query) : query;
}

function narrow(filter: Mutable<Filter>, { any }: ConditionGroup): void {
  const kinds = all(any, (each) => (each.type === "kind" ? each.kind : undefined));
  if (kinds !== undefined) Object.assign(filter, withKinds(filter, kinds));
  const authors = all(any, (each) => (each.type === "author" ? each.pubkey : undefined));
  if (authors !== undefined) Object.assign(filter, withAuthors(filter, authors));
  const only = any.length === 1 ? any[0]! : undefined;
  if (only?.type === "since") filter.since = Math.max(filter.since ?? 0, only.seconds);
  if (only?.type === "until") filter.until = Math.min(filter.until ?? Number.MAX_SAFE_INTEGER, only.seconds);
}

function all<T>(any: readonly Condition[], read: (condition: Condition) => T | undefined): T[] | undefined {
  const values = any.map(read).filter((value) => value !== undefined);
  return values.length === any.length ? values : undefined;
}

function withKinds(filter: Filter, kinds: readonly number[]): Filter {
  return { ...filter, kinds: intersect(filter.kinds, kinds) };
}

function withAuthors(filter: Filter, authors: readonly string[]): Filter {
  return { ...filter, authors: intersect(filter.authors, authors) };
}

function withIds(filter: Filter, id: string): Filter {
  return { ...filter, ids: intersect(filter.ids, [id]) };
}

function intersect<T>(held: readonly T[] | undefined, wanted: readonly T[]): readonly T[] {
  const unique = [...new Set(wanted)];
  return held === undefined ? unique : unique.filter((value) => held.includes(value));
}
