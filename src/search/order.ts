// The orders that a search can ask for, as one number for each candidate: higher stands first.

import type { Sort } from "./query.ts";

export interface OrderFacts {
  readonly createdAt: number;
  /** 0 to 1. */
  readonly textScore: number;
  /** engagementScore() of the event. */
  readonly engagement: number;
  /** People who replied or quoted, and people who reacted either way. */
  readonly answers: number;
  readonly reactions: number;
  readonly msats: number;
  /** Followers of the author. */
  readonly followers: number;
  readonly isProfile: boolean;
}

const HOUR = 3600;
/** After this many hours what is hot is half as hot. */
const HOT_HALF_LIFE_HOURS = 24;

/** Does this order need the counters of an event? */
export function needsCounters(sort: Sort): boolean {
  return sort !== "recent" && sort !== "old" && sort !== "relevance";
}

type Dated = Pick<OrderFacts, "createdAt">;

/** How dates alone order, where that is what was asked for. */
export function dateOrder(sort: Sort): ((a: Dated, b: Dated) => number) | undefined {
  if (sort === "recent") return (a, b) => b.createdAt - a.createdAt;
  if (sort === "old") return (a, b) => a.createdAt - b.createdAt;
  return undefined;
}

/** Profiles are ordered by followers wherever notes are ordered by what people did with them. */
export function orderKey(sort: Sort, facts: OrderFacts, nowSeconds: number): number {
  const ageHours = Math.max(0, nowSeconds - facts.createdAt) / HOUR;
  const talk = facts.isProfile ? facts.followers : facts.engagement;
  switch (sort) {
    case "relevance":
      return facts.textScore * (facts.isProfile ? 1 + Math.log1p(facts.followers) : 1);
    case "recent":
      return facts.createdAt;
    case "old":
      return -facts.createdAt;
    case "top":
      return talk;
    case "hot":
      return talk * 0.5 ** (ageHours / HOT_HALF_LIFE_HOURS);
    case "rising":
      return talk / (ageHours + 2);
    case "controversial":
      return Math.min(facts.answers, facts.reactions) * Math.sqrt(facts.answers + facts.reactions);
    case "zaps":
      return facts.msats;
  }
}
