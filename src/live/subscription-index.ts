// Who might want this event: an inverted index from attributes to the filters that ask for them.

import type { NostrEvent } from "../nostr/event.ts";
import { type Filter, matchesNothing, type TagCondition } from "../nostr/filter.ts";
import { forEachIndexedTag } from "../nostr/tag.ts";
import type { Matcher } from "./matcher.ts";
import type { LiveSubscription } from "./subscription.ts";

interface Entry {
  readonly subscription: LiveSubscription;
  readonly matcher: Matcher;
}

/** Most keys are asked for by one filter only: that needs no set. */
type Bucket = Entry | Set<Entry>;

/** Where one filter is filed: a map and the keys in it. */
type Place =
  | { readonly by: "id" | "author" | "tag"; readonly keys: readonly string[] }
  | { readonly by: "kind"; readonly keys: readonly number[] }
  | { readonly by: "rest" };

/**
 * Each filter stands under its rarest attribute only: ids before the shorter of authors and tag values, before kinds,
 * before the rest. An event looks up its own id, author, tags and kind, so it meets each filter at most a few times, and
 * only filters that share a rare attribute with it.
 */
export class SubscriptionIndex {
  private readonly byId = new Map<string, Bucket>();
  private readonly byAuthor = new Map<string, Bucket>();
  private readonly byTag = new Map<string, Bucket>();
  private readonly byKind = new Map<number, Bucket>();
  private readonly rest = new Set<Entry>();
  private readonly filed = new Map<LiveSubscription, { entry: Entry; place: Place }[]>();
  private matchNumber = 0;

  /** Subscriptions filed here. */
  get size(): number {
    return this.filed.size;
  }

  add(subscription: LiveSubscription): void {
    const filings = subscription.matchers
      .filter((matcher) => !matchesNothing(matcher.filter))
      .map((matcher) => ({
        entry: { subscription, matcher },
        place: placeOf(matcher.filter),
      }));
    for (const { entry, place } of filings) this.file(entry, place);
    this.filed.set(subscription, filings);
  }

  remove(subscription: LiveSubscription): void {
    for (const { entry, place } of this.filed.get(subscription) ?? []) this.unfile(entry, place);
    this.filed.delete(subscription);
  }

  has(subscription: LiveSubscription): boolean {
    return this.filed.has(subscription);
  }

  /** Calls back once for each subscription with a filter that matches. */
  forEachMatch(event: NostrEvent, visit: (subscription: LiveSubscription) => void): void {
    const matchNumber = ++this.matchNumber;
    const askOne = ({ subscription, matcher }: Entry): void => {
      if (subscription.lastMatched === matchNumber || !matcher.matches(event)) return;
      subscription.lastMatched = matchNumber;
      visit(subscription);
    };
    const ask = (bucket: Bucket | undefined): void => {
      if (bucket === undefined) return;
      if (bucket instanceof Set) for (const entry of bucket) askOne(entry);
      else askOne(bucket);
    };
    if (this.byId.size > 0) ask(this.byId.get(event.id));
    if (this.byAuthor.size > 0) ask(this.byAuthor.get(event.pubkey));
    if (this.byTag.size > 0) forEachIndexedTag(event, (name, value) => ask(this.byTag.get(name + value)));
    if (this.byKind.size > 0) ask(this.byKind.get(event.kind));
    ask(this.rest);
  }

  private file(entry: Entry, place: Place): void {
    switch (place.by) {
      case "rest":
        this.rest.add(entry);
        return;
      case "kind":
        for (const key of place.keys) addTo(this.byKind, key, entry);
        return;
      default:
        for (const key of place.keys) addTo(this.mapOf(place.by), key, entry);
    }
  }

  private unfile(entry: Entry, place: Place): void {
    switch (place.by) {
      case "rest":
        this.rest.delete(entry);
        return;
      case "kind":
        for (const key of place.keys) removeFrom(this.byKind, key, entry);
        return;
      default:
        for (const key of place.keys) removeFrom(this.mapOf(place.by), key, entry);
    }
  }

  private mapOf(by: "id" | "author" | "tag"): Map<string, Bucket> {
    return by === "id" ? this.byId : by === "author" ? this.byAuthor : this.byTag;
  }
}

function placeOf(filter: Filter): Place {
  if (filter.ids !== undefined) return { by: "id", keys: filter.ids };
  const tagKeys = rarestTagKeys(filter.tags);
  const authors = filter.authors;
  if (tagKeys !== undefined && (authors === undefined || tagKeys.length <= authors.length)) {
    return { by: "tag", keys: tagKeys };
  }
  if (authors !== undefined) return { by: "author", keys: authors };
  if (filter.kinds !== undefined) return { by: "kind", keys: filter.kinds };
  return { by: "rest" };
}

/** An AND condition needs one key only, since a matching event carries them all. */
function rarestTagKeys(conditions: readonly TagCondition[]): string[] | undefined {
  let best: string[] | undefined;
  for (const { name, mode, values } of conditions) {
    const keys = mode === "all" ? [name + values[0]!] : values.map((value) => name + value);
    if (best === undefined || keys.length < best.length) best = keys;
  }
  return best;
}

/** How many index keys a subscription with these filters takes: what its bound counts. */
export function indexKeysOf(filters: readonly Filter[]): number {
  let total = 0;
  for (const filter of filters) {
    const place = placeOf(filter);
    total += place.by === "rest" ? 1 : place.keys.length;
  }
  return total;
}

function addTo<K>(map: Map<K, Bucket>, key: K, entry: Entry): void {
  const bucket = map.get(key);
  if (bucket === undefined) map.set(key, entry);
  else if (bucket instanceof Set) bucket.add(entry);
  else map.set(key, new Set([bucket, entry]));
}

function removeFrom<K>(map: Map<K, Bucket>, key: K, entry: Entry): void {
  const bucket = map.get(key);
  if (bucket === entry) map.delete(key);
  if (!(bucket instanceof Set)) return;
  bucket.delete(entry);
  if (bucket.size === 0) map.delete(key);
}
