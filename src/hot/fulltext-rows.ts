// Rows of the full-text index that meet an expression, newest first, within a budget.

import type { Database } from "bun:sqlite";
import type { TextColumns } from "./fulltext-expression.ts";

export type FulltextTable = "note" | "profile";

export const TEXT_COLUMNS: Readonly<Record<FulltextTable, TextColumns>> = {
  note: "title body url",
  profile: "name body url",
};

/**
 * Weights of the columns in bm25(): what a text is called says more than what it says, least of all what people say of
 * themselves; facets say nothing.
 */
const WEIGHTS: Readonly<Record<FulltextTable, string>> = { note: "4, 1, 0.5, 0", profile: "8, 0.2, 0.5, 0" };

export interface FulltextRow {
  readonly seq: number;
  /** BM25, higher is better. */
  readonly score: number;
  readonly createdAt: number;
  readonly kind: number;
  /** Weighted engagement, and the classes that orders ask for; followers of its author for profiles. */
  readonly engagement: number;
  readonly answers: number;
  readonly reactions: number;
  readonly msats: number;
  readonly followers: number;
  /** What trusted people alone did. */
  readonly trustedEngagement: number;
  readonly trustedAnswers: number;
  readonly trustedReactions: number;
  readonly trustedMsats: number;
}

export interface RowQuery {
  readonly table: FulltextTable;
  readonly expression: string;
  /** SQL on `doc`, or "". */
  readonly where: string;
  readonly afterSeq: number;
  readonly upToSeq: number;
  readonly nowSeconds: number;
  readonly oldestFirst: boolean;
  /** Asks for BM25, which is most of the work; otherwise scores are 0. */
  readonly scored: boolean;
  /** Asks for the counters too, which costs a look-up a row. */
  readonly counters: boolean;
  /** Asks for what trusted people did, which costs another. */
  readonly trusted: boolean;
}

export interface RowBudget {
  readonly deadlineMs: number;
  /** Rows that are looked at, the newest (or the oldest) of them. */
  readonly rowsMax: number;
  /** Rows wanted, where their order can be told here; Infinity for all that were looked at. */
  readonly wanted: number;
}

const ROWS_PER_LOOK = 128;
const COLUMNS = `seq, score, createdAt, kind, engagement, answers, reactions, msats, followers,
  trustedEngagement, trustedAnswers, trustedReactions, trustedMsats`;

/** `complete` is false when the budget ended it; the newest rows (or the oldest) have been seen then. */
export function selectRows(
  database: Database,
  query: RowQuery,
  budget: RowBudget,
): { rows: FulltextRow[]; complete: boolean } {
  return query.counters || !Number.isFinite(budget.wanted)
    ? everyRow(database, query, budget)
    : bestRows(database, query, budget);
}

/** SQLite keeps the best itself: thousands of rows that are not among them never become objects. */
function bestRows(
  database: Database,
  query: RowQuery,
  { rowsMax, wanted }: RowBudget,
): { rows: FulltextRow[]; complete: boolean } {
  const sql = query.scored && isPlain(database, query) ? bestByScore(query) : bestByOrder(query);
  const statement = database.prepare<FulltextRow, [string, number, number, number, number, number]>(sql);
  // One more than wanted: without it these are all that there are.
  const asked = wanted + 1;
  const looked = Math.max(rowsMax, asked);
  try {
    const rows = statement.all(
      query.expression,
      query.afterSeq,
      query.upToSeq,
      query.nowSeconds,
      looked,
      asked,
    );
    return { rows: rows.slice(0, wanted), complete: rows.length < asked };
  } finally {
    statement.finalize();
  }
}

function bestByOrder(query: RowQuery): string {
  const order = query.scored ? "score DESC" : `createdAt ${query.oldestFirst ? "ASC" : "DESC"}`;
  return `SELECT ${COLUMNS} FROM (${sqlOf(query)} LIMIT ?5+0) ORDER BY ${order}, createdAt DESC, seq DESC LIMIT ?6+0`;
}

/** Where nothing is asked of the rows beside the hits, they are read for the best alone. */
function bestByScore({ table, oldestFirst }: RowQuery): string {
  const scored = `SELECT rowid AS seq, -bm25(${table}, ${WEIGHTS[table]}) AS score
    ${hitsAlone(table)} ORDER BY rowid ${oldestFirst ? "ASC" : "DESC"} LIMIT ?5+0`;
  // Among equals the date decides, so that all who are as good as the last of them stay in.
  return `WITH scored AS MATERIALIZED (${scored}),
      worst AS MATERIALIZED (SELECT min(score) AS score FROM (SELECT score FROM scored ORDER BY score DESC LIMIT ?6+0))
    SELECT doc.seq AS seq, scored.score AS score, doc.created_at AS createdAt, doc.kind AS kind, ${NO_COUNTERS}
    FROM scored CROSS JOIN doc ON doc.seq = scored.seq WHERE scored.score >= (SELECT score FROM worst)
    ORDER BY scored.score DESC, doc.created_at DESC, doc.seq DESC LIMIT ?6+0`;
}

function everyRow(
  database: Database,
  query: RowQuery,
  budget: RowBudget,
): { rows: FulltextRow[]; complete: boolean } {
  const statement = database.prepare<FulltextRow, [string, number, number, number]>(sqlOf(query));
  const rows: FulltextRow[] = [];
  let complete = true;
  try {
    for (const row of statement.iterate(query.expression, query.afterSeq, query.upToSeq, query.nowSeconds)) {
      rows.push(row);
      const isLook = rows.length % ROWS_PER_LOOK === 0;
      if (rows.length >= budget.rowsMax || (isLook && performance.now() > budget.deadlineMs)) {
        complete = false;
        break;
      }
    }
  } finally {
    statement.finalize();
  }
  return { rows, complete };
}

/** Every hit from this seq on is among the newest `rowsMax`; 0 where there are no more. */
export function lookedFrom(database: Database, query: RowQuery, rowsMax: number): number {
  const { table, expression, afterSeq, upToSeq, nowSeconds } = query;
  const last = database
    .query<{ seq: number }, [string, number, number, number, number]>(
      `SELECT rowid AS seq ${hitsAlone(table)} ORDER BY rowid DESC LIMIT 1 OFFSET ?5-1`,
    )
    .get(expression, afterSeq, upToSeq, nowSeconds, rowsMax);
  return last?.seq ?? 0;
}

/** How many rows there are; of more than `rowsMax`, so many. */
export function countRows(database: Database, query: RowQuery, rowsMax: number): number {
  const { table } = query;
  // Reading the row beside each hit is what costs; without anything to ask of it, counting the index is enough.
  const from = isPlain(database, query) ? hitsAlone(table) : `${joinedDoc(table)} ${conditions(query)}`;
  return database
    .query<{ count: number }, [string, number, number, number, number]>(
      `SELECT count(*) AS count FROM (SELECT 1 ${from} LIMIT ?5+0)`,
    )
    .get(query.expression, query.afterSeq, query.upToSeq, query.nowSeconds, rowsMax)!.count;
}

/** Is nothing asked of the row beside a hit? */
function isPlain(database: Database, { where, nowSeconds }: RowQuery): boolean {
  if (where !== "") return false;
  const expired = database
    .query<{ found: number }, [number]>(
      "SELECT 1 AS found FROM doc WHERE expires_at > 0 AND expires_at <= ? LIMIT 1",
    )
    .get(nowSeconds);
  return expired === null;
}

const NO_TRUSTED = "0 AS trustedEngagement, 0 AS trustedAnswers, 0 AS trustedReactions, 0 AS trustedMsats";
const NO_COUNTERS = `0 AS engagement, 0 AS answers, 0 AS reactions, 0 AS msats, 0 AS followers, ${NO_TRUSTED}`;
const TRUSTED = `ifnull(v.score, 0) AS trustedEngagement, ifnull(v.answers, 0) AS trustedAnswers,
  ifnull(v.reactions, 0) AS trustedReactions, ifnull(v.msats, 0) AS trustedMsats`;

function sqlOf(query: RowQuery): string {
  const { table } = query;
  const score = query.scored ? `-bm25(${table}, ${WEIGHTS[table]})` : "0.0";
  const counters = query.counters
    ? `ifnull(t.score, 0) AS engagement, ifnull(t.replies + t.quotes, 0) AS answers,
       ifnull(t.reactions + t.downvotes, 0) AS reactions, ifnull(t.msats, 0) AS msats, ifnull(a.followers, 0) AS followers,
       ${query.trusted ? TRUSTED : NO_TRUSTED}`
    : NO_COUNTERS;
  const joins = query.counters
    ? `LEFT JOIN target t ON t.key = doc.target LEFT JOIN author a ON a.key = doc.author
       ${query.trusted ? "LEFT JOIN trusted_target v ON v.key = doc.target" : ""}`
    : "";
  return `SELECT doc.seq AS seq, ${score} AS score, doc.created_at AS createdAt,
    doc.kind AS kind, ${counters}
    ${joinedDoc(table)} ${joins} ${conditions(query)}
    ORDER BY ${table}.rowid ${query.oldestFirst ? "ASC" : "DESC"}`;
}

function joinedDoc(table: FulltextTable): string {
  return `FROM ${table} CROSS JOIN doc ON doc.seq = ${table}.rowid`;
}

/** Without the rows beside them; ?4 is bound all the same. */
function hitsAlone(table: FulltextTable): string {
  return `FROM ${table} WHERE ${isHit(table)} AND ?4 >= 0`;
}

function isHit(table: FulltextTable): string {
  return `${table} MATCH ?1 AND ${table}.rowid > ?2 AND ${table}.rowid <= ?3`;
}

function conditions(query: RowQuery): string {
  const { table, where } = query;
  return `WHERE ${isHit(table)}
    AND (doc.expires_at = 0 OR doc.expires_at > ?4)${where === "" ? "" : ` AND ${where}`}`;
}
