// Rows of the index and events of the store as candidates of one search, each with the numbers that order it.

import { eventFromJson, type NostrEvent } from "../nostr/event.ts";
import { Kind } from "../nostr/kind.ts";
import { engagementScore, NO_ENGAGEMENT, targetOf } from "../search/engagement.ts";
import { needsCounters, type OrderFacts, orderKey } from "../search/order.ts";
import type { SearchQuery } from "../search/query.ts";
import { scoreText } from "../search/score.ts";
import type { Hit } from "./contract.ts";
import { targetKey } from "./engagement-columns.ts";
import type { EngagementReader } from "./engagement-reader.ts";
import type { Candidate } from "./fulltext-contract.ts";
import type { FulltextRow, FulltextTable } from "./fulltext-rows.ts";
import type { TargetWeight, TrustedTargets } from "./trusted-targets.ts";

/** A candidate on its way, with the number that orders it. */
export interface Ordered extends Candidate {
  readonly key: number;
  /** The same by what trusted people alone did; 0 where that was nothing, and where the order does not ask for it. */
  readonly trustedKey: number;
  /** It was found by an index that may find too much. */
  readonly unchecked: boolean;
}

interface Counters {
  readonly engagement: EngagementReader;
  readonly trustedTargets: TrustedTargets;
}

export class CandidateMaker {
  private readonly counters: Counters;
  private readonly query: SearchQuery;
  private readonly nowSeconds: number;

  constructor(counters: Counters, query: SearchQuery, nowSeconds: number) {
    this.counters = counters;
    this.query = query;
    this.nowSeconds = nowSeconds;
  }

  /** `textScore` is relative to the best of the answer. */
  fromRow(row: FulltextRow, textScore: number, table: FulltextTable, unchecked: boolean): Ordered {
    const { seq, createdAt, kind } = row;
    const facts = { ...row, textScore, isProfile: table === "profile" };
    const trusted = {
      engagement: row.trustedEngagement,
      answers: row.trustedAnswers,
      reactions: row.trustedReactions,
      msats: row.trustedMsats,
    };
    const trustedKey = this.trustedKeyOf(facts, row.trustedEngagement === 0 ? undefined : trusted);
    return { seq, createdAt, kind, textScore, key: this.keyOf(facts), trustedKey, unchecked };
  }

  fromHit({ seq, createdAt, kind, json }: Hit): Ordered {
    const event = eventFromJson(json);
    const textScore = this.query.lookups.length > 0 ? lookupScore(event) : scoreText(event, this.query.text);
    const isProfile = kind === Kind.metadata;
    const facts = { createdAt, textScore, ...this.countersOf(event), isProfile };
    const asksTrusted = needsCounters(this.query.sort) && !isProfile;
    const trusted = asksTrusted ? this.counters.trustedTargets.of(targetKey(targetOf(event))) : undefined;
    const trustedKey = this.trustedKeyOf(facts, trusted);
    return { seq, createdAt, kind, textScore, key: this.keyOf(facts), trustedKey, unchecked: false };
  }

  private countersOf(event: NostrEvent): Omit<OrderFacts, "createdAt" | "textScore" | "isProfile"> {
    const { engagement } = this.counters;
    const wanted = needsCounters(this.query.sort);
    const counts = (wanted ? engagement.counts(targetOf(event)) : undefined) ?? NO_ENGAGEMENT;
    return {
      engagement: engagementScore(counts),
      answers: counts.replies + counts.quotes,
      reactions: counts.reactions + counts.downvotes,
      msats: counts.msats,
      followers: event.kind === Kind.metadata ? engagement.followers(event.pubkey) : 0,
    };
  }

  private trustedKeyOf(facts: OrderFacts, trusted: TargetWeight | undefined): number {
    return trusted === undefined ? 0 : this.keyOf({ ...facts, ...trusted });
  }

  private keyOf(facts: OrderFacts): number {
    return orderKey(this.query.sort, facts, this.nowSeconds);
  }
}

/** What was pasted comes before what its author wrote. */
function lookupScore(event: NostrEvent): number {
  return event.kind === Kind.metadata ? 1 : 0.5;
}
