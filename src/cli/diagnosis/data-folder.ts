// Checks of the data folder: may it be written, is there room, is the database whole.

import { Database } from "bun:sqlite";
import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Config } from "../../config/settings.ts";
import { checkIntegrity } from "../../hot/maintenance.ts";
import { schemaVersion, SCHEMA_VERSION } from "../../hot/migrate.ts";
import { asStoreError, StoreError } from "../../hot/store-error.ts";
import { databasePath, openDatabaseForReading } from "../store-access.ts";
import { failure, fine, type Finding, inShell, reasonOf, warning } from "./finding.ts";

const GB = 1e9;
const FREE_FAIL = GB / 2;
const FREE_WARN = 5 * GB;

export function checkFolder({ data }: Config): Finding {
  const folder = resolve(data.dir);
  const nearest = nearestFolder(folder);
  if (!statSync(nearest).isDirectory()) {
    return failure("data folder", `${nearest} is a file`, "set data.dir to a folder");
  }
  if (!isWritable(nearest, constants.W_OK | constants.X_OK)) {
    const make = nearest === folder ? "" : `sudo mkdir -p ${inShell(folder)} && `;
    return failure(
      "data folder",
      `${nearest} is not writable by this user`,
      `${make}sudo chown $(id -u) ${inShell(folder)}`,
    );
  }
  if (nearest !== folder) return fine("data folder", `${folder}, made at the first start`);
  return checkOwners(folder) ?? fine("data folder", folder);
}

/** What a command of another user has made there may keep the relay from starting. */
function checkOwners(folder: string): Finding | undefined {
  const { uid } = statSync(folder);
  const paths = readdirSync(folder).map((name) => join(folder, name));
  const remedy = `sudo chown -R --reference=${inShell(`${folder}/.`)} ${inShell(`${folder}/`)}`;
  const locked = paths.find((path) => !isWritable(path));
  if (locked !== undefined) return failure("data folder", `${locked} is not writable by this user`, remedy);
  const foreign = paths.find((path) => (ownerOf(path) ?? uid) !== uid);
  if (foreign === undefined) return undefined;
  return warning("data folder", `${foreign} belongs to another user than its folder`, remedy);
}

/** A relay beside us may remove a file that was there a moment ago: then nothing is wrong with it. */
function ownerOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.uid;
}

function isWritable(path: string, mode = constants.W_OK): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

export function checkRoom(
  { data }: Config,
  freeBytes: number = freeBytesOf(nearestFolder(resolve(data.dir))),
): Finding {
  const found = `${(freeBytes / GB).toFixed(1)} GB free`;
  if (freeBytes < FREE_FAIL)
    return failure("disk", found, "free some space: the relay refuses events when it is used up");
  if (freeBytes < FREE_WARN)
    return warning("disk", found, "free some space, or bound the store with hot.max_bytes and a cold store");
  return fine("disk", found);
}

/** Schema, and a check that reads the whole file. Nothing to check before the first start. */
export function checkDatabase(config: Config): Finding[] {
  const path = databasePath(config);
  if (!existsSync(path)) return [fine("database", "none yet, made at the first start")];
  const older = checkOlderSchema(path);
  if (older !== undefined) return [older];
  try {
    const database = openDatabaseForReading(config);
    try {
      return [fine("schema", `version ${schemaVersion(database)}`), integrityOf(database, path)];
    } finally {
      database.close();
    }
  } catch (error) {
    // What the checks themselves stumble over comes as SQLite says it.
    const fault = asStoreError(error, path);
    const remedy = fault instanceof StoreError ? fault.hint : `look at ${inShell(path)} with sqlite3`;
    return [failure("database", reasonOf(fault), remedy)];
  }
}

function integrityOf(database: Database, path: string): Finding {
  const [first] = checkIntegrity(database);
  if (first === undefined) return fine("integrity", "ok");
  return failure(
    "integrity",
    first,
    `stop the relay, copy ${path} away, and restore a backup or save what is readable with sqlite3 .recover`,
  );
}

/** An older schema is no fault: the next start brings it up to date. */
function checkOlderSchema(path: string): Finding | undefined {
  try {
    const database = new Database(path, { readonly: true });
    const version = schemaVersion(database);
    database.close();
    return version < SCHEMA_VERSION
      ? warning(
          "schema",
          `version ${version} of ${SCHEMA_VERSION}`,
          "start the relay with this version, or restart it: it brings the file up to date",
        )
      : undefined;
  } catch {
    return undefined;
  }
}

function nearestFolder(folder: string): string {
  let at = folder;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
