// Numbered, forward-only schema changes, recorded in PRAGMA user_version.

import type { Database } from "bun:sqlite";
import { sql as events } from "./migrations/0001-events.ts";
import { sql as eviction } from "./migrations/0002-eviction.ts";
import { sql as sharedAuthors } from "./migrations/0003-shared-authors.ts";
import { StoreError } from "./store-error.ts";

/** Migration N stands at index N - 1. Once released, an entry never changes. */
const MIGRATIONS: readonly string[] = [events, eviction, sharedAuthors];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** The version written in the file; 0 for an empty one. */
export function schemaVersion(database: Database): number {
  return database.query<{ user_version: number }, []>("PRAGMA user_version").get()!.user_version;
}

/**
 * Brings the schema up to date, each step in a transaction of its own, so that a crash leaves a whole version. Two
 * processes may start at once: the version is read again under the write lock. Throws StoreError for a newer schema.
 */
export function migrate(database: Database, path: string): void {
  for (;;) {
    const version = schemaVersion(database);
    if (version > SCHEMA_VERSION) throw newerSchema(path, version);
    if (version === SCHEMA_VERSION) return;
    database.run("BEGIN IMMEDIATE");
    try {
      if (schemaVersion(database) === version) step(database, version);
      database.run("COMMIT");
    } catch (error) {
      if (database.inTransaction) database.run("ROLLBACK");
      throw error;
    }
  }
}

/** For connections that may not migrate. Throws StoreError unless the schema is exactly the current one. */
export function requireCurrentSchema(database: Database, path: string): void {
  const version = schemaVersion(database);
  if (version > SCHEMA_VERSION) throw newerSchema(path, version);
  if (version < SCHEMA_VERSION) {
    throw new StoreError(
      "older-schema",
      `${path} has schema version ${version}, this program needs ${SCHEMA_VERSION}`,
      "start the relay with this version, or restart it: it brings the file up to date",
    );
  }
}

/** The secret that seeds tagKey(); made once, when the file is. */
export function readTagSeed(database: Database): bigint {
  const row = database.query<{ value: string }, []>("SELECT value FROM meta WHERE key = 'tag_seed'").get();
  if (row === null) throw new StoreError("damaged", "the database has no tag seed", "restore a backup");
  return BigInt(row.value);
}

function step(database: Database, version: number): void {
  database.run(MIGRATIONS[version]!);
  if (version === 0) {
    const seed = crypto.getRandomValues(new BigUint64Array(1))[0]!;
    database.run("INSERT INTO meta (key, value) VALUES ('seq', '0'), ('tag_seed', ?)", [seed.toString()]);
  }
  database.run(`PRAGMA user_version = ${version + 1}`);
}

function newerSchema(path: string, version: number): StoreError {
  return new StoreError(
    "newer-schema",
    `${path} was written by a newer Thermocline (schema version ${version}, this one knows ${SCHEMA_VERSION})`,
    "upgrade this program, or restore the backup that was made before the upgrade",
  );
}
