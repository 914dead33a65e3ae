// What the data folder holds, in numbers.

import type { Database } from "bun:sqlite";
import { existsSync, statSync } from "node:fs";
import { schemaVersion } from "../hot/migrate.ts";

export interface StoreFacts {
  readonly path: string;
  readonly schema: number;
  readonly events: number;
  /** Newest kinds by number of events, most frequent first. */
  readonly kinds: readonly { readonly kind: number; readonly events: number }[];
  /** Unix seconds; undefined in an empty store. */
  readonly oldest: number | undefined;
  readonly newest: number | undefined;
  /** First and last seq of stored events, and the last one given out. */
  readonly seq: { readonly first: number; readonly last: number; readonly given: number };
  readonly bytes: { readonly database: number; readonly wal: number; readonly unused: number };
  readonly addresses: number;
  readonly tombstones: {
    readonly deletedIds: number;
    readonly deletedAddresses: number;
    readonly vanishedKeys: number;
    readonly bannedEvents: number;
    readonly bannedKeys: number;
  };
  /** Who follows the log, such as the cold indexer, and how far each is behind. */
  readonly followers: readonly { readonly name: string; readonly seq: number; readonly behind: number }[];
}

/** Counts every index entry of the events: a second for ten million of them. */
export function storeFacts(database: Database, path: string): StoreFacts {
  const kinds = database
    .query<{ kind: number; events: number }, []>(
      "SELECT kind, count(*) AS events FROM event GROUP BY kind ORDER BY events DESC, kind",
    )
    .all();
  const given = Number(textOf(database, "SELECT value FROM meta WHERE key = 'seq'"));
  return {
    path,
    schema: schemaVersion(database),
    events: kinds.reduce((sum, { events }) => sum + events, 0),
    kinds,
    oldest: numberOf(database, "SELECT min(created_at) AS value FROM event"),
    newest: numberOf(database, "SELECT max(created_at) AS value FROM event"),
    seq: {
      first: numberOf(database, "SELECT min(seq) AS value FROM event") ?? 0,
      last: numberOf(database, "SELECT max(seq) AS value FROM event") ?? 0,
      given,
    },
    bytes: sizes(database, path),
    addresses: countOf(database, "head"),
    tombstones: {
      deletedIds: countOf(database, "deleted_id"),
      deletedAddresses: countOf(database, "deleted_address"),
      vanishedKeys: countOf(database, "vanished"),
      bannedEvents: countOf(database, "banned_event"),
      bannedKeys: countOf(database, "banned_pubkey"),
    },
    followers: database
      .query<{ name: string; seq: number }, []>("SELECT name, seq FROM follower ORDER BY name")
      .all()
      .map(({ name, seq }) => ({ name, seq, behind: Math.max(0, given - seq) })),
  };
}

function sizes(database: Database, path: string): StoreFacts["bytes"] {
  const free = numberOf(database, "SELECT freelist_count AS value FROM pragma_freelist_count") ?? 0;
  const page = numberOf(database, "SELECT page_size AS value FROM pragma_page_size") ?? 0;
  return { database: sizeOf(path), wal: sizeOf(`${path}-wal`), unused: free * page };
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

function countOf(database: Database, table: string): number {
  return numberOf(database, `SELECT count(*) AS value FROM ${table}`) ?? 0;
}

function numberOf(database: Database, sql: string): number | undefined {
  return database.query<{ value: number | null }, []>(sql).get()?.value ?? undefined;
}

function textOf(database: Database, sql: string): string {
  return database.query<{ value: string }, []>(sql).get()?.value ?? "";
}
