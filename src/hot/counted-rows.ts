// Rows of one kind, or of one author and kind, counted in their index without a look at the events.

import type { Database, Statement } from "bun:sqlite";
import { prepare } from "./prepared.ts";
import type { StreamRow } from "./stream-sql.ts";

/** Fewer rows than this are counted by one statement, in 1 to 2 ms at the most. */
const FEW_MAX = 60_000;
/** Remembered, some 1 MiB; then all are forgotten. */
const REMEMBERED_MAX = 10_000;

type Numbers = Statement<unknown, number[]>;

const BETWEEN = "created_at BETWEEN ?3 AND ?4";
const BELOW = "created_at >= ?3 AND (created_at, rank, seq) < (?4, ?5, ?6)";

export class CountedRows {
  private readonly bounded: Numbers;
  private readonly unbounded: Numbers;
  private readonly nth: Numbers;
  private readonly below: Numbers;
  private readonly expiredRows: Numbers;
  private readonly newest: Numbers;
  /**
   * Kinds and authors that had few rows when they were counted in full. A bound costs a third more for each row, so they are
   * counted without it, as long as the log has not grown by so much that they could have become many.
   */
  private readonly short = new Set<string>();
  private rememberedSeq = 0;

  /** `where`: the rows of kind ?1 and author ?2. */
  constructor(database: Database, where: string) {
    const numbers = (sql: string): Numbers => prepare<unknown, number[]>(database, sql);
    this.newest = numbers("SELECT ifnull(max(seq), 0) FROM event");
    this.bounded = numbers(
      `SELECT count(*) FROM (SELECT 1 FROM event WHERE ${where} AND ${BETWEEN} LIMIT ${FEW_MAX})`,
    );
    this.unbounded = numbers(`SELECT count(*) FROM event WHERE ${where} AND ${BETWEEN}`);
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
    this.forgetWhenGrown();
    const key = `${kind} ${author}`;
    const count = numberOf(
      (this.short.has(key) ? this.unbounded : this.bounded).values(kind, author, since, until),
    );
    if (count >= FEW_MAX) this.short.delete(key);
    else if (since === 0 && until === Number.MAX_SAFE_INTEGER) this.remember(key);
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

  private forgetWhenGrown(): void {
    const seq = numberOf(this.newest.values());
    if (seq - this.rememberedSeq < FEW_MAX) return;
    this.short.clear();
    this.rememberedSeq = seq;
  }

  private remember(key: string): void {
    if (this.short.size >= REMEMBERED_MAX) this.short.clear();
    this.short.add(key);
  }
}

function numberOf(values: unknown): number {
  return (values as [number][])[0]![0];
}
