// What trusted people alone did with each target: a list that no crowd can fill, gone through again and again in small steps.

import type { Database, Statement } from "bun:sqlite";
import { ACTION_CLASSES, type ActionClass } from "../search/engagement.ts";
import type { OrderFacts } from "../search/order.ts";
import type { Sort } from "../search/query.ts";
import { BUCKET_HOURS_KEPT, CLASS_WEIGHT, hourOf } from "./engagement-columns.ts";
import { readCursor } from "./fulltext-feed.ts";
import { FULL_PAUSE_MS, isDiskFull } from "./store-error.ts";
import { TrustLevel } from "./trend-trust.ts";
import type { TrustedEngagement } from "./trusted-engagement.ts";

export const TRUSTED_TARGET_SCHEMA = `
  CREATE TABLE trusted_target (
    key       INTEGER PRIMARY KEY,
    score     INTEGER NOT NULL,   -- as in target
    answers   INTEGER NOT NULL,
    reactions INTEGER NOT NULL,
    msats     INTEGER NOT NULL,
    hour      INTEGER NOT NULL    -- unix hours of the latest act
  ) STRICT;
  CREATE INDEX trusted_target_by_score ON trusted_target (score);
  CREATE INDEX trusted_target_by_msats ON trusted_target (msats) WHERE msats > 0;
  CREATE INDEX trusted_target_by_hour ON trusted_target (hour, score);
`;

/** What an order looks at beside dates. */
export type TargetWeight = Pick<OrderFacts, "engagement" | "answers" | "reactions" | "msats">;

/** Acts that one step looks at: a few milliseconds. */
const STEP_ACTS = 2000;
/** It rests so many times as long as it works: two hundredths of its thread, and a tenth until it has gone through once. */
const REST = 49;
const REST_AT_FIRST = 9;
/** Entries of the log that the index may lack. */
const LAG_MAX = 1000;
/** Between two rounds, and until the next look where nothing has come in. */
const ROUND_PAUSE_MS = 2000;
const LAG_PAUSE_MS = 250;

/** Keys of targets are above it. */
const NOTHING_DONE = -1;

/** Whom to trust changes with every follow list: reckoning each target anew costs less than keeping all of them true. */
export class TrustedTargets {
  private readonly database: Database;
  private readonly trusted: TrustedEngagement;
  private readonly byKey: Statement<TargetWeight, [number]>;
  private timer: Timer | undefined;
  /** Targets up to this key are done in this round. */
  private done = NOTHING_DONE;
  /** Where the index stood, and whom the relay trusted, when the last round began. */
  private seen = "";
  private wentThrough = false;

  constructor(database: Database, trusted: TrustedEngagement) {
    this.database = database;
    this.trusted = trusted;
    this.byKey = database.prepare(
      "SELECT score AS engagement, answers, reactions, msats FROM trusted_target WHERE key = ?",
    );
  }

  /** Keeps the list up to date until stop(), but while `lag()` says that the index is behind. Only for its writer. */
  run(now: () => number, lag: () => number): void {
    this.timer = setTimeout(
      () => this.run(now, lag),
      lag() > LAG_MAX ? LAG_PAUSE_MS : this.stepAndRest(now()),
    );
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  /** Answers for how many milliseconds to rest. */
  private stepAndRest(nowSeconds: number): number {
    const startedMs = performance.now();
    try {
      if (this.step(nowSeconds)) {
        this.wentThrough = true;
        return ROUND_PAUSE_MS;
      }
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      return FULL_PAUSE_MS;
    }
    return (this.wentThrough ? REST : REST_AT_FIRST) * (performance.now() - startedMs);
  }

  /** Reckons the next targets anew; true at the end of a round, and while nothing has changed since the last one. */
  step(nowSeconds: number): boolean {
    this.trusted.reckon(nowSeconds);
    if (this.done === NOTHING_DONE) {
      const seen = `${readCursor(this.database)} ${this.trusted.reckonings}`;
      if (seen === this.seen) return true;
      this.seen = seen;
    }
    const end = this.database.query<{ target: number }, [number, number]>(STEP_END).get(this.done, STEP_ACTS);
    const span: [number, number] = [this.done, end?.target ?? Number.MAX_SAFE_INTEGER];
    this.database.transaction(() => {
      this.database.query<unknown, [number, number]>(FORGET).run(...span);
      this.database.query<unknown, [number, number]>(RECKON).run(...span);
    })();
    this.done = end?.target ?? NOTHING_DONE;
    return end === null;
  }

  /** Undefined where nobody trusted did anything. */
  of(target: number): TargetWeight | undefined {
    return this.byKey.get(target) ?? undefined;
  }

  /** Hex ids and addresses, best first. */
  leaders(sort: Sort, nowSeconds: number, limit: number): string[] {
    const since = hourOf(nowSeconds) - BUCKET_HOURS_KEPT;
    const where = sort === "zaps" ? "v.msats > 0" : sort === "top" ? "v.score > 0" : `v.hour > ${since}`;
    const order = sort === "zaps" ? "msats" : "score";
    return this.database
      .query<{ ref: string }, [number]>(
        `SELECT t.ref AS ref FROM trusted_target v JOIN target t ON t.key = v.key
         WHERE ${where} ORDER BY v.${order} DESC LIMIT ?`,
      )
      .all(limit)
      .map(({ ref }) => ref);
  }
}

const sumOf = (weigh: (kind: ActionClass) => number): string =>
  `sum(CASE a.class ${ACTION_CLASSES.map((kind, at) => `WHEN ${at} THEN ${weigh(kind)}`).join(" ")} END)`;
const oneOf =
  (...kinds: readonly ActionClass[]) =>
  (kind: ActionClass): number =>
    kinds.includes(kind) ? 1 : 0;

const COLUMNS = ["score", "answers", "reactions", "msats", "hour"] as const;
const ACTS = `FROM actor a CROSS JOIN temp.trend_trust p ON p.key = a.actor AND p.level = ${TrustLevel.trusted}`;

const GIVEN = COLUMNS.map((name) => `excluded.${name}`).join(", ");
const HELD = COLUMNS.map((name) => `trusted_target.${name}`).join(", ");

const STEP_END = "SELECT target FROM actor WHERE target > ? ORDER BY target LIMIT 1 OFFSET ?";
const FORGET = `DELETE FROM trusted_target WHERE key > ?1 AND key <= ?2
  AND NOT EXISTS (SELECT 1 ${ACTS} WHERE a.target = trusted_target.key)`;
const RECKON = `INSERT INTO trusted_target
  SELECT a.target, ${sumOf((kind) => CLASS_WEIGHT[kind])}, ${sumOf(oneOf("reply", "quote"))},
    ${sumOf(oneOf("reaction", "downvote"))}, sum(a.msats), max(a.hour)
  ${ACTS} WHERE a.target > ?1 AND a.target <= ?2 GROUP BY a.target
  ON CONFLICT DO UPDATE SET (${COLUMNS.join(", ")}) = (${GIVEN}) WHERE (${HELD}) IS NOT (${GIVEN})`;
