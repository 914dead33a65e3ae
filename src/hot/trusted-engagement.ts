// What people did with an event as searches order by it: each by what is known of them, so that made-up crowds buy no place.

import type { Database } from "bun:sqlite";
import { LRUCache } from "lru-cache";
import { ACTION_CLASSES, type Engagement, NO_ENGAGEMENT } from "../search/engagement.ts";
import { type Crowd, sharesOf, type Standing } from "../search/trend-score.ts";
import { CLASS_COLUMN } from "./engagement-columns.ts";
import { readCursor } from "./fulltext-feed.ts";
import { reckonTrust, standingOf, TrustLevel } from "./trend-trust.ts";

/** Whom to trust is looked at anew after so long. */
const TRUST_FRESH_SECONDS = 600;
/** Sooner where the index has grown so many times: half of a history knows half of the people. */
const GROWTH = 1.25;
/** Everybody who did something with a target is looked at, which for the best known takes milliseconds. */
const WEIGHED_FRESH_MS = 60_000;
const WEIGHED_MAX = 5000;
/** What one key that nobody trusts says it paid counts up to here where the relay knows whom to trust: 1000 sats. */
const UNTRUSTED_MSATS_MAX = 1_000_000;

type Act = readonly [kind: number, level: number, actor: number, msats: number];

export class TrustedEngagement {
  private readonly database: Database;
  private readonly seeds: readonly string[];
  private readonly weighed = new LRUCache<number, Engagement>({ max: WEIGHED_MAX, ttl: WEIGHED_FRESH_MS });
  private standing: Standing = "nobody";
  private times = 0;
  private reckonedAt = Number.NEGATIVE_INFINITY;
  private reckonedCursor = 0;
  /** The second in which anybody last asked whether it is time. */
  private lookedAt = Number.NEGATIVE_INFINITY;

  /** `database` must allow temporary tables; `seeds` are the operator's keys. */
  constructor(database: Database, seeds: readonly string[]) {
    this.database = database;
    this.seeds = seeds;
  }

  /** Keys of the target and of its author. Numbers of trusted people, with fractions. What the author of the target did to it does not count. */
  counts(target: number, author: number, nowSeconds: number): Engagement {
    this.reckon(nowSeconds);
    const held = this.weighed.get(target);
    if (held !== undefined) return held;
    const counts = this.weigh(target, author);
    this.weighed.set(target, counts);
    return counts;
  }

  /** The same, counted at this moment. */
  countsNow(target: number, author: number, nowSeconds: number): Engagement {
    this.reckon(nowSeconds);
    return this.weigh(target, author);
  }

  /** How often whom to trust was looked at: what is derived from it holds as long as this stays. */
  get reckonings(): number {
    return this.times;
  }

  /** Looks anew at whom to trust, where that was a while ago, or while the index is being filled. */
  reckon(nowSeconds: number): void {
    if (nowSeconds === this.lookedAt) return;
    this.lookedAt = nowSeconds;
    const cursor = readCursor(this.database);
    const isFresh = Math.abs(nowSeconds - this.reckonedAt) < TRUST_FRESH_SECONDS;
    if (isFresh && cursor < this.reckonedCursor * GROWTH) return;
    this.standing = standingOf(reckonTrust(this.database, this.seeds, nowSeconds));
    this.times++;
    this.reckonedAt = nowSeconds;
    this.reckonedCursor = cursor;
    this.weighed.clear();
  }

  private weigh(target: number, author: number): Engagement {
    const acts = this.database
      .query<unknown, [number, number]>(ACTS)
      .values(target, author) as unknown as readonly Act[];
    if (acts.length === 0) return NO_ENGAGEMENT;
    const done = { trusted: nothing(), known: nothing(), fresh: nothing() };
    for (const [kind, level, , msats] of acts) {
      const name = nameOf(level);
      done[name][CLASS_COLUMN[ACTION_CLASSES[kind]!]]++;
      done[name].msats += this.paid(msats, name);
    }
    return summed(done, { trusted: 1, ...sharesOf(crowdOf(acts), this.standing) });
  }

  /** Receipts are easily made up: those of fresh keys are not looked at where others can be told apart from them. */
  private paid(msats: number, level: Level): number {
    if (level === "trusted" || this.standing === "nobody") return msats;
    if (level === "fresh") return 0;
    return this.standing === "settled" ? Math.min(msats, UNTRUSTED_MSATS_MAX) : msats;
  }
}

type Level = keyof Crowd;
type Counts = { -readonly [Name in keyof Engagement]: number };

const NAMES = Object.keys(NO_ENGAGEMENT) as readonly (keyof Engagement)[];

function nothing(): Counts {
  return { ...NO_ENGAGEMENT };
}

function nameOf(level: number): Level {
  return level === TrustLevel.trusted ? "trusted" : level === TrustLevel.known ? "known" : "fresh";
}

/** Everybody once, whatever all they did. */
function crowdOf(acts: readonly Act[]): Crowd {
  const crowd = { trusted: 0, known: 0, fresh: 0 };
  const seen = new Set<number>();
  for (const [, level, actor] of acts) {
    if (seen.has(actor)) continue;
    seen.add(actor);
    crowd[nameOf(level)]++;
  }
  return crowd;
}

function summed(
  done: Readonly<Record<Level, Engagement>>,
  shares: Readonly<Record<Level, number>>,
): Engagement {
  const counts = nothing();
  for (const name of NAMES) {
    const { trusted, known, fresh } = done;
    counts[name] = trusted[name] * shares.trusted + known[name] * shares.known + fresh[name] * shares.fresh;
  }
  return counts;
}

// Counted here and not by SQLite, which takes twice as long to group them, be it ten acts or ten thousand.
const LEVEL = `ifnull(t.level, ${TrustLevel.fresh})`;
const ACTS = `SELECT a.class, ${LEVEL}, a.actor, a.msats FROM actor a LEFT JOIN temp.trend_trust t ON t.key = a.actor
  WHERE a.target = ?1 AND a.actor <> ?2 AND ${LEVEL} >= 0`;
