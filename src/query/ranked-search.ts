// A search of the hot store from end to end: candidates of the full-text index, their events, and the final order.

import type { Hit, HotReader } from "../hot/contract.ts";
import type { Candidate, FulltextCount, FulltextOptions } from "../hot/fulltext-contract.ts";
import type { FulltextReader } from "../hot/fulltext-reader.ts";
import type { RankingFacts } from "../hot/ranking-facts.ts";
import { eventFromJson } from "../nostr/event.ts";
import { idOfJson, pubkeyOfJson } from "../nostr/event-json.ts";
import type { Filter } from "../nostr/filter.ts";
import { isAddressableKind } from "../nostr/kind.ts";
import { isRefusal, type Refusal } from "../nostr/reason.ts";
import { type Engagement, engagementScore, NO_ENGAGEMENT, targetOf } from "../search/engagement.ts";
import { needsCounters } from "../search/order.ts";
import type { SearchQuery } from "../search/query.ts";
import { askedOf, type HitFacts, rank, rankable } from "../search/rank.ts";

/** What an index of either store answers. */
export type ScoredSeq = Pick<Candidate, "seq" | "textScore">;

export interface RankedHits {
  /** Best first, at most as many as asked for. */
  readonly hits: readonly Hit[];
  /** False when more may match. */
  readonly complete: boolean;
}

export interface RankedOptions extends FulltextOptions {
  /** Of the hits that are asked for, so many make the page that a person sees; the others are spare. */
  readonly pageSize: number;
}

/** Candidates that are weighed for a page: what the text score puts further back does not come into it. */
const CANDIDATES_MIN = 300;
/** More are listed as the index ordered them. */
const RANKED_MAX = 600;

export class RankedSearch {
  private readonly fulltext: FulltextReader;
  private readonly reader: HotReader;

  constructor(fulltext: FulltextReader, reader: HotReader) {
    this.fulltext = fulltext;
    this.reader = reader;
  }

  search(query: SearchQuery, filter: Filter, options: RankedOptions): RankedHits | Refusal {
    const limit = Math.max(CANDIDATES_MIN, options.limit);
    // What nearly has the words is no news: another index looks for it among everything.
    const relax = options.fresh === undefined;
    const answer = this.fulltext.search(query, filter, { ...options, limit, relax });
    if (isRefusal(answer)) return answer;
    const hits = this.order(query, filter, answer.candidates, options);
    return { hits: hits.slice(0, options.limit), complete: answer.complete && hits.length <= options.limit };
  }

  count(query: SearchQuery, filter: Filter, options: FulltextOptions): FulltextCount | Refusal {
    return this.fulltext.count(query, filter, options);
  }

  /** The final order of what an index found, OpenSearch as well as FTS5; events that have left are left out. */
  order(
    query: SearchQuery,
    filter: Filter,
    candidates: readonly ScoredSeq[],
    options: Pick<RankedOptions, "nowSeconds" | "pageSize">,
  ): Hit[] {
    const seqs = candidates.map(({ seq }) => seq);
    const found = new Map(this.reader.getMany(seqs).map((hit) => [hit.seq, hit]));
    const stored = candidates.flatMap((candidate) => {
      const hit = found.get(candidate.seq);
      return hit === undefined ? [] : [{ hit, textScore: candidate.textScore }];
    });
    const isByTime = query.sort === "recent" || query.sort === "old";
    if (isByTime && !query.options.distinctAuthor) return stored.map(({ hit }) => hit);
    const asked = askedOf(query);
    const ranked = this.fulltext.engagement.snapshot(() => {
      const weighed = stored.slice(0, RANKED_MAX);
      const facts = this.fulltext.facts.of(weighed.map(({ hit }) => hit.seq));
      return weighed.map(({ hit, textScore }) =>
        rankable(hit, hit, asked, {
          textScore,
          ...this.factsOf(hit, facts.get(hit.seq), query, options.nowSeconds),
        }),
      );
    });
    const ordered = rank(ranked, query, {
      nowSeconds: options.nowSeconds,
      pageSize: options.pageSize,
      mixAuthors:
        filter.authors === undefined && !query.conditions.some(namesAuthors) && query.lookups.length === 0,
    });
    const rest = query.options.distinctAuthor ? [] : stored.slice(RANKED_MAX);
    return [...ordered.map(({ item }) => item), ...rest.map(({ hit }) => hit)];
  }

  /** An order by what people did asks who they are; relevance weighs crowds so little that it need not. */
  private factsOf(
    hit: Hit,
    known: RankingFacts | undefined,
    { sort }: SearchQuery,
    nowSeconds: number,
  ): Omit<HitFacts, "textScore"> {
    const { engagement, trusted } = this.fulltext;
    const pubkey = pubkeyOfJson(hit.json);
    const counts = needsCounters(sort)
      ? trusted.counts(targetOfHit(hit), pubkey, nowSeconds)
      : known === undefined
        ? (engagement.counts(targetOfHit(hit)) ?? NO_ENGAGEMENT)
        : countsOf(hit, known);
    return {
      engagement: engagementScore(counts),
      answers: counts.replies + counts.quotes,
      reactions: counts.reactions + counts.downvotes,
      msats: counts.msats,
      followers: known?.followers ?? engagement.followers(pubkey),
      fingerprint: known?.fingerprint,
    };
  }
}

/** Keys are short, and an event may have been made to share one. */
function countsOf(hit: Hit, { counts }: RankingFacts): Engagement {
  return counts.ref !== null && counts.ref === targetOfHit(hit) ? counts : NO_ENGAGEMENT;
}

function targetOfHit({ kind, json }: Hit): string {
  return isAddressableKind(kind) ? targetOf(eventFromJson(json)) : idOfJson(json);
}

function namesAuthors(group: SearchQuery["conditions"][number]): boolean {
  return !group.negated && group.any.every((condition) => condition.type === "author");
}
