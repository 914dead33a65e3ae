// Reads engagement counters: of one target, the best of all time, and what is new in the last hours.

import type { Database, Statement } from "bun:sqlite";
import { ACTION_CLASSES, type ActionClass, type Engagement } from "../search/engagement.ts";
import { BUCKET_HOURS_KEPT, CLASS_COLUMN, CLASS_WEIGHT, hourOf, targetKey } from "./engagement-columns.ts";
import { authorKey } from "./keys.ts";

export interface TargetEngagement extends Engagement {
  /** Hex id or address. */
  readonly ref: string;
}

/** What leaders have most of: engagement, or millisatoshis that were paid. */
export type LeaderOrder = "score" | "msats";

export interface TrendingTarget extends TargetEngagement {
  /** The same counts within the window only. */
  readonly recent: Engagement;
}

/** Reads the counters, on any connection. */
export class EngagementReader {
  private readonly database: Database;
  private readonly byKey: Statement<TargetEngagement, [number]>;
  private readonly followersOf: Statement<{ followers: number }, [number]>;
  private readonly begin: Statement<unknown, []>;
  private readonly commit: Statement<unknown, []>;

  constructor(database: Database) {
    this.database = database;
    this.byKey = database.prepare(`SELECT ${TARGET_COLUMNS} FROM target WHERE key = ?`);
    this.begin = database.prepare<unknown, []>("BEGIN");
    this.commit = database.prepare<unknown, []>("COMMIT");
    this.followersOf = database.prepare("SELECT followers FROM author WHERE key = ?");
  }

  /** Everything that is read inside is read at one moment, for one taking of file locks instead of many. */
  snapshot<Result>(read: () => Result): Result {
    if (this.database.inTransaction) return read();
    this.begin.run();
    try {
      return read();
    } finally {
      // What fails inside may have ended it: a disk that does not answer, say.
      if (this.database.inTransaction) this.commit.run();
    }
  }

  /** Counts of a hex id or an address; undefined when nobody has done anything to it. */
  counts(ref: string): TargetEngagement | undefined {
    const row = this.byKey.get(targetKey(ref));
    return row?.ref === ref ? row : undefined;
  }

  /** How many stored follow lists name this key. */
  followers(pubkey: string): number {
    return this.followersOf.get(authorKey(pubkey))?.followers ?? 0;
  }

  /** The best targets of all time. */
  leaders(order: LeaderOrder, limit: number): TargetEngagement[] {
    return this.database
      .query<TargetEngagement, [number]>(
        `SELECT ${TARGET_COLUMNS} FROM target WHERE ${order} > 0 ORDER BY ${order} DESC LIMIT ?`,
      )
      .all(limit);
  }

  /** Targets with the most new people in the last hours (at most BUCKET_HOURS_KEPT), best first. */
  trending(hours: number, nowSeconds: number, limit: number): TrendingTarget[] {
    const from = hourOf(nowSeconds) - Math.min(hours, BUCKET_HOURS_KEPT);
    const rows = this.database
      .query<Record<string, number | string>, [number, number]>(TRENDING)
      .all(from, limit);
    return rows.map((row) => {
      const number = (name: string): number => row[name] as number;
      const counts = (prefix: string): Engagement => ({
        reactions: number(`${prefix}reactions`),
        downvotes: number(`${prefix}downvotes`),
        reposts: number(`${prefix}reposts`),
        replies: number(`${prefix}replies`),
        quotes: number(`${prefix}quotes`),
        zaps: number(`${prefix}zaps`),
        msats: number(`${prefix}msats`),
      });
      return { ref: row["ref"] as string, ...counts(""), recent: counts("recent_") };
    });
  }

  /** Authors with the most followers. */
  followed(limit: number): { pubkey: string; followers: number }[] {
    return this.database
      .query<{ pubkey: string; followers: number }, [number]>(
        "SELECT pubkey, followers FROM author ORDER BY followers DESC LIMIT ?",
      )
      .all(limit);
  }
}

const TARGET_COLUMNS = "ref, reactions, downvotes, reposts, replies, quotes, zaps, msats";

const classSum = (kind: ActionClass): string =>
  `sum(iif(b.class = ${ACTION_CLASSES.indexOf(kind)}, b.actors, 0))`;
const TRENDING = `
  SELECT t.ref, t.reactions, t.downvotes, t.reposts, t.replies, t.quotes, t.zaps, t.msats, r.*
  FROM (
    SELECT b.target, ${ACTION_CLASSES.map((kind) => `${classSum(kind)} AS recent_${CLASS_COLUMN[kind]}`).join(", ")},
      sum(b.msats) AS recent_msats,
      ${ACTION_CLASSES.map((kind) => `${CLASS_WEIGHT[kind]} * ${classSum(kind)}`).join(" + ")} AS recent_score
    FROM bucket b WHERE b.hour > ?1 GROUP BY b.target ORDER BY recent_score DESC, recent_msats DESC LIMIT ?2
  ) r JOIN target t ON t.key = r.target ORDER BY recent_score DESC, recent_msats DESC`;
