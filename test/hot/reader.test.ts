// The reader on its own connection: read-only, always of one moment, and the log in order.

import { Database } from "bun:sqlite";
import { afterAll, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HotReader } from "../../src/hot/contract.ts";
import { createReader } from "../../src/hot/reader.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { createSchema, hitOf, insertRows, removeRows } from "../support/insert-rows.ts";
import type { NaiveRow } from "../support/naive-store.ts";

const folder = mkdtempSync(join(tmpdir(), "thermocline-reader-"));
const hex = (text: string): string => Bun.SHA256.hash(text, "hex");
const AUTHOR = hex("author");
const TAG_SEED = 3n;
const AMPLE = { deadlineMs: Number.POSITIVE_INFINITY };
let path = "";
let store: Database;
let reader: HotReader;
let stores = 0;

beforeEach(() => {
  reader?.close();
  store?.close();
  path = join(folder, `${++stores}.db`);
  store = new Database(path, { create: true });
  createSchema(store);
  reader = createReader(path, { tagSeed: TAG_SEED });
});

afterAll(() => {
  reader.close();
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

function row(seq: number, fields: Partial<NostrEvent> = {}): NaiveRow {
  const plain = {
    pubkey: AUTHOR,
    created_at: 1000 + seq,
    kind: 1,
    tags: [],
    content: "",
    sig: "0".repeat(128),
  };
  return { seq, event: { id: hex(`event ${seq}`), ...plain, ...fields } };
}

function addRemoval(seq: number, eventSeq: number, reason: string): void {
  store.run("INSERT INTO removal VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [
    seq,
    eventSeq,
    hex("gone"),
    AUTHOR,
    30_023,
    77,
    "slug",
    reason,
  ]);
}

test("a missing store is an error, not a new file", () => {
  expect(() => createReader(join(folder, "missing.db"), { tagSeed: TAG_SEED })).toThrow();
});

test("a store that nobody has open for writing can be read", () => {
  insertRows(store, [row(1)], TAG_SEED);
  reader.close();
  store.close();
  reader = createReader(path, { tagSeed: TAG_SEED });
  expect(reader.has(row(1).event.id)).toBe(true);
  store = new Database(path);
});

test("commits of another connection are seen at once, and nothing keeps the log file from being folded in", () => {
  const scan = reader.scan({ tags: [] });
  insertRows(store, [row(1), row(2)], TAG_SEED);
  const seen: number[] = [];
  expect(scan.run((hit) => seen.push(hit.seq) < 1, AMPLE)).toBe("stopped");
  expect(store.query("PRAGMA wal_checkpoint(TRUNCATE)").get()).toMatchObject({ busy: 0 });
  removeRows(store, [1]);
  expect(scan.run((hit) => seen.push(hit.seq) < 9, AMPLE)).toBe("exhausted");
  expect(seen).toEqual([2]);
  expect(reader.getMany([1, 2])).toEqual([hitOf(row(2))]);
});

test("a visit that throws leaves no read transaction behind", () => {
  insertRows(store, [row(1)], TAG_SEED);
  const scan = reader.scan({ kinds: [1], tags: [] });
  expect(() =>
    scan.run(() => {
      throw new Error("visitor");
    }, AMPLE),
  ).toThrow("visitor");
  insertRows(store, [row(2)], TAG_SEED);
  expect(store.query("PRAGMA wal_checkpoint(TRUNCATE)").get()).toMatchObject({ busy: 0 });
  expect(reader.has(row(2).event.id)).toBe(true);
});

test("a visit may look something else up, or scan", () => {
  insertRows(store, [row(1), row(2)], TAG_SEED);
  const inner: number[] = [];
  reader.scan({ tags: [] }).run((hit) => {
    expect(reader.getMany([hit.seq])).toHaveLength(1);
    reader
      .scan({ kinds: [1], tags: [], until: hit.createdAt })
      .run((other) => inner.push(other.seq) > 0, AMPLE);
    return true;
  }, AMPLE);
  expect(inner).toEqual([2, 1, 1]);
});

test("the log tells events and removals in one order", () => {
  insertRows(store, [row(1), row(3), row(6)], TAG_SEED);
  addRemoval(4, 2, "replaced");
  addRemoval(5, 0, "vanished");
  const gone = {
    type: "removed",
    seq: 4,
    eventSeq: 2,
    id: hex("gone"),
    pubkey: AUTHOR,
    kind: 30_023,
    createdAt: 77,
  };
  expect(reader.log(0, 10)).toEqual([
    { type: "stored", ...hitOf(row(1)) },
    { type: "stored", ...hitOf(row(3)) },
    { ...gone, identifier: "slug", reason: "replaced" } as never,
    { type: "vanished", seq: 5, pubkey: AUTHOR, until: 77 },
    { type: "stored", ...hitOf(row(6)) },
  ]);
  expect(reader.log(1, 2).map((entry) => entry.seq)).toEqual([3, 4]);
  expect(reader.log(4, 1).map((entry) => entry.seq)).toEqual([5]);
  expect(reader.log(6, 10)).toEqual([]);
});

test("the last seq counts events, removals and numbers given out", () => {
  expect(reader.lastSeq()).toBe(0);
  insertRows(store, [row(3)], TAG_SEED);
  expect(reader.lastSeq()).toBe(3);
  addRemoval(7, 3, "deleted");
  expect(reader.lastSeq()).toBe(7);
  store.run("INSERT INTO meta VALUES ('seq', '12')");
  expect(reader.lastSeq()).toBe(12);
});
