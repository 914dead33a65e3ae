// The final order of search hits: the text score of whichever index found them, weighed with what the relay knows itself.

import { eventFromJson, type NostrEvent } from "../nostr/event.ts";
import { Kind } from "../nostr/kind.ts";
import { type Fingerprint, fingerprintOfText, isNearDuplicate } from "./near-duplicate.ts";
import { needsCounters, type OrderFacts, orderKey } from "./order.ts";
import { type Match, positiveMatches, type SearchQuery } from "./query.ts";
import { occurrences } from "./score.ts";
import { profileFields, textOfEvent, titleOfEvent } from "./text-of-event.ts";
import { fold, tokenise } from "./tokenise.ts";

/** What the relay knows of a hit beside its text. */
export interface HitFacts extends Omit<OrderFacts, "createdAt" | "isProfile"> {
  /** Undefined where no index has it: it is then taken from the text when it is asked for. */
  readonly fingerprint?: Fingerprint | undefined;
}

/** A hit ready to be ranked; `item` is whatever the caller wants back. */
export interface Rankable<Item> extends OrderFacts {
  readonly item: Item;
  readonly author: number;
  /** Taken when it is first asked for: only hits that may come onto the page are compared. */
  readonly fingerprint: () => Fingerprint;
  /** All words of the query stand together in it. */
  readonly isPhrase: () => boolean;
  /** How much of the query its title says, 0 to 1. */
  readonly titleMatch: number;
  /** How well a profile's names answer the query; 0 for everything else. */
  readonly nameMatch: number;
}

export interface RankOptions<Item> {
  readonly nowSeconds: number;
  /** Hits of one page: within it nobody has more than three. */
  readonly pageSize: number;
  /** False when the client asked for certain authors itself. */
  readonly mixAuthors: boolean;
  /** Told what will be read next: many texts at once cost less than one after another. */
  readonly fetch?: (items: readonly Item[]) => void;
}

const PER_AUTHOR_MAX = 3;
/** Repetitions and further hits of an author leave a page, and what comes after moves up. */
const PHRASE_PAGES = 2;

/** What each sign of quality adds to a text score of 0 to 1. */
const WEIGHT = { phrase: 0.2, title: 0.3, recency: 0.2, engagement: 0.35, trust: 0.15 } as const;
const TITLE_AS_TEXT = 0.8;
const RECENCY_HALF_LIFE_DAYS = 30;
/** Where engagement and followers stop counting further; on a logarithm, so that a bought hundred weighs little more. */
const ENGAGEMENT_PIVOT = 200;
const FOLLOWERS_PIVOT = 10_000;

const NAME = { exact: 3, nip05: 2, prefix: 1, word: 0.5 } as const;

/** Stands for an event that went while it was ranked: nothing is found in it. */
const GONE: NostrEvent = {
  id: "",
  pubkey: "",
  created_at: 0,
  kind: Kind.note,
  tags: [],
  content: "",
  sig: "",
};

/** What ranking looks at of a query, taken from it once for all hits. */
export interface Asked {
  readonly matches: readonly Match[];
  /** All of its words, one after another; undefined where there is no such thing. */
  readonly phrase: Match | undefined;
  /** As the name of somebody. */
  readonly name: string;
}

export function askedOf(query: SearchQuery): Asked {
  const matches = positiveMatches(query.text);
  return {
    matches,
    phrase: phraseOf(query),
    name: fold(matches.map(({ written }) => written).join(" ")).replace(/^@/, ""),
  };
}

function phraseOf({ text }: SearchQuery): Match | undefined {
  const matches = positiveMatches(text);
  if (matches.length < 2 || text?.type !== "and") return undefined;
  const tokens = matches.flatMap((match) => match.tokens);
  return { type: "match", written: "", tokens, phrase: true, prefix: matches.at(-1)!.prefix };
}

/** What an event is called. */
export interface Headline {
  /** In tokens; empty for most. */
  readonly title: readonly string[];
  /** Of a profile. */
  readonly names: ProfileNames | undefined;
}

interface ProfileNames {
  /** Folded. */
  readonly names: readonly string[];
  readonly nip05: string;
  readonly words: readonly string[];
}

export const NO_HEADLINE: Headline = { title: [], names: undefined };

export function headlineOf(event: NostrEvent): Headline {
  if (event.kind !== Kind.metadata) return { title: tokenise(titleOfEvent(event)), names: undefined };
  const profile = profileFields(event.content);
  if (profile === undefined) return NO_HEADLINE;
  const names = [profile.name, profile.displayName].map((name) => fold(name).trim()).filter(Boolean);
  const nip05 = fold(profile.nip05).replace(/^_@/, "");
  return { title: [], names: { names, nip05, words: names.flatMap((name) => tokenise(name)) } };
}

/** A hit by what is known without its text, and the text. */
export interface RankedText {
  readonly kind: number;
  readonly createdAt: number;
  /** A number that all events of one author share. */
  readonly author: number;
  readonly headline: Headline;
  /** A text of eventJson(); undefined for an event that has just gone. */
  readonly json: () => string | undefined;
}

/**
 * Fetching texts and taking them apart is what ranking costs, and most hits need it for neither phrase nor page: it waits
 * until asked.
 */
export function rankable<Item>(
  item: Item,
  { kind, createdAt, author, headline, json }: RankedText,
  asked: Asked,
  facts: HitFacts,
): Rankable<Item> {
  const isProfile = kind === Kind.metadata;
  const event = once(() => eventOf(json()));
  const fields = once(() => [headline.title, tokenise(textOfEvent(event()).body)] as const);
  const { phrase } = asked;
  return {
    ...facts,
    item,
    author,
    createdAt,
    isProfile,
    fingerprint: once(() => facts.fingerprint ?? fingerprintOfText(event(), ...fields())),
    isPhrase: once(() => phrase !== undefined && fields().some((field) => occurrences(field, phrase) > 0)),
    titleMatch: titleMatch(asked, headline.title),
    nameMatch: headline.names === undefined ? 0 : nameMatch(headline.names, asked),
  };
}

/**
 * Best first. Repetitions of a text, and what an author has beyond three on a page, come after everything else;
 * nothing is lost but the further hits of an author under `distinct:author`.
 */
export function rank<Item>(
  hits: readonly Rankable<Item>[],
  query: SearchQuery,
  options: RankOptions<Item>,
): Rankable<Item>[] {
  const isMixed = hits.some((hit) => !hit.isProfile);
  const scored = hits.map((hit) => ({ hit, score: scoreOf(hit, query, isMixed, options.nowSeconds) }));
  if (isByRelevance(query) && phraseOf(query) !== undefined) addPhrases(scored, options);
  scored.sort(
    (a, b) => b.score - a.score || b.hit.createdAt - a.hit.createdAt || a.hit.author - b.hit.author,
  );
  const ordered = scored.map(({ hit }) => hit);
  if (query.options.distinctAuthor) return oneForEachAuthor(ordered);
  return isByTime(query) ? ordered : spread(ordered, options);
}

interface Scored<Item> {
  readonly hit: Rankable<Item>;
  score: number;
}

/** Looks for the phrase only in what it would lift onto the first pages: nobody sees the order of the rest. */
function addPhrases<Item>(scored: readonly Scored<Item>[], { pageSize, fetch }: RankOptions<Item>): void {
  const scores = scored.map(({ score }) => score).sort((a, b) => b - a);
  const worstShown = scores[PHRASE_PAGES * pageSize - 1] ?? Number.NEGATIVE_INFINITY;
  const liftable = scored.filter(({ hit, score }) => !hit.isProfile && score + WEIGHT.phrase >= worstShown);
  fetch?.(liftable.map(({ hit }) => hit.item));
  for (const each of liftable) if (each.hit.isPhrase()) each.score += WEIGHT.phrase;
}

function isByRelevance({ sort }: SearchQuery): boolean {
  return sort === "relevance";
}

function isByTime({ sort }: SearchQuery): boolean {
  return sort === "recent" || sort === "old";
}

function scoreOf(hit: Rankable<unknown>, query: SearchQuery, isMixed: boolean, nowSeconds: number): number {
  if (isByTime(query) || needsCounters(query.sort)) return orderKey(query.sort, hit, nowSeconds);
  const trust = saturate(hit.followers, FOLLOWERS_PIVOT);
  if (hit.isProfile) {
    // Exact name, then NIP-05, then prefix; among equals the one that people follow. Beside notes a profile weighs half.
    const score = hit.nameMatch + 0.4 * trust + 0.09 * hit.textScore;
    return isMixed ? score / 2 : score;
  }
  const ageDays = Math.max(0, nowSeconds - hit.createdAt) / 86_400;
  // An index weighs words by the length of everything: a long article is found by its title all the same.
  const text = Math.max(hit.textScore, TITLE_AS_TEXT * hit.titleMatch);
  return (
    text +
    WEIGHT.title * hit.titleMatch +
    WEIGHT.recency * 0.5 ** (ageDays / RECENCY_HALF_LIFE_DAYS) +
    WEIGHT.engagement * saturate(hit.engagement, ENGAGEMENT_PIVOT) +
    WEIGHT.trust * trust
  );
}

/** 0 for nothing, 1 from `pivot` on. */
function saturate(value: number, pivot: number): number {
  return Math.min(1, Math.log1p(Math.max(0, value)) / Math.log1p(pivot));
}

function oneForEachAuthor<Item>(hits: readonly Rankable<Item>[]): Rankable<Item>[] {
  const seen = new Set<number>();
  return hits.filter(({ author }) => !seen.has(author) && seen.add(author));
}

function spread<Item>(
  hits: readonly Rankable<Item>[],
  { pageSize, mixAuthors }: RankOptions<Item>,
): Rankable<Item>[] {
  const shown: Rankable<Item>[] = [];
  const later: Rankable<Item>[] = [];
  const ofAuthor = new Map<number, number>();
  for (const hit of hits) {
    const times = ofAuthor.get(hit.author) ?? 0;
    const isOnPage = shown.length < pageSize;
    const isTooMany = mixAuthors && times >= PER_AUTHOR_MAX;
    if (
      isOnPage &&
      (isTooMany || shown.some((other) => isNearDuplicate(other.fingerprint(), hit.fingerprint())))
    )
      later.push(hit);
    else {
      shown.push(hit);
      ofAuthor.set(hit.author, times + 1);
    }
  }
  return [...shown, ...later];
}

function eventOf(json: string | undefined): NostrEvent {
  return json === undefined ? GONE : eventFromJson(json);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function titleMatch({ matches }: Asked, title: readonly string[]): number {
  if (matches.length === 0 || title.length === 0) return 0;
  return matches.filter((match) => occurrences(title, match) > 0).length / matches.length;
}

function nameMatch({ names, nip05, words }: ProfileNames, { matches, name: asked }: Asked): number {
  if (matches.length === 0) return 0;
  if (names.includes(asked)) return NAME.exact;
  if (nip05 !== "" && (nip05 === asked || nip05.startsWith(`${asked}@`))) return NAME.nip05;
  if (names.some((name) => name.startsWith(asked)) || nip05.startsWith(asked)) return NAME.prefix;
  return matches.every((match) => occurrences(words, { ...match, prefix: true }) > 0) ? NAME.word : 0;
}
