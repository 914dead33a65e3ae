// Counts from the index alone: long ones in strides, and keys that stand for several authors.

import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { CountGate } from "../../src/hot/contract.ts";
import { openDatabase } from "../../src/hot/database.ts";
import { authorKey } from "../../src/hot/keys.ts";
import { createReader } from "../../src/hot/reader.ts";
import { createWriter } from "../../src/hot/writer.ts";
import type { Filter } from "../../src/nostr/filter.ts";
import { unsignedEvent } from "../support/events.ts";
import { createSchema } from "../support/insert-rows.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
const ALICE = "a1".repeat(32);
/** Alice's first 48 bits. */
const TWIN = ALICE.slice(0, 12) + "0".repeat(52);
const GATE: CountGate = { nowSeconds: 1000, isOpenKind: () => true, accepts: () => true };
const SPENT = { deadlineMs: 0 };

function counted(path: string, filter: Omit<Filter, "tags">): number {
  const reader = createReader(path, { tagSeed: 1n, workPerLook: 1 });
  const counting = reader.count({ tags: [], ...filter }, GATE);
  while (counting.run(SPENT) === "paused");
  reader.close();
  return counting.count;
}

test("a hundred thousand rows are counted in strides, each row once", () => {
  const path = join(folder(), "a.db");
  const database = new Database(path, { create: true });
  createSchema(database);
  // Seconds and ranks are shared, so that strides end among rows that differ by seq alone.
  database.run(
    `WITH RECURSIVE n (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < 100000)
     INSERT INTO event
       SELECT seq, seq / 30000, seq % 2, 1, ?1, seq, CASE WHEN seq % 10 = 0 THEN 1000 ELSE 0 END, ?2 FROM n`,
    [authorKey(ALICE), `{"id":"${"0".repeat(64)}","pubkey":"${ALICE}"}`],
  );
  database.close();
  for (const who of [{ kinds: [1] }, { authors: [ALICE], kinds: [1] }]) {
    expect(counted(path, who)).toBe(90_000);
    expect(counted(path, { ...who, since: 1 })).toBe(90_000 - 27_000);
    expect(counted(path, { ...who, until: 2 })).toBe(90_000 - 9000);
    expect(counted(path, { ...who, since: 5 })).toBe(0);
  }
  expect(counted(path, { authors: [TWIN], kinds: [1] })).toBe(0);
});

test("what had few rows when it was counted first may grow long", () => {
  const path = join(folder(), "a.db");
  const database = new Database(path, { create: true });
  createSchema(database);
  const grow = (from: number, to: number) =>
    database.run(
      `WITH RECURSIVE n (seq) AS (SELECT ?1 UNION ALL SELECT seq + 1 FROM n WHERE seq < ?2)
       INSERT INTO event SELECT seq, seq, 0, 1, ?3, seq, 0, ?4 FROM n`,
      [from, to, authorKey(ALICE), `{"id":"${"0".repeat(64)}","pubkey":"${ALICE}"}`],
    );
  grow(1, 10);
  const reader = createReader(path, { tagSeed: 1n });
  const counted = (filter: Omit<Filter, "tags">): number => {
    const counting = reader.count({ tags: [], ...filter }, GATE);
    while (counting.run({ deadlineMs: Number.POSITIVE_INFINITY }) === "paused");
    return counting.count;
  };
  const counts = () =>
    [{ authors: [ALICE], kinds: [1] }, { authors: [ALICE], kinds: [1], since: 6 }, { kinds: [1] }].map(
      counted,
    );
  expect([counts(), counts()]).toEqual([
    [10, 5, 10],
    [10, 5, 10],
  ]);
  grow(11, 90_000);
  for (let again = 0; again < 3; again++) expect(counts()).toEqual([90_000, 89_995, 90_000]);
  reader.close();
  database.close();
});

test("authors whose keys are the same are counted apart, whoever came first or has left", () => {
  const path = join(folder(), "a.db");
  const writer = createWriter(openDatabase(path, { synchronous: "off" }), { ownUrls: new Set() });
  const put = (pubkey: string, content: string) => writer.apply([unsignedEvent(pubkey, { content })]);
  const counts = () => [ALICE, TWIN].map((pubkey) => counted(path, { authors: [pubkey], kinds: [1] }));
  const isShared = () => {
    const database = openDatabase(path, { readonly: true });
    const { n } = database.query<{ n: number }, []>("SELECT count(*) AS n FROM shared_author").get()!;
    database.close();
    return n > 0;
  };
  put(ALICE, "1");
  put(ALICE, "2");
  expect([counts(), isShared()]).toEqual([[2, 0], false]);
  put(TWIN, "1");
  expect([counts(), isShared()]).toEqual([[2, 1], true]);
  expect(counted(path, { authors: [ALICE, TWIN], kinds: [1, 2] })).toBe(3);
  writer.removeMany([1, 2], "banned");
  expect(counts()).toEqual([0, 1]);
  put(ALICE, "3");
  expect(counts()).toEqual([1, 1]);
  writer.close();
});

test("what another process stored under a key is seen, though its first author is remembered", () => {
  const path = join(folder(), "a.db");
  const open = () => createWriter(openDatabase(path, { synchronous: "off" }), { ownUrls: new Set() });
  const [one, other] = [open(), open()];
  one.apply([unsignedEvent(ALICE, { content: "1" })]);
  one.removeMany([1], "banned");
  other.apply([unsignedEvent(TWIN, { content: "1" })]);
  one.apply([unsignedEvent(ALICE, { content: "2" })]);
  expect([ALICE, TWIN].map((pubkey) => counted(path, { authors: [pubkey], kinds: [1] }))).toEqual([1, 1]);
  one.close();
  other.close();
});

test("a store from before finds its shared keys when it is brought forward", () => {
  const path = join(folder(), "a.db");
  const before = openDatabase(path, { synchronous: "off" });
  const writer = createWriter(before, { ownUrls: new Set() });
  for (const pubkey of [ALICE, TWIN, "b0".repeat(32)])
    writer.apply([unsignedEvent(pubkey, { content: "1" })]);
  before.run("DROP TABLE shared_author");
  before.run("PRAGMA user_version = 2");
  writer.close();
  const database = openDatabase(path);
  expect(database.query("SELECT author FROM shared_author").all()).toEqual([{ author: authorKey(ALICE) }]);
  database.close();
  expect(counted(path, { authors: [ALICE], kinds: [1] })).toBe(1);
});
