// Opening the database: pragmas, the schema's number, and faults that say what to do.

import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "../../src/hot/database.ts";
import { readTagSeed, SCHEMA_VERSION, schemaVersion } from "../../src/hot/migrate.ts";
import { StoreError, type StoreFault } from "../../src/hot/store-error.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();

function faultOf(work: () => unknown): StoreError {
  try {
    work();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

function expectFault(work: () => unknown, fault: StoreFault): StoreError {
  const error = faultOf(work);
  expect(error.fault).toBe(fault);
  expect(error.hint).not.toBe("");
  return error;
}

function pragma(database: Database, name: string): unknown {
  return Object.values(database.query<Record<string, unknown>, []>(`PRAGMA ${name}`).get()!)[0];
}

test("a fresh database has the schema, WAL, 4 KiB pages and full synchrony", () => {
  const database = openDatabase(join(folder(), "a.db"));
  expect(pragma(database, "journal_mode")).toBe("wal");
  expect(pragma(database, "page_size")).toBe(4096);
  expect(pragma(database, "synchronous")).toBe(2);
  expect(schemaVersion(database)).toBe(SCHEMA_VERSION);
  database.close();
});

test("synchrony can be chosen", () => {
  const path = join(folder(), "a.db");
  for (const [synchronous, number] of [
    ["normal", 1],
    ["off", 0],
    ["full", 2],
  ] as const) {
    const database = openDatabase(path, { synchronous });
    expect(pragma(database, "synchronous")).toBe(number);
    database.close();
  }
});

test("the tag seed is made once, and every file has its own", () => {
  const path = join(folder(), "a.db");
  const first = openDatabase(path);
  const seed = readTagSeed(first);
  first.close();
  const second = openDatabase(path);
  expect(readTagSeed(second)).toBe(seed);
  second.close();
  const other = openDatabase(join(folder(), "b.db"));
  expect(readTagSeed(other)).not.toBe(seed);
  other.close();
});

test("a readonly connection cannot write", () => {
  const path = join(folder(), "a.db");
  openDatabase(path).close();
  const database = openDatabase(path, { readonly: true });
  expect(() => database.run("DELETE FROM event")).toThrow("readonly");
  database.close();
});

test("a missing folder is named, with the way to make it", () => {
  const missing = join(folder(), "not", "there");
  const error = expectFault(() => openDatabase(join(missing, "a.db")), "folder-missing");
  expect(error.message).toContain(missing);
  expect(error.hint).toContain("mkdir");
});

test("a missing database cannot be opened readonly", () => {
  expectFault(() => openDatabase(join(folder(), "a.db"), { readonly: true }), "folder-missing");
});

test.if(process.getuid?.() !== 0)("a folder without the right to write is named", () => {
  const closed = folder();
  chmodSync(closed, 0o555);
  expectFault(() => openDatabase(join(closed, "a.db")), "not-writable");
  chmodSync(closed, 0o755);
});

test("a file that is not a database is called damaged", () => {
  const path = join(folder(), "a.db");
  writeFileSync(path, "this is a diary, not a database. ".repeat(400));
  expectFault(() => openDatabase(path), "damaged");
});

test("a schema from the future is refused, also readonly, and left alone", () => {
  const path = join(folder(), "a.db");
  const database = openDatabase(path);
  database.run(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
  database.close();
  const error = expectFault(() => openDatabase(path), "newer-schema");
  expect(error.hint).toContain("upgrade");
  expectFault(() => openDatabase(path, { readonly: true }), "newer-schema");
});

test("readonly does not migrate, it asks for a start of the relay", () => {
  const path = join(folder(), "a.db");
  const database = new Database(path);
  database.run("PRAGMA journal_mode = WAL");
  database.run("CREATE TABLE unrelated (a)");
  database.close();
  expectFault(() => openDatabase(path, { readonly: true }), "older-schema");
});
