// What people did with an event as searches order by it: each by what is known of them, so that made-up crowds buy no place.

import type { Database } from "bun:sqlite";
import { LRUCache } from "lru-cache";
import { ACTION_CLASSES, type Engagement, NO_ENGAGEMENT } from "../search/engagement.ts";
import { sharesOf, type Standing } from "../search/trend-score.ts";
import { CLASS_COLUMN } from "./engagement-columns.ts";
import { readCursor } from "./fulltext-feed.ts";
import { crowdOf, type LevelRow, reckonTrust, standingOf, TrustLevel } from "./trend-trust.ts";

/** Whom to trust is looked at anew after so long. */
const TRUST_FRESH_SECONDS = 600;
/** Sooner where the index has grown so many times: half of a history knows half of the people. */
const GROWTH = 1.25;
/** Everybody who did something with a target is looked at, which for the best known takes milliseconds. */
const WEIGHED_FRESH_MS = 60_000;
const WEIGHED_MAX = 5000;
/** What one key that nobody trusts says it paid counts up to here where the relay knows whom to trust: 1000 sats. */
const UNTRUSTED_MSATS_MAX = 1_000_000;

interface ActorRow extends LevelRow {
  readonly class: number;
  readonly msats: number;
  readonly boundedMsats: number;
}

export class TrustedEngagement {
  private readonly database: Database;
  private readonly seeds: readonly string[];
  private readonly weighed = new LRUCache<number, Engagement>({ max: WEIGHED_MAX, ttl: WEIGHED_FRESH_MS });
  private standing: Standing = "nobody";
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

  /** Looks anew at whom to trust, where that was a while ago, or while the index is being filled. */
  reckon(nowSeconds: number): void {
    if (nowSeconds === this.lookedAt) return;
    this.lookedAt = nowSeconds;
    const cursor = readCursor(this.database);
    const isFresh = Math.abs(nowSeconds - this.reckonedAt) < TRUST_FRESH_SECONDS;
    if (isFresh && cursor < this.reckonedCursor * GROWTH) return;
    this.standing = standingOf(reckonTrust(this.database, this.seeds, nowSeconds));
    this.reckonedAt = nowSeconds;
    this.reckonedCursor = cursor;
    this.weighed.clear();
  }

  private weigh(target: number, author: number): Engagement {
    const rows = this.database
      .query<ActorRow, [number, number, number]>(ROWS)
      .all(target, author, UNTRUSTED_MSATS_MAX);
    if (rows.length === 0) return NO_ENGAGEMENT;
    const people = this.database.query<LevelRow, [number, number]>(CROWD).all(target, author);
    const shares = { trusted: 1, ...sharesOf(crowdOf(people), this.standing) };
    const counts = { ...NO_ENGAGEMENT } as { -readonly [K in keyof Engagement]: number };
    for (const row of rows) {
      const name = nameOf(row.level);
      counts[CLASS_COLUMN[ACTION_CLASSES[row.class]!]] += row.people * shares[name];
      counts.msats += this.paid(row, name) * shares[name];
    }
    return counts;
  }

  /** Receipts are easily made up: those of fresh keys are not looked at where others can be told apart from them. */
  private paid(row: ActorRow, level: keyof typeof LEVELS): number {
    if (level === "trusted" || this.standing === "nobody") return row.msats;
    if (level === "fresh") return 0;
    return this.standing === "settled" ? row.boundedMsats : row.msats;
  }
}

const LEVELS = { trusted: TrustLevel.trusted, known: TrustLevel.known, fresh: TrustLevel.fresh } as const;

function nameOf(level: number): keyof typeof LEVELS {
  return level === LEVELS.trusted ? "trusted" : level === LEVELS.known ? "known" : "fresh";
}

const LEVEL = `ifnull(t.level, ${TrustLevel.fresh})`;
const ACTORS = `FROM actor a LEFT JOIN temp.trend_trust t ON t.key = a.actor
  WHERE a.target = ?1 AND a.actor <> ?2 AND ${LEVEL} >= 0`;
const CROWD = `SELECT ${LEVEL} AS level, count(DISTINCT a.actor) AS people ${ACTORS} GROUP BY level`;
const ROWS = `SELECT a.class AS class, ${LEVEL} AS level, count(*) AS people, sum(a.msats) AS msats,
  sum(min(a.msats, ?3)) AS boundedMsats ${ACTORS} GROUP BY a.class, level`;
