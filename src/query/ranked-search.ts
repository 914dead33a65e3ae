// A search of the hot store from end to end: candidates of the full-text index, their events, and the final order.

import type { Hit, HotReader } from "../hot/contract.ts";
import type { Candidate, FulltextCount, FulltextOptions } from "../hot/fulltext-contract.ts";
import type { FulltextReader } from "../hot/fulltext-reader.ts";
import { eventFromJson, type NostrEvent } from "../nostr/event.ts";
import type { Filter } from "../nostr/filter.ts";
import { isRefusal, type Refusal } from "../nostr/reason.ts";
import { engagementScore, NO_ENGAGEMENT, targetOf } from "../search/engagement.ts";
import { needsCounters } from "../search/order.ts";
import type { SearchQuery } from "../search/query.ts";
import { type HitFacts, rank, rankable } from "../search/rank.ts";

/** What an index of either store answers. */
export type ScoredSeq = Pick<Candidate, "seq" | "textScore">;

export interface RankedHits {
  /** Best first, at most as many as asked for. */
  readonly hits: readonly Hit[];
  /** False when more may match. */
  readonly complete: boolean;
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

  search(query: SearchQuery, filter: Filter, options: FulltextOptions): RankedHits | Refusal {
    const limit = Math.max(CANDIDATES_MIN, options.limit);
    const answer = this.fulltext.search(query, filter, { ...options, limit, relax: true });
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
    options: Pick<FulltextOptions, "nowSeconds" | "limit">,
  ): Hit[] {
    const seqs = candidates.map(({ seq }) => seq);
    const found = new Map(this.reader.getMany(seqs).map((hit) => [hit.seq, hit]));
    const stored = candidates.flatMap((candidate) => {
      const hit = found.get(candidate.seq);
      return hit === undefined ? [] : [{ hit, textScore: candidate.textScore }];
    });
    const isByTime = query.sort === "recent" || query.sort === "old";
    if (isByTime && !query.options.distinctAuthor) return stored.map(({ hit }) => hit);
    const ranked = stored.slice(0, RANKED_MAX).map(({ hit, textScore }) => {
      const event = eventFromJson(hit.json);
      return rankable(hit, event, query, { textScore, ...this.countersOf(event, query, options.nowSeconds) });
    });
    const ordered = rank(ranked, query, {
      nowSeconds: options.nowSeconds,
      pageSize: options.limit,
      mixAuthors:
        filter.authors === undefined && !query.conditions.some(namesAuthors) && query.lookups.length === 0,
    });
    const rest = query.options.distinctAuthor ? [] : stored.slice(RANKED_MAX);
    return [...ordered.map(({ item }) => item), ...rest.map(({ hit }) => hit)];
  }

  /** An order by what people did asks who they are; relevance weighs crowds so little that it need not. */
  private countersOf(
    event: NostrEvent,
    { sort }: SearchQuery,
    nowSeconds: number,
  ): Omit<HitFacts, "textScore"> {
    const { engagement, trusted } = this.fulltext;
    const target = targetOf(event);
    const counts = needsCounters(sort)
      ? trusted.counts(target, event.pubkey, nowSeconds)
      : (engagement.counts(target) ?? NO_ENGAGEMENT);
    return {
      engagement: engagementScore(counts),
      answers: counts.replies + counts.quotes,
      reactions: counts.reactions + counts.downvotes,
      msats: counts.msats,
      followers: engagement.followers(event.pubkey),
    };
  }
}

function namesAuthors(group: SearchQuery["conditions"][number]): boolean {
  return !group.negated && group.any.every((condition) => condition.type === "author");
}
