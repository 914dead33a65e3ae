// The events that people do most with, for searches that are an order and no words (`sort:hot`).

import type { Filter } from "../nostr/filter.ts";
import { Kind } from "../nostr/kind.ts";
import type { Sort } from "../search/query.ts";
import type { Hit, HotReader } from "./contract.ts";
import { BUCKET_HOURS_KEPT } from "./engagement-columns.ts";
import type { EngagementReader } from "./engagement-reader.ts";
import type { FulltextOptions } from "./fulltext-contract.ts";
import { inTurns } from "./in-turns.ts";
import { referred } from "./referred.ts";
import type { TrustedTargets } from "./trusted-targets.ts";

/** Leaders that are looked at: a filter that leaves none of them finds nothing. */
const LEADERS_MAX = 2000;
/** What is hot, rising or disputed is so within these hours. */
const LATELY_HOURS = 7 * 24;

interface LeaderGround {
  readonly reader: HotReader;
  readonly engagement: EngagementReader;
  readonly trustedTargets: TrustedTargets;
}

/**
 * Stored events behind the leaders of that order, best first as far as counters know, by turns those of trusted people
 * and of everybody. The caller checks and orders.
 */
export function leadingHits(
  ground: LeaderGround,
  sort: Sort,
  filter: Filter,
  options: Pick<FulltextOptions, "nowSeconds" | "upToSeq" | "deadlineMs">,
): Hit[] {
  const isProfiles = filter.kinds?.length === 1 && filter.kinds[0] === Kind.metadata;
  const hits: Hit[] = [];
  const refs = isProfiles ? profileRefs(ground) : targetRefs(ground, sort, options.nowSeconds);
  for (const ref of refs) {
    if (performance.now() > options.deadlineMs) break;
    const hit = referred(ground.reader, ref);
    if (hit !== undefined && hit.seq <= options.upToSeq) hits.push(hit);
  }
  return hits;
}

function targetRefs({ engagement, trustedTargets }: LeaderGround, sort: Sort, nowSeconds: number): string[] {
  const targets =
    sort === "top" || sort === "zaps"
      ? engagement.leaders(sort === "top" ? "score" : "msats", LEADERS_MAX)
      : engagement.trending(Math.min(LATELY_HOURS, BUCKET_HOURS_KEPT), nowSeconds, LEADERS_MAX);
  const bare = targets.map(({ ref }) => ref);
  return inTurns(trustedTargets.leaders(sort, nowSeconds, LEADERS_MAX), bare, LEADERS_MAX);
}

function profileRefs({ engagement }: LeaderGround): string[] {
  return engagement.followed(LEADERS_MAX).map(({ pubkey }) => `${Kind.metadata}:${pubkey}:`);
}
