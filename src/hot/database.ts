// Opening the SQLite file of the hot store: pragmas, checks of the folder, and errors that say what to do.

import { Database } from "bun:sqlite";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { migrate, requireCurrentSchema } from "./migrate.ts";
import { asStoreError, StoreError } from "./store-error.ts";

export const DATABASE_FILE = "thermocline.db";

/** full: every commit survives a power cut. normal: it survives a crash of the relay. off: for throw-away stores. */
export type Synchronous = "full" | "normal" | "off";

export interface DatabaseOptions {
  /** Opens without the means to change anything; the schema must be current already. */
  readonly readonly?: boolean;
  readonly synchronous?: Synchronous;
  /** Page cache of this connection, in bytes. */
  readonly cacheBytes?: number;
  /** How much of the file is read through a memory map, in bytes. 0 for none. */
  readonly mmapBytes?: number;
  /** How long to wait for another process's transaction. */
  readonly busyTimeoutMs?: number;
  /** WAL pages after which a commit checkpoints by itself; 0 leaves that to the caller. */
  readonly autoCheckpointPages?: number;
}

const CACHE_BYTES = 64 * 1024 * 1024;
const BUSY_TIMEOUT_MS = 10_000;
/**
 * Un-checkpointed WAL pages that make a checkpoint worth its price: 256 MiB. A page that many commits dirtied goes to the
 * file once, and random keys dirty the same pages again and again: a quarter of this costs a tenth of the writes a second.
 */
export const CHECKPOINT_PAGES = 65_536;
/** A WAL that grew beyond this in a rush is cut back at the next checkpoint. */
const WAL_BYTES_KEPT = 320 * 1024 * 1024;

/** Opens (and creates, unless readonly) the database at `path` with the current schema. Throws StoreError. */
export function openDatabase(path: string, options: DatabaseOptions = {}): Database {
  checkFile(path, options.readonly === true);
  let database: Database | undefined;
  try {
    database = options.readonly
      ? new Database(path, { readonly: true, strict: true })
      : new Database(path, { readwrite: true, create: true, strict: true });
    setPragmas(database, options);
    if (options.readonly) requireCurrentSchema(database, path);
    else migrate(database, path);
    return database;
  } catch (error) {
    database?.close();
    throw asStoreError(error, path);
  }
}

function setPragmas(database: Database, options: DatabaseOptions): void {
  const cacheKiB = Math.max(64, Math.floor((options.cacheBytes ?? CACHE_BYTES) / 1024));
  database.run(`PRAGMA busy_timeout = ${options.busyTimeoutMs ?? BUSY_TIMEOUT_MS}`);
  if (!options.readonly) {
    database.run("PRAGMA page_size = 4096");
    database.run("PRAGMA journal_mode = WAL");
    database.run(`PRAGMA synchronous = ${options.synchronous ?? "full"}`);
    database.run(`PRAGMA wal_autocheckpoint = ${options.autoCheckpointPages ?? CHECKPOINT_PAGES}`);
    database.run(`PRAGMA journal_size_limit = ${WAL_BYTES_KEPT}`);
  }
  database.run(`PRAGMA cache_size = -${cacheKiB}`);
  database.run(`PRAGMA mmap_size = ${options.mmapBytes ?? 0}`);
  database.run("PRAGMA temp_store = MEMORY");
  // The schema has no foreign keys; the pragma keeps a later one from being ignored in silence.
  database.run("PRAGMA foreign_keys = ON");
}

/** Throws StoreError unless the folder is there and may be written. */
export function checkFolder(folder: string): void {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new StoreError(
      "folder-missing",
      `there is no data folder ${folder}`,
      `create it (mkdir -p ${folder}) or name another one`,
    );
  }
  checkWritable(folder);
}

function checkFile(path: string, readonly: boolean): void {
  if (!readonly) {
    checkFolder(dirname(path));
    // What stands beside it may be left by another user's command.
    for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) checkWritable(file);
  } else if (!existsSync(path)) {
    throw new StoreError(
      "folder-missing",
      `there is no database ${path}`,
      "start the relay once to create it, or name another data folder",
    );
  }
}

function checkWritable(path: string): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw new StoreError(
      "not-writable",
      `${path} is not writable by this user`,
      "check owner and mode of the data folder and its files",
      error,
    );
  }
}
