// The tables behind trends: who did what with which subject in which hour, for the days that windows look back on.

import { ACTION_CLASSES, type ActionClass } from "../search/engagement.ts";
import { idKey } from "./keys.ts";

/** What can trend. The position is the number that stands for it in the tables. */
const TREND_TOPICS = ["hashtag", "link", "media", "person", "note"] as const;
export type TrendTopic = (typeof TREND_TOPICS)[number];

/** Notes are acted on in the classes of engagement, persons are followed and named, everything else is simply used. */
export const USE_ACT = 0;
export const FOLLOW_ACT = 0;
export const MENTION_ACT = 1;

/** Whole hours that are kept beside the one that has begun: the longest window with exact counters is as long as this. */
export const TREND_HOURS_KEPT = 8 * 24;

// `latest` marks the last hour in which somebody did something: as windows end now, the distinct people of any window
// are the marked rows inside it, without comparing hours with one another.
export const TREND_SCHEMA = `
  CREATE TABLE trend_use (
    topic   INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    act     INTEGER NOT NULL,
    actor   INTEGER NOT NULL,   -- authorKey(pubkey)
    hour    INTEGER NOT NULL,   -- unix hours
    uses    INTEGER NOT NULL,
    msats   INTEGER NOT NULL,
    latest  INTEGER NOT NULL,
    PRIMARY KEY (topic, subject, act, actor, hour)
  ) WITHOUT ROWID, STRICT;
  -- Which event did it, to take it back when that event goes.
  CREATE TABLE trend_source (
    seq     INTEGER NOT NULL,
    topic   INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    act     INTEGER NOT NULL,
    actor   INTEGER NOT NULL,
    hour    INTEGER NOT NULL,
    msats   INTEGER NOT NULL,
    PRIMARY KEY (seq, topic, subject, act)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE trend_subject (
    topic INTEGER NOT NULL, key INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (topic, key)
  ) WITHOUT ROWID, STRICT;
  -- When a key was first seen here, by this relay's reckoning and not by the key's own.
  CREATE TABLE trend_author (key INTEGER PRIMARY KEY, first_seen INTEGER NOT NULL, bot INTEGER NOT NULL) STRICT;
`;

export function topicNumber(topic: TrendTopic): number {
  return TREND_TOPICS.indexOf(topic);
}

export function actNumber(action: ActionClass): number {
  return ACTION_CLASSES.indexOf(action);
}

/** The number that stands for a hashtag or a link. */
export function subjectKey(text: string): number {
  return idKey(Bun.SHA256.hash(text, "hex"));
}
