// A search of the hot store from end to end: candidates of the full-text index, their events, and the final order.

import { LRUCache } from "lru-cache";
import type { Hit, HotReader } from "../hot/contract.ts";
import type { Candidate, FulltextCount, FulltextOptions } from "../hot/fulltext-contract.ts";
import type { FulltextReader } from "../hot/fulltext-reader.ts";
import { authorKey } from "../hot/keys.ts";
import type { RankingFacts } from "../hot/ranking-facts.ts";
import { targetKey } from "../hot/engagement-columns.ts";
import { eventFromJson } from "../nostr/event.ts";
import { idOfJson, pubkeyOfJson } from "../nostr/event-json.ts";
import type { Filter } from "../nostr/filter.ts";
import { isAddressableKind, Kind } from "../nostr/kind.ts";
import { isRefusal, type Refusal } from "../nostr/reason.ts";
import { engagementScore, NO_ENGAGEMENT, targetOf } from "../search/engagement.ts";
import { dateOrder, needsCounters } from "../search/order.ts";
import { hasPositiveText, type SearchQuery } from "../search/query.ts";
import {
  askedOf,
  type Headline,
  headlineOf,
  type HitFacts,
  NO_HEADLINE,
  rank,
  rankable,
} from "../search/rank.ts";
import { mayHoldTitle } from "../search/text-of-event.ts";
import { HitTexts } from "./hit-texts.ts";

/** What an index of either store answers. */
export type ScoredSeq = Pick<Candidate, "seq" | "textScore">;

export interface RankedHits {
  /** Best first, at most as many as asked for. */
  readonly hits: readonly Hit[];
  /** False when more may match. */
  readonly complete: boolean;
  /** Did events that have left the store since they were indexed take the place of others? */
  readonly isThinned?: boolean;
}

export interface OrderedHits extends RankedHits {
  /** Candidates that the hot store does not hold, as far as it was asked for them. */
  readonly absent: readonly number[];
}

export interface RankedOptions extends FulltextOptions {
  /** Of the hits that are asked for, so many make the page that a person sees; the others are spare. */
  readonly pageSize: number;
}

export type OrderOptions = Pick<RankedOptions, "nowSeconds" | "upToSeq" | "limit" | "pageSize">;

/** Best text scores that are weighed for a page: beyond them only what people talk about comes into it. */
const BY_TEXT = 200;
/** More where the numbers of an index are weighed anew by trust, so that no crowd fills them all. */
const BY_COUNTERS = 300;
/** More are listed as the index ordered them. */
const RANKED_MAX = 600;
/** Titles and names that are kept, some 200 bytes each. */
const HEADLINES_MAX = 20_000;

/** How many candidates of an index a search needs, to put `limit` hits into their order. */
export function candidatesFor({ sort, options }: SearchQuery, limit: number): number {
  if (sort === "relevance") return Math.max(BY_TEXT, limit);
  // By date an index has the final order itself.
  return needsCounters(sort) || options.distinctAuthor ? Math.max(BY_COUNTERS, limit) : limit;
}

/** `distinct:author`. */
export function firstOfAuthors(hits: readonly Hit[]): readonly Hit[] {
  const seen = new Set<string>();
  return hits.filter(({ json }) => {
    const pubkey = pubkeyOfJson(json);
    if (seen.has(pubkey)) return false;
    seen.add(pubkey);
    return true;
  });
}

export class RankedSearch {
  private readonly fulltext: FulltextReader;
  private readonly reader: HotReader;
  private readonly headlines = new LRUCache<number, Headline>({ max: HEADLINES_MAX });

  constructor(fulltext: FulltextReader, reader: HotReader) {
    this.fulltext = fulltext;
    this.reader = reader;
  }

  search(query: SearchQuery, filter: Filter, options: RankedOptions): RankedHits | Refusal {
    const limit = candidatesFor(query, options.limit);
    // What nearly has the words is no news: another index looks for it among everything.
    const relax = options.fresh === undefined;
    const answer = this.fulltext.search(query, filter, { ...options, limit, relax });
    if (isRefusal(answer)) return answer;
    const weighed =
      options.fresh === undefined
        ? this.withTalkedAbout(query, filter, answer.candidates, options)
        : answer.candidates;
    const { hits, complete, absent } = this.arranged(query, filter, weighed, options);
    return { hits, complete: answer.complete && complete, isThinned: absent.length > 0 };
  }

  count(query: SearchQuery, filter: Filter, options: FulltextOptions): FulltextCount | Refusal {
    return this.fulltext.count(query, filter, options);
  }

  /** The final order of what an index found, OpenSearch as well as FTS5; events that have left are left out. */
  order(
    query: SearchQuery,
    filter: Filter,
    candidates: readonly ScoredSeq[],
    options: OrderOptions,
  ): OrderedHits {
    return this.arranged(query, filter, this.withTalkedAbout(query, filter, candidates, options), options);
  }

  /**
   * Where more match than are weighed, the text hardly tells them apart: shorter is better, and that is all. What people
   * did most with is weighed too then, as if the text were the last of those.
   */
  private withTalkedAbout(
    query: SearchQuery,
    filter: Filter,
    candidates: readonly ScoredSeq[],
    options: OrderOptions,
  ): readonly ScoredSeq[] {
    const isCrowded = candidates.length >= BY_TEXT && hasPositiveText(query.text);
    if (!isCrowded || query.sort !== "relevance") return candidates;
    const known = new Set(candidates.map(({ seq }) => seq));
    const { textScore } = candidates[BY_TEXT - 1]!;
    const others = this.fulltext.talkedAbout.matching(query, filter, options);
    const added = others.filter((seq) => !known.has(seq)).map((seq) => ({ seq, textScore }));
    return [...candidates, ...added];
  }

  private arranged(
    query: SearchQuery,
    filter: Filter,
    candidates: readonly ScoredSeq[],
    options: OrderOptions,
  ): OrderedHits {
    const texts = new HitTexts(this.reader);
    const seqs = candidates.map(({ seq }) => seq);
    const facts = this.fulltext.facts.of(seqs);
    texts.fetch(seqs.filter((seq) => !facts.has(seq)));
    const known = candidates.flatMap(({ seq, textScore }) => {
      const each = facts.get(seq) ?? this.factsOfText(texts.get(seq));
      return each === undefined ? [] : [{ seq, textScore, facts: each }];
    });
    const byDate = dateOrder(query.sort);
    // Candidates of two indexes are each in order, and not together.
    const ordered =
      byDate === undefined || query.options.distinctAuthor
        ? this.ranked(query, filter, known, texts, options)
        : known.toSorted((a, b) => byDate(a.facts, b.facts));
    const { hits, isAll } = texts.first(
      ordered.map(({ seq }) => seq),
      options.limit,
    );
    return { hits, complete: isAll, absent: seqs.filter((seq) => texts.isAbsent(seq)) };
  }

  private ranked(
    query: SearchQuery,
    filter: Filter,
    known: readonly KnownHit[],
    texts: HitTexts,
    { nowSeconds, pageSize }: OrderOptions,
  ): readonly KnownHit[] {
    const asked = askedOf(query);
    const weighed = known.slice(0, RANKED_MAX);
    const unread = weighed.filter(({ seq, facts }) => hasHeadline(facts) && !this.headlines.has(seq));
    texts.fetch(unread.map(({ seq }) => seq));
    const rankables = this.fulltext.engagement.snapshot(() =>
      weighed.map((hit) => {
        const { facts, textScore } = hit;
        const headline = hasHeadline(facts) ? this.headlineOf(texts, hit.seq) : NO_HEADLINE;
        const text = { ...facts, headline, json: () => texts.get(hit.seq)?.json };
        return rankable(hit, text, asked, { textScore, ...this.weightsOf(facts, query, nowSeconds) });
      }),
    );
    const ordered = rank(rankables, query, {
      nowSeconds,
      pageSize,
      fetch: (hits) => texts.fetch(hits.map(({ seq }) => seq)),
      mixAuthors:
        filter.authors === undefined && !query.conditions.some(namesAuthors) && query.lookups.length === 0,
    });
    const rest = query.options.distinctAuthor ? [] : known.slice(RANKED_MAX);
    return [...ordered.map(({ item }) => item), ...rest];
  }

  /** What is stored under a seq never changes, and what is found often is found by many words. */
  private headlineOf(texts: HitTexts, seq: number): Headline {
    const known = this.headlines.get(seq);
    if (known !== undefined) return known;
    const hit = texts.get(seq);
    if (hit === undefined) return NO_HEADLINE;
    const headline = headlineOf(eventFromJson(hit.json));
    this.headlines.set(seq, headline);
    return headline;
  }

  /** An order by what people did asks who they are; relevance weighs crowds so little that it need not. */
  private weightsOf(
    facts: RankingFacts,
    { sort }: SearchQuery,
    nowSeconds: number,
  ): Omit<HitFacts, "textScore"> {
    const { target, author, followers, fingerprint } = facts;
    const counts = needsCounters(sort)
      ? this.fulltext.trusted.counts(target, author, nowSeconds)
      : facts.counts;
    return {
      engagement: engagementScore(counts),
      answers: counts.replies + counts.quotes,
      reactions: counts.reactions + counts.downvotes,
      msats: counts.msats,
      followers,
      fingerprint,
    };
  }

  /** What the index would say of an event that it has not taken in yet. */
  private factsOfText(hit: Hit | undefined): RankingFacts | undefined {
    if (hit === undefined) return undefined;
    const { kind, createdAt, json } = hit;
    const { engagement } = this.fulltext;
    const pubkey = pubkeyOfJson(json);
    const target = isAddressableKind(kind) ? targetOf(eventFromJson(json)) : idOfJson(json);
    return {
      kind,
      createdAt,
      author: authorKey(pubkey),
      target: targetKey(target),
      mayHoldTitle: mayHoldTitle(json),
      fingerprint: undefined,
      counts: engagement.counts(target) ?? NO_ENGAGEMENT,
      followers: engagement.followers(pubkey),
    };
  }
}

interface KnownHit extends ScoredSeq {
  readonly facts: RankingFacts;
}

function hasHeadline({ kind, mayHoldTitle: titled }: RankingFacts): boolean {
  return titled || kind === Kind.metadata;
}

function namesAuthors(group: SearchQuery["conditions"][number]): boolean {
  return !group.negated && group.any.every((condition) => condition.type === "author");
}
