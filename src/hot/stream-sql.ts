// Every SQL text of the read side, prepared once for each reader.

import type { Database, Statement } from "bun:sqlite";
import { CountedRows } from "./counted-rows.ts";
import { FULL_ID, FULL_PUBKEY } from "./full-keys.ts";

/** created_at, rank, seq. */
export type StreamRow = readonly [createdAt: number, rank: number, seq: number];
/** Key (author or tag), kind, created_at of its newest row; kind is null when the key has no further kinds. */
export type HeadRow = readonly [key: number, kind: number | null, createdAt: number | null];
export type HitRow = readonly [createdAt: number, kind: number, expiresAt: number, json: string];

/** Where the rows of one stream lie. */
export interface StreamTable {
  /** Rows strictly below the point (createdAt, rank, seq) and at or above since, newest first, at most `count`. */
  readonly chunk: (
    key: number,
    kind: number,
    since: number,
    createdAt: number,
    rank: number,
    seq: number,
    count: number,
  ) => StreamRow[];
}

/** A table whose keys (authors, tags) have streams by kind. */
export interface KeyedTable extends StreamTable {
  /** The newest row at or before a second of every pair of keys and kinds. Lists are JSON. */
  readonly heads: (keys: string, kinds: string, until: number) => HeadRow[];
  /** The next kinds of each [key, kind] pair after that kind, with their newest row; at most HEADS_MAX rows. */
  readonly nextKinds: (pairs: string, until: number) => HeadRow[];
  /** Every row of every pair of keys and kinds between two seconds, both included, in no order. */
  readonly all: (keys: string, kinds: string, since: number, until: number) => StreamRow[];
  /** How many rows these keys have, counting no further than `max`. `kinds` undefined is every kind. */
  readonly countRows: (keys: string, kinds: string | undefined, max: number) => number;
}

/** Rows that one statement of heads() or nextKinds() may answer: keeps a single statement short. */
export const HEADS_MAX = 512;

// `LIMIT ?` makes SQLite prepare a statement anew at each run (it looks at the bound value when it plans): 5 µs each.
// `LIMIT ?+0` does not.
const NEWEST_FIRST = "ORDER BY created_at DESC, rank DESC, seq DESC";
const BELOW = "created_at >= ?1 AND (created_at, rank, seq) < (?2, ?3, ?4)";

type Numbers = Statement<unknown, number[]>;

export class ReadStatements {
  readonly author: KeyedTable;
  readonly tag: KeyedTable;
  readonly kind: StreamTable;
  readonly time: StreamTable;
  private readonly database: Database;
  private readonly begin: Numbers;
  private readonly commit: Numbers;
  private depth = 0;
  private readonly hitBySeq: Numbers;
  private readonly hitsById: Numbers;
  private readonly idsById: Numbers;
  private readonly dataVersionStatement: Numbers;
  /** Rows of one kind, whoever wrote them. */
  readonly ofKind: CountedRows;
  /** Rows of one author key and kind. */
  readonly ofAuthor: CountedRows;
  private readonly ownerStatement: Numbers;
  private readonly sharedStatement: Numbers;
  private readonly kindsStoredStatement: Numbers;

  constructor(database: Database) {
    this.database = database;
    this.begin = this.numbers("BEGIN");
    this.commit = this.numbers("COMMIT");
    this.author = this.keyed("event", "author");
    this.tag = this.keyed("tag", "tag");
    const kind = this.numbers(
      `SELECT created_at, rank, seq FROM event WHERE kind = ?6 AND ${BELOW} ${NEWEST_FIRST} LIMIT ?5+0`,
    );
    this.kind = {
      chunk: (_, k, since, at, rank, seq, count) => rows(kind.values(since, at, rank, seq, count, k)),
    };
    const time = this.numbers(
      `SELECT created_at, rank, seq FROM event WHERE ${BELOW} ${NEWEST_FIRST} LIMIT ?5+0`,
    );
    this.time = {
      chunk: (_, __, since, at, rank, seq, count) => rows(time.values(since, at, rank, seq, count)),
    };
    this.hitBySeq = this.numbers("SELECT created_at, kind, expires_at, json FROM event WHERE seq = ?1");
    this.hitsById = this.numbers("SELECT created_at, kind, expires_at, json, seq FROM event WHERE id = ?1");
    this.idsById = this.numbers(`SELECT ${FULL_ID} FROM event WHERE id = ?1`);
    this.dataVersionStatement = this.numbers("PRAGMA data_version");
    this.ofKind = new CountedRows(database, false);
    this.ofAuthor = new CountedRows(database, true);
    this.ownerStatement = this.numbers(`SELECT ${FULL_PUBKEY} FROM event WHERE author = ?1 LIMIT 1`);
    this.sharedStatement = this.numbers("SELECT 1 FROM shared_author WHERE author = ?1");
    this.kindsStoredStatement = this.numbers(
      `WITH RECURSIVE stored (kind) AS (
         SELECT min(kind) FROM event
         UNION ALL
         SELECT (SELECT min(e.kind) FROM event e WHERE e.kind > stored.kind) FROM stored WHERE kind IS NOT NULL)
       SELECT kind FROM stored WHERE kind IS NOT NULL`,
    );
  }

  /**
   * Everything that `read` reads is of one moment, and cheaper: on its own, each statement takes and drops SQLite's file
   * locks, 2 µs that often cost more than the statement. Until something is read it costs nothing. May be nested.
   */
  snapshot<Result>(read: () => Result): Result {
    if (this.depth++ === 0) this.begin.run();
    try {
      return read();
    } finally {
      if (--this.depth === 0) this.commit.run();
    }
  }

  hit(seq: number): HitRow | undefined {
    return rows<HitRow>(this.hitBySeq.values(seq))[0];
  }

  /** Rows whose ids share this key: the caller compares the whole id. */
  byIdKey(key: number): (readonly [...HitRow, seq: number])[] {
    return rows(this.hitsById.values(key));
  }

  /** Full ids that share this key. */
  fullIds(key: number): (readonly [id: string])[] {
    return rows(this.idsById.values(key));
  }

  /** Changes whenever another connection has committed. */
  dataVersion(): number {
    return rows<[number]>(this.dataVersionStatement.values())[0]![0];
  }

  /** Every kind that stands in the store, rising. */
  kindsStored(): number[] {
    return rows<[number]>(this.kindsStoredStatement.values()).map(([kind]) => kind);
  }

  /** The public key of any event that stands under an author's key; undefined where there is none. */
  ownerOf(author: number): string | undefined {
    return rows<[string]>(this.ownerStatement.values(author))[0]?.[0];
  }

  /** Have events of different public keys ever stood under this author's key? */
  isShared(author: number): boolean {
    return this.sharedStatement.values(author).length > 0;
  }

  private numbers(sql: string): Numbers {
    return this.database.prepare<unknown, number[]>(sql);
  }

  private keyed(table: "event" | "tag", key: "author" | "tag"): KeyedTable {
    const chunk = this.numbers(
      `SELECT created_at, rank, seq FROM ${table} WHERE ${key} = ?6 AND kind = ?7 AND ${BELOW} ${NEWEST_FIRST} LIMIT ?5+0`,
    );
    return {
      chunk: (k, kind, since, at, rank, seq, count) =>
        rows(chunk.values(since, at, rank, seq, count, k, kind)),
      ...this.heads(table, key),
      all: this.all(table, key),
      countRows: this.counter(table, key),
    };
  }

  private heads(table: string, key: string): Pick<KeyedTable, "heads" | "nextKinds"> {
    const newest = (k: string, kind: string): string =>
      `(SELECT created_at FROM ${table} t WHERE t.${key} = ${k} AND t.kind = ${kind} AND t.created_at <= ?1
        ORDER BY t.created_at DESC LIMIT 1)`;
    const heads = this.texts(
      `SELECT k.value, n.value, ${newest("k.value", "n.value")} FROM json_each(?2) k, json_each(?3) n`,
    );
    const nextKind = (k: string, kind: string): string =>
      `(SELECT min(t.kind) FROM ${table} t WHERE t.${key} = ${k} AND t.kind > ${kind})`;
    const nextKinds = this.texts(
      `WITH RECURSIVE pair (key, kind) AS (
         SELECT value ->> 0, ${nextKind("(value ->> 0)", "(value ->> 1)")} FROM json_each(?2)
         UNION ALL
         SELECT key, ${nextKind("pair.key", "pair.kind")} FROM pair WHERE kind IS NOT NULL
         LIMIT ${HEADS_MAX})
       SELECT key, kind, ${newest("pair.key", "pair.kind")} FROM pair`,
    );
    return {
      heads: (keys, kinds, until) => rows(heads.values(until, keys, kinds)),
      nextKinds: (pairs, until) => rows(nextKinds.values(until, pairs)),
    };
  }

  private all(table: string, key: string): KeyedTable["all"] {
    const all = this.texts(
      `SELECT t.created_at, t.rank, t.seq FROM json_each(?3) k CROSS JOIN json_each(?4) n
       CROSS JOIN ${table} t ON t.${key} = k.value AND t.kind = n.value AND t.created_at BETWEEN ?1 AND ?2`,
    );
    return (keys, kinds, since, until) => rows(all.values(since, until, keys, kinds));
  }

  private counter(table: string, key: string): KeyedTable["countRows"] {
    const from = `FROM json_each(?2) k CROSS JOIN ${table} t ON t.${key} = k.value`;
    const all = this.texts(`SELECT count(*) FROM (SELECT 1 ${from} LIMIT ?1+0)`);
    const some = this.texts(
      `SELECT count(*) FROM (SELECT 1 ${from} AND t.kind IN (SELECT value FROM json_each(?3)) LIMIT ?1+0)`,
    );
    return (keys, kinds, max) => {
      const answer = kinds === undefined ? all.values(max, keys) : some.values(max, keys, kinds);
      return rows<[number]>(answer)[0]![0];
    };
  }

  private texts(sql: string): Statement<unknown, (number | string)[]> {
    return this.database.prepare<unknown, (number | string)[]>(sql);
  }
}

/** bun:sqlite cannot know the columns' types; the STRICT schema does. */
function rows<Row>(values: unknown): Row[] {
  return values as Row[];
}
