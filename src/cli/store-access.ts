// Opening the data folder for a command: to write, only to read, or to have it alone.

import type { Database } from "bun:sqlite";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/settings.ts";
import { DATABASE_FILE, openDatabase } from "../hot/database.ts";
import type { HotReader } from "../hot/contract.ts";
import { type FolderLock, isServed, lockFolder } from "../hot/folder-lock.ts";
import { pageCacheBytesFor, sizeOf } from "../hot/memory-shares.ts";
import { readTagSeed } from "../hot/migrate.ts";
import { createReader } from "../hot/reader.ts";
import { StoreError } from "../hot/store-error.ts";
import { createWriter, type StoreWriter } from "../hot/writer.ts";
import { normaliseRelayUrl } from "../nostr/relay-url.ts";

export function databasePath({ data }: Config): string {
  return join(data.dir, DATABASE_FILE);
}

/**
 * Makes the folder and the database when they are missing. Throws StoreError, also where a relay serves the folder that was
 * started before an upgrade: it would go on writing as the older schema asks. The writer owns the connection.
 */
export function openForWriting(config: Config): StoreWriter {
  mkdirSync(config.data.dir, { recursive: true });
  if (existsSync(databasePath(config)) && isServed(config.data.dir)) openDatabaseForReading(config).close();
  const database = openDatabase(databasePath(config), {
    synchronous: config.hot.synchronous,
    cacheBytes: pageCacheBytes(config),
  });
  const ownUrls = config.relay.urls.map(normaliseRelayUrl).filter((url) => url !== undefined);
  return createWriter(database, { ownUrls: new Set(ownUrls) });
}

/** Throws StoreError when there is no database, or one of another schema version. */
export function openDatabaseForReading(config: Config): Database {
  return openDatabase(databasePath(config), { readonly: true, cacheBytes: pageCacheBytes(config) });
}

/** A reader without a recent tail: a command looks once, so there is nothing to keep in memory. */
export function openReader(config: Config): HotReader {
  const database = openDatabaseForReading(config);
  const tagSeed = readTagSeed(database);
  database.close();
  return createReader(databasePath(config), { tagSeed, pageCacheBytes: pageCacheBytes(config) });
}

function pageCacheBytes({ hot }: Config): number {
  return sizeOf(hot.page_cache_bytes, pageCacheBytesFor);
}

/** The serving lock of the data folder, or undefined when a relay has it. */
export function lockUnlessServed({ data }: Config): FolderLock | undefined {
  try {
    return lockFolder(data.dir);
  } catch (error) {
    if (error instanceof StoreError && error.fault === "in-use") return undefined;
    throw error;
  }
}
