// One serving relay a data folder: a lock that the operating system drops when its holder dies.

import { Database, SQLiteError } from "bun:sqlite";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkFolder } from "./database.ts";
import { asStoreError, isDamage, StoreError } from "./store-error.ts";

const LOCK_FILE = "lock.db";

/** Keep hold of it: the lock goes when this is collected. */
export interface FolderLock {
  release(): void;
}

/**
 * Takes the serving lock of a data folder, or throws StoreError "in-use" naming the holder's process. It is an exclusive
 * transaction on a small SQLite file of its own, so it ends with the process, however that ends, and commands that only
 * read or write events (import, delete) are not kept out.
 */
export function lockFolder(folder: string, pid: number = process.pid): FolderLock {
  checkFolder(folder);
  const path = join(folder, LOCK_FILE);
  const holderPath = join(folder, "serving.pid");
  let database: Database | undefined;
  try {
    database = new Database(path, { readwrite: true, create: true, strict: true });
    database.run("PRAGMA busy_timeout = 0");
    database.run("PRAGMA locking_mode = EXCLUSIVE");
    database.run("PRAGMA journal_mode = MEMORY");
    database.run("BEGIN EXCLUSIVE");
    writeFileSync(holderPath, `${pid}\n`);
  } catch (error) {
    database?.close();
    if (isBusy(error)) throw inUse(folder, holderPath, error);
    throw isDamage(error) ? damagedLock(path, error) : asStoreError(error, path);
  }
  const held = database;
  return { release: () => held.close() };
}

/** Does somebody hold the serving lock now? Looks without taking it, and leaves nothing behind. Where it cannot see, yes. */
export function isServed(folder: string): boolean {
  const path = join(folder, LOCK_FILE);
  if (!existsSync(path)) return false;
  try {
    using database = new Database(path, { readonly: true });
    database.run("PRAGMA busy_timeout = 0");
    database.query("SELECT count(*) FROM sqlite_schema").get();
    return false;
  } catch {
    return true;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof SQLiteError && (error.code ?? "").startsWith("SQLITE_BUSY");
}

/** Not removed here: a relay that took it before it was damaged may still be running. */
function damagedLock(path: string, cause: unknown): StoreError {
  return new StoreError(
    "damaged",
    `${path}, the lock of the data folder, is damaged`,
    "make sure that no relay serves this folder, and delete the file: nothing is in it",
    cause,
  );
}

function inUse(folder: string, holderPath: string, cause: unknown): StoreError {
  const holder = readHolder(holderPath);
  return new StoreError(
    "in-use",
    `another relay${holder === undefined ? "" : ` (process ${holder})`} is serving the data folder ${folder}`,
    "stop that one first, or give this one a data folder of its own",
    cause,
  );
}

function readHolder(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
