// Rows of one kind, or of one author and kind, counted in their index without a look at the events.

import type { Database, Statement } from "bun:sqlite";
import { prepare } from "./prepared.ts";
import { RememberedCounts } from "./remembered-counts.ts";
import type { StreamRow } from "./stream-sql.ts";

/** Fewer rows than this are counted by one statement, in 1 to 2 ms at the most. */
const FEW_MAX = 60_000;

type Numbers = Statement<unknown, number[]>;

const BETWEEN = "created_at BETWEEN ?3 AND ?4";
const BELOW = "created_at >= ?3 AND (created_at, rank, seq) < (?4, ?5, ?6)";

export class CountedRows {
  /** How many rows there are in all, where that was counted. */
  readonly remembered: RememberedCounts;
  private readonly bounded: Numbers;
  private readonly nth: Numbers;
  private readonly below: Numbers;
  private readonly expiredRows: Numbers;

  /** The rows of kind ?1 and, where the index has authors, of author ?2, which is 0 in the other one. */
  constructor(database: Database, hasAuthors: boolean) {
    const where = hasAuthors ? "kind = ?1 AND author = ?2" : "kind = ?1 AND ?2 = 0";
    this.remembered = new RememberedCounts(database, hasAuthors ? (author) => author : () => 0);
    const numbers = (sql: string): Numbers => prepare<unknown, number[]>(database, sql);
    this.bounded = numbers(
      `SELECT count(*) FROM (SELECT 1 FROM event WHERE ${where} AND ${BETWEEN} LIMIT ${FEW_MAX})`,
    );
    this.nth = numbers(
      `SELECT created_at, rank, seq FROM event WHERE ${where} AND ${BELOW}
       ORDER BY created_at DESC, rank DESC, seq DESC LIMIT 1 OFFSET ?7+0`,
    );
    this.below = numbers(`SELECT count(*) FROM event WHERE ${where} AND ${BELOW}`);
    this.expiredRows = numbers(
      `SELECT count(*) FROM event INDEXED BY event_by_expiry
       WHERE expires_at > 0 AND expires_at <= ?5 AND ${where} AND ${BETWEEN}`,
    );
  }

  /** Rows between two seconds, both included; undefined where there are too many for one statement. */
  few(kind: number, author: number, since: number, until: number): number | undefined {
    const count = numberOf(this.bounded.values(kind, author, since, until));
    return count < FEW_MAX ? count : undefined;
  }

  /** The row that comes `offset` rows after the first one below the point, or undefined when there are not so many. */
  rowAt(
    kind: number,
    author: number,
    since: number,
    below: StreamRow,
    offset: number,
  ): StreamRow | undefined {
    return (this.nth.values(kind, author, since, ...below, offset) as unknown as StreamRow[])[0];
  }

  /** Rows below the point. */
  countBelow(kind: number, author: number, since: number, below: StreamRow): number {
    return numberOf(this.below.values(kind, author, since, ...below));
  }

  /** Rows between two seconds that have expired but are not swept yet. */
  expired(kind: number, author: number, since: number, until: number, nowSeconds: number): number {
    return numberOf(this.expiredRows.values(kind, author, since, until, nowSeconds));
  }
}

function numberOf(values: unknown): number {
  return (values as [number][])[0]![0];
}
