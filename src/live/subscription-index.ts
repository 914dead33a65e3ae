// Who might want this event: an inverted index from attributes to the filters that ask for them.

import type { NostrEvent } from "../nostr/event.ts";
import { type Filter, matchesNothing, type TagCondition } from "../nostr/filter.ts";
import { forEachIndexedTag } from "../nostr/tag.ts";
import type { Matcher } from "./matcher.ts";
import type { LiveSubscription } from "./subscription.ts";

interface Entry {
  readonly subscription: LiveSubscription;
  readonly matcher: Matcher;
  /** Taken out, though keys of it may still stand in a map. */
  isOver: boolean;
}

/** Most keys are asked for by one filter only: that needs no set. */
type Bucket = Entry | Set<Entry>;

/** Where one filter is filed: a map and the keys in it; a tag's keys are its name before each value. */
type Place =
  | { readonly by: "id" | "author"; readonly keys: readonly string[] }
  | { readonly by: "tag"; readonly name: string; readonly keys: readonly string[] }
  | { readonly by: "kind"; readonly keys: readonly number[] }
  | { readonly by: "rest" };

interface Filing {
  readonly entry: Entry;
  readonly place: Place;
  /** So many of the place's keys stand in the map. */
  filed: number;
}

/** Places of up to so many keys are filed and taken out at once, larger ones in slices of as many: about 0.3 ms. */
const SLICE_KEYS = 1000;
/** Keys that wait to be filed, and to be taken out, at most; beyond, it is done at once. */
const COMING_KEYS_MAX = 200_000;
const LEAVING_KEYS_MAX = 2_000_000;

/**
 * Each filter stands under its rarest attribute only: ids before the shorter of authors and tag values, before kinds,
 * before the rest. An event looks up its own id, author, tags and kind, so it meets each filter at most a few times, and
 * only filters that share a rare attribute with it.
 *
 * One REQ may name a hundred thousand values, and nobody else should wait until they are filed: until a large place is
 * complete, its filter is simply asked about every event.
 */
export class SubscriptionIndex {
  private readonly byId = new Map<string, Bucket>();
  private readonly byAuthor = new Map<string, Bucket>();
  private readonly byTag = new Map<string, Bucket>();
  private readonly byKind = new Map<number, Bucket>();
  private readonly rest = new Set<Entry>();
  private readonly filed = new Map<LiveSubscription, Filing[]>();
  /** Large places on their way into the maps, and out of them. */
  private readonly coming = new Set<Filing>();
  private readonly leaving = new Set<Filing>();
  private comingKeys = 0;
  private leavingKeys = 0;
  private isScheduled = false;
  private matchNumber = 0;

  /** Subscriptions filed here. */
  get size(): number {
    return this.filed.size;
  }

  /** Places that are not yet as they should be: 0 once everything is filed and everything old is out. */
  get unsettled(): number {
    return this.coming.size + this.leaving.size;
  }

  /** Keys in the maps. */
  get keys(): number {
    return this.byId.size + this.byAuthor.size + this.byTag.size + this.byKind.size;
  }

  add(subscription: LiveSubscription): void {
    const filings = subscription.matchers
      .filter((matcher) => !matchesNothing(matcher.filter))
      .map((matcher) => ({
        entry: { subscription, matcher, isOver: false },
        place: placeOf(matcher.filter),
        filed: 0,
      }));
    for (const filing of filings) {
      const keys = keysIn(filing.place);
      if (keys <= SLICE_KEYS || this.comingKeys > COMING_KEYS_MAX) {
        this.file(filing, keys);
      } else {
        this.comingKeys += keys;
        this.coming.add(filing);
      }
    }
    this.filed.set(subscription, filings);
    this.settleSoon();
  }

  remove(subscription: LiveSubscription): void {
    for (const filing of this.filed.get(subscription) ?? []) {
      filing.entry.isOver = true;
      this.arrived(filing);
      if (filing.filed <= SLICE_KEYS || this.leavingKeys > LEAVING_KEYS_MAX) {
        this.unfile(filing, filing.filed);
      } else {
        this.leavingKeys += filing.filed;
        this.leaving.add(filing);
      }
    }
    this.filed.delete(subscription);
    this.settleSoon();
  }

  has(subscription: LiveSubscription): boolean {
    return this.filed.has(subscription);
  }

  /** Calls back once for each subscription with a filter that matches. */
  forEachMatch(event: NostrEvent, visit: (subscription: LiveSubscription) => void): void {
    const matchNumber = ++this.matchNumber;
    const askOne = ({ subscription, matcher, isOver }: Entry): void => {
      if (isOver || subscription.lastMatched === matchNumber || !matcher.matches(event)) return;
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
    for (const { entry } of this.coming) askOne(entry);
  }

  private settleSoon(): void {
    if (this.isScheduled || this.unsettled === 0) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.settleSome();
      this.settleSoon();
    });
  }

  private arrived(filing: Filing): void {
    if (this.coming.delete(filing)) this.comingKeys -= keysIn(filing.place);
  }

  /** One slice, so that the sockets get their turn after it. */
  private settleSome(): void {
    for (const filing of this.coming) {
      this.file(filing, SLICE_KEYS);
      if (filing.filed === keysIn(filing.place)) this.arrived(filing);
      return;
    }
    for (const filing of this.leaving) {
      this.leavingKeys -= this.unfile(filing, SLICE_KEYS);
      if (filing.filed === 0) this.leaving.delete(filing);
      return;
    }
  }

  /** Files up to so many further keys. */
  private file(filing: Filing, count: number): void {
    const { entry, place } = filing;
    if (place.by === "rest") {
      this.rest.add(entry);
      return;
    }
    const end = Math.min(place.keys.length, filing.filed + count);
    for (let at = filing.filed; at < end; at++) addTo(this.mapOf(place), keyAt(place, at), entry);
    filing.filed = end;
  }

  /** Takes out up to so many keys and answers how many there were. */
  private unfile(filing: Filing, count: number): number {
    const { entry, place } = filing;
    if (place.by === "rest") {
      this.rest.delete(entry);
      return 0;
    }
    const before = filing.filed;
    filing.filed = Math.max(0, before - count);
    for (let at = filing.filed; at < before; at++) removeFrom(this.mapOf(place), keyAt(place, at), entry);
    return before - filing.filed;
  }

  private mapOf({ by }: KeyedPlace): Map<string | number, Bucket> {
    switch (by) {
      case "id":
        return this.byId as Map<string | number, Bucket>;
      case "author":
        return this.byAuthor as Map<string | number, Bucket>;
      case "tag":
        return this.byTag as Map<string | number, Bucket>;
      case "kind":
        return this.byKind as Map<string | number, Bucket>;
    }
  }
}

type KeyedPlace = Exclude<Place, { by: "rest" }>;

function keyAt(place: KeyedPlace, at: number): string | number {
  return place.by === "tag" ? place.name + place.keys[at]! : place.keys[at]!;
}

function keysIn(place: Place): number {
  return place.by === "rest" ? 1 : place.keys.length;
}

function placeOf(filter: Filter): Place {
  if (filter.ids !== undefined) return { by: "id", keys: filter.ids };
  const tag = rarestTag(filter.tags);
  const authors = filter.authors;
  if (tag !== undefined && (authors === undefined || tag.keys.length <= authors.length)) {
    return { by: "tag", ...tag };
  }
  if (authors !== undefined) return { by: "author", keys: authors };
  if (filter.kinds !== undefined) return { by: "kind", keys: filter.kinds };
  return { by: "rest" };
}

/** An AND condition needs one key only, since a matching event carries them all. */
function rarestTag(
  conditions: readonly TagCondition[],
): { name: string; keys: readonly string[] } | undefined {
  let best: { name: string; keys: readonly string[] } | undefined;
  for (const { name, mode, values } of conditions) {
    const keys = mode === "all" ? values.slice(0, 1) : values;
    if (best === undefined || keys.length < best.keys.length) best = { name, keys };
  }
  return best;
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
