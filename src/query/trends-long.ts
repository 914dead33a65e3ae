// Windows that reach further back than SQLite's counters, from OpenSearch, in the shape of all other trends.

import type { ColdCrowd, ColdTrendField, ColdTrends } from "../cold/trends.ts";
import { CLASS_COLUMN } from "../hot/engagement-columns.ts";
import type { TrendItem } from "../hot/trend-reader.ts";
import type { TrendTopic } from "../hot/trend-schema.ts";
import { ACTION_CLASSES, NO_ENGAGEMENT } from "../search/engagement.ts";
import { ACT_WEIGHT, surpriseScore, velocityOf } from "../search/trend-score.ts";
import { mediaOfUrl } from "../search/url.ts";
import type { LongWindows } from "./trends-board.ts";
import type { TrendSubject } from "./trends-protocol.ts";

const HOUR = 3600;
/** Pictures are most of what is linked: more is asked for, so that pages are left when they are taken away. */
const CANDIDATES_MAX = 200;
const FIELD: Readonly<Record<TrendSubject, ColdTrendField>> = {
  hashtags: "hashtag",
  notes: "note",
  people: "person",
  links: "link",
  media: "link",
};

/** What each subject is called in the counters. */
export const TOPIC_OF: Readonly<Record<TrendSubject, TrendTopic>> = {
  hashtags: "hashtag",
  notes: "note",
  people: "person",
  links: "link",
  media: "media",
};

/**
 * `trusted` are the hex keys that count now; while there are none, OpenSearch could not tell people from made-up crowds,
 * and SQLite answers for as far as it goes.
 */
export function longWindows(trends: ColdTrends, trusted: () => readonly string[]): LongWindows {
  return async (what, hours, nowSeconds) => {
    const keys = trusted();
    if (keys.length === 0) return undefined;
    // Whole hours: OpenSearch keeps the answer to a question that stays the same.
    const until = (Math.floor(nowSeconds / HOUR) + 1) * HOUR;
    const stepSeconds = longStepHours(hours) * HOUR;
    const begun = 1 - (until - nowSeconds) / stepSeconds;
    const outcome = await trends.crowds(FIELD[what], {
      since: until - hours * HOUR,
      until,
      stepSeconds,
      limit: CANDIDATES_MAX,
      trusted: keys,
    });
    if (outcome.type !== "answered") return undefined;
    return outcome.value
      .filter(({ subject }) => isOf(what, subject))
      .map((crowd) => itemOf(what, crowd, begun))
      .sort((a, b) => b.score - a.score || (a.subject < b.subject ? -1 : 1));
  };
}

/** Hours of one step of a series: a week by hours, a month by days. */
export function longStepHours(hours: number): number {
  return hours <= 168 ? 1 : 24;
}

function isOf(what: TrendSubject, subject: string): boolean {
  if (what === "links") return mediaOfUrl(subject) === undefined;
  return what !== "media" || mediaOfUrl(subject) !== undefined;
}

function itemOf(
  what: TrendSubject,
  { subject, people, uses, usual, series, acts, msats }: ColdCrowd,
  begun: number,
): TrendItem {
  const velocity = velocityOf(series, begun);
  const engagement = { ...NO_ENGAGEMENT, msats };
  let acted = 0;
  for (const kind of ACTION_CLASSES) {
    const count = acts[kind] ?? 0;
    Object.assign(engagement, { [CLASS_COLUMN[kind]]: count });
    acted += ACT_WEIGHT[kind] * count;
  }
  return {
    topic: TOPIC_OF[what],
    subject,
    people,
    crowd: { trusted: people, known: 0, fresh: 0 },
    uses,
    weight: people,
    usual,
    velocity,
    score:
      what === "notes" ? acted + 2 * Math.log2(1 + msats / 1000) : surpriseScore(people, usual, velocity),
    hourly: series,
    followers: 0,
    engagement,
  };
}
