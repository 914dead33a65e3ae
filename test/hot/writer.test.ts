// The rules of writing, one by one, against a real database.

import type { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { VerifiedEvent } from "../../src/nostr/event.ts";
import { openDatabase } from "../../src/hot/database.ts";
import { checkIntegrity } from "../../src/hot/maintenance.ts";
import { createWriter, type StoreWriter } from "../../src/hot/writer.ts";
import { type EventTemplate, unsignedEvent } from "../support/events.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
const ALICE = "a1".repeat(32);
const BOB = "b0".repeat(32);
const HERE = "wss://relay.example";

interface Store {
  readonly database: Database;
  readonly writer: StoreWriter;
  /** Applies each event as a batch of its own and answers the outcomes' names. */
  put(...events: VerifiedEvent[]): string[];
  stored(): string[];
}

function open(path = join(folder(), "a.db")): Store {
  const database = openDatabase(path, { synchronous: "off" });
  const writer = createWriter(database, { ownUrls: new Set([HERE]) });
  return {
    database,
    writer,
    put: (...events) => events.map((event) => writer.apply([event]).outcomes[0]!.type),
    stored: () =>
      database
        .query<{ id: string }, []>("SELECT json ->> 'id' AS id FROM event ORDER BY seq")
        .all()
        .map(({ id }) => id),
  };
}

const by = (pubkey: string, template: EventTemplate) => unsignedEvent(pubkey, template);
const idOf = ({ event }: VerifiedEvent) => event.id;
const deletion = (pubkey: string, target: VerifiedEvent, at = 2000) =>
  by(pubkey, { kind: 5, created_at: at, tags: [["e", idOf(target)]] });
const vanish = (pubkey: string, at: number, relay = HERE) =>
  by(pubkey, { kind: 62, created_at: at, tags: [["relay", relay]] });

function count(store: Store, table: string): number {
  return store.database.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()!.n;
}

test("seq rises by one for each row of the log, and the outcome names it", () => {
  const { writer } = open();
  const events = [1, 2, 3].map((n) => by(ALICE, { content: `${n}` }));
  const { outcomes, lastSeq, removed } = writer.apply(events);
  expect(outcomes).toEqual([1, 2, 3].map((seq) => ({ type: "stored", seq })));
  expect(lastSeq).toBe(3);
  expect(removed).toEqual([]);
});

test("the same id again is a duplicate, in the same batch too", () => {
  const { writer } = open();
  const note = by(ALICE, { content: "once" });
  expect(writer.apply([note, note]).outcomes.map(({ type }) => type)).toEqual(["stored", "duplicate"]);
  expect(writer.apply([note]).outcomes[0]!.type).toBe("duplicate");
});

test("two events whose short keys collide are both kept, and each is found again", () => {
  const store = open();
  const note = by(ALICE, { content: "one" });
  store.put(note);
  const twin = idOf(note).slice(0, 12) + "f".repeat(52);
  store.database.run("UPDATE event SET json = replace(json, ?, ?)", [idOf(note), twin]);
  expect(store.put(note, note)).toEqual(["stored", "duplicate"]);
});

test("tags are indexed once a value, and go with their event", () => {
  const store = open();
  const note = by(ALICE, {
    tags: [
      ["p", BOB],
      ["p", BOB],
      ["t", "x"],
      ["title", "not indexed"],
    ],
  });
  store.put(note);
  expect(count(store, "tag")).toBe(2);
  store.put(deletion(ALICE, note));
  expect(count(store, "tag")).toBe(1);
});

test("an ephemeral event fails alone: the rest of its batch is stored", () => {
  const { writer } = open();
  const { outcomes } = writer.apply([by(ALICE, {}), by(ALICE, { kind: 20_001 }), by(BOB, {})]);
  expect(outcomes.map(({ type }) => type)).toEqual(["stored", "failed", "stored"]);
  expect(outcomes[1]).toMatchObject({ error: expect.stringContaining("ephemeral") });
  expect(outcomes[2]).toEqual({ type: "stored", seq: 2 });
});

test("a newer version takes the place of an older one, which is logged as replaced", () => {
  const store = open();
  const [first, second] = [by(ALICE, { kind: 0, created_at: 10 }), by(ALICE, { kind: 0, created_at: 11 })];
  expect(store.put(first)).toEqual(["stored"]);
  expect(store.writer.apply([second]).removed).toEqual([1]);
  expect(store.stored()).toEqual([idOf(second)]);
  expect(store.database.query("SELECT event_seq, id, reason FROM removal").all()).toEqual([
    { event_seq: 1, id: idOf(first), reason: "replaced" },
  ]);
  expect(store.put(first)).toEqual(["superseded"]);
});

test("at one second the lowest id wins, in either order", () => {
  const versions = ["x", "y"].map((content) => by(ALICE, { kind: 10_002, created_at: 10, content }));
  const [low, high] = versions.sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1)) as [VerifiedEvent, VerifiedEvent];
  const rising = open();
  expect(rising.put(low, high)).toEqual(["stored", "superseded"]);
  const falling = open();
  expect(falling.put(high, low)).toEqual(["stored", "stored"]);
  expect(falling.stored()).toEqual([idOf(low)]);
});

test("addresses differ by identifier, and no d tag is the empty identifier", () => {
  const store = open();
  const at = (created_at: number, ...tags: string[][]) => by(ALICE, { kind: 30_023, created_at, tags });
  expect(
    store.put(at(10), at(10, ["d", "a"]), at(11, ["d", ""]), at(12, ["d"]), at(9, ["d", "a"], ["d", "b"])),
  ).toEqual(["stored", "stored", "stored", "stored", "superseded"]);
  expect(store.stored().length).toBe(2);
});

test("a deleted newest version brings no older one back, and stays deleted itself", () => {
  const store = open();
  const [older, newest] = [by(ALICE, { kind: 0, created_at: 10 }), by(ALICE, { kind: 0, created_at: 20 })];
  store.put(older, newest, deletion(ALICE, newest, 30));
  expect(store.put(older, newest)).toEqual(["superseded", "deleted"]);
  expect(store.put(by(ALICE, { kind: 0, created_at: 21 }))).toEqual(["stored"]);
});

test("an expired newest version brings no older one back either", () => {
  const store = open();
  const newest = by(ALICE, { kind: 0, created_at: 20, tags: [["expiration", "100"]] });
  store.put(newest);
  expect(store.writer.removeExpired(99, 10).removed).toEqual([]);
  expect(store.writer.removeExpired(100, 10).removed).toEqual([1]);
  expect(store.put(by(ALICE, { kind: 0, created_at: 10 }))).toEqual(["superseded"]);
});

test("deletion by id works whichever comes first, and the request stays", () => {
  const note = by(ALICE, { content: "regret" });
  const request = deletion(ALICE, note);
  const after = open();
  expect(after.put(note, request, note)).toEqual(["stored", "stored", "deleted"]);
  expect(after.stored()).toEqual([idOf(request)]);
  const before = open();
  expect(before.put(request, note)).toEqual(["stored", "deleted"]);
});

test("a foreign deletion touches neither what is stored nor what is still to come", () => {
  const note = by(ALICE, { content: "mine" });
  const stored = open();
  expect(stored.put(note, deletion(BOB, note), note)).toEqual(["stored", "stored", "duplicate"]);
  const unseen = open();
  expect(unseen.put(deletion(BOB, note), note)).toEqual(["stored", "stored"]);
  expect(unseen.put(deletion(ALICE, note), note)).toEqual(["stored", "deleted"]);
});

test("a deletion by id has no time bound", () => {
  const store = open();
  const note = by(ALICE, { created_at: 5000 });
  expect(store.put(deletion(ALICE, note, 1000), note)).toEqual(["stored", "deleted"]);
});

test("deletion requests and requests to vanish cannot be deleted", () => {
  const store = open();
  const request = deletion(ALICE, by(ALICE, { content: "x" }));
  const elsewhere = vanish(ALICE, 100, "wss://other.example");
  store.put(request, elsewhere, deletion(ALICE, request, 3000), deletion(ALICE, elsewhere, 3000));
  expect(store.stored().length).toBe(4);
  expect(store.put(request, elsewhere)).toEqual(["duplicate", "duplicate"]);
});

test("the recipient of a gift wrap may delete it, others not", () => {
  const store = open();
  const wrap = by("cc".repeat(32), { kind: 1059, tags: [["p", BOB]] });
  expect(store.put(wrap, deletion(ALICE, wrap), wrap)).toEqual(["stored", "stored", "duplicate"]);
  expect(store.put(deletion(BOB, wrap), wrap)).toEqual(["stored", "deleted"]);
  const early = open();
  expect(early.put(deletion(BOB, wrap), wrap)).toEqual(["stored", "deleted"]);
});

test("deletion by address reaches versions up to its second, stored or not, and later ones live", () => {
  const store = open();
  const at = (created_at: number) => by(ALICE, { kind: 30_023, created_at, tags: [["d", "x:y"]] });
  const request = by(ALICE, { kind: 5, created_at: 20, tags: [["a", `30023:${ALICE}:x:y`]] });
  expect(store.put(at(19), request, at(19), at(20), at(21))).toEqual([
    "stored",
    "stored",
    "deleted",
    "deleted",
    "stored",
  ]);
  // The bound never goes back.
  const older = by(ALICE, { kind: 5, created_at: 5, tags: [["a", `30023:${ALICE}:x:y`]] });
  expect(store.put(older, at(20))).toEqual(["stored", "deleted"]);
  expect(store.stored().length).toBe(3);
});

test("a deletion by address spares a newer version that is stored, and other people's addresses", () => {
  const store = open();
  const mine = by(ALICE, { kind: 10_002, created_at: 50 });
  const theirs = by(BOB, { kind: 10_002, created_at: 10 });
  const tags = [
    ["a", `10002:${ALICE}:`],
    ["a", `10002:${BOB}:`],
  ];
  store.put(mine, theirs, by(ALICE, { kind: 5, created_at: 49, tags }));
  expect(store.stored()).toContain(idOf(mine));
  expect(store.stored()).toContain(idOf(theirs));
});

test("vanishing removes everything up to its second but the request, and bars its return", () => {
  const store = open();
  const note = by(ALICE, { created_at: 10 });
  const later = by(ALICE, { created_at: 101 });
  const bobs = by(BOB, { created_at: 10 });
  const deleted = by(ALICE, { created_at: 11, content: "gone" });
  const request = vanish(ALICE, 100);
  store.put(note, later, bobs, deleted, deletion(ALICE, deleted, 12));
  const { removed } = store.writer.apply([request]);
  expect(removed.length).toBe(2);
  expect(store.stored().sort()).toEqual([later, bobs, request].map(idOf).sort());
  expect(store.put(note, by(ALICE, { created_at: 100 }), request)).toEqual([
    "vanished",
    "vanished",
    "duplicate",
  ]);
  expect(store.put(by(ALICE, { created_at: 102 }))).toEqual(["stored"]);
  const told = store.database.query("SELECT pubkey, created_at FROM removal WHERE event_seq = 0").all();
  expect(told).toEqual([{ pubkey: ALICE, created_at: 100 }]);
});

test("a vanished key's deletions go, what they deleted stays deleted", () => {
  const store = open();
  const wrap = by("cc".repeat(32), { kind: 1059, created_at: 500, tags: [["p", ALICE]] });
  store.put(wrap, deletion(ALICE, wrap, 50), vanish(ALICE, 100));
  expect(store.put(wrap)).toEqual(["deleted"]);
});

test("gift wraps to a vanished key go and are refused, up to the same second", () => {
  const store = open();
  const wrap = (created_at: number, to: string) =>
    by("cc".repeat(32), {
      kind: 1059,
      created_at,
      tags: [
        ["p", BOB],
        ["p", to],
      ],
    });
  store.put(wrap(99, ALICE), wrap(101, ALICE), wrap(98, BOB), vanish(ALICE, 100));
  expect(store.stored().length).toBe(3);
  expect(store.put(wrap(99, ALICE), wrap(102, ALICE), wrap(97, BOB))).toEqual([
    "vanished",
    "stored",
    "stored",
  ]);
});

test("a request to vanish from elsewhere is stored and changes nothing; ALL_RELAYS counts here", () => {
  const store = open();
  const note = by(ALICE, { created_at: 10 });
  store.put(note, vanish(ALICE, 100, "wss://other.example"), vanish(ALICE, 100, "all_relays"));
  expect(store.put(note)).toEqual(["duplicate"]);
  store.put(vanish(ALICE, 100, "ALL_RELAYS"));
  expect(store.put(note)).toEqual(["vanished"]);
});

test("a vanished replaceable leaves its mark behind", () => {
  const store = open();
  store.put(by(ALICE, { kind: 0, created_at: 50 }), vanish(ALICE, 100));
  expect(count(store, "head")).toBe(1);
  expect(store.put(by(ALICE, { kind: 0, created_at: 101 }))).toEqual(["stored"]);
});

test("a large vanish goes on in bounded steps, also after a restart", () => {
  const path = join(folder(), "a.db");
  const store = open(path);
  const notes = Array.from({ length: 1300 }, (_, n) => by(ALICE, { created_at: 10, content: `${n}` }));
  store.writer.apply(notes);
  expect(store.writer.apply([vanish(ALICE, 100)]).removed.length).toBe(500);
  expect(store.writer.moreToClear).toBe(true);
  expect(store.put(notes[1299]!)).toEqual(["vanished"]);
  store.writer.close();
  const again = open(path);
  while (again.writer.moreToClear) expect(again.writer.clear().removed.length).toBeLessThanOrEqual(500);
  expect(again.stored().length).toBe(1);
  expect(count(again, "clearing")).toBe(0);
});

test("bans refuse, remove, and can be lifted", () => {
  const store = open();
  const [note, other] = [by(ALICE, { content: "1" }), by(ALICE, { content: "2" })];
  store.put(note, other);
  expect(store.writer.banEvent(idOf(note), "spam").removed).toEqual([1]);
  expect(store.put(note, other)).toEqual(["banned", "duplicate"]);
  expect(store.writer.banPubkey(ALICE, "spammer").removed).toEqual([2]);
  expect(store.put(other, by(ALICE, { created_at: 9e9 }))).toEqual(["banned", "banned"]);
  store.writer.unbanPubkey(ALICE);
  expect(store.put(note, other)).toEqual(["banned", "stored"]);
  store.writer.unbanEvent(idOf(note));
  expect(store.put(note)).toEqual(["stored"]);
});

test("removed rows without a tombstone may come again", () => {
  const store = open();
  const note = by(ALICE, {});
  store.put(note);
  expect(store.writer.removeMany([1, 77], "deleted").removed).toEqual([1]);
  expect(store.put(note)).toEqual(["stored"]);
});

test.each([0, 30_023])(
  "of kind %d, the newest version too may come again, and still no older one",
  (kind) => {
    const store = open();
    const [older, newest] = [by(ALICE, { kind, created_at: 10 }), by(ALICE, { kind, created_at: 20 })];
    store.put(newest);
    store.writer.removeMany([1], "deleted");
    expect(store.put(older, newest, newest)).toEqual(["superseded", "stored", "duplicate"]);
    store.writer.banPubkey(ALICE, "by mistake");
    store.writer.unbanPubkey(ALICE);
    expect(store.put(older, newest)).toEqual(["superseded", "stored"]);
    expect(store.put(deletion(ALICE, newest, 30), newest)).toEqual(["stored", "deleted"]);
  },
);

test("removals are pruned behind the slowest follower, and far behind without one", () => {
  const store = open();
  for (let at = 10; at < 20; at++) store.put(by(ALICE, { kind: 0, created_at: at }));
  expect(count(store, "removal")).toBe(9);
  store.writer.pruneRemovals();
  expect(count(store, "removal")).toBe(9);
  store.writer.moveFollower("cold", 9);
  store.writer.moveFollower("other", 15);
  store.writer.pruneRemovals(0);
  expect(count(store, "removal")).toBe(5);
  store.writer.dropFollower("cold");
  store.writer.dropFollower("other");
  store.writer.pruneRemovals(0);
  expect(count(store, "removal")).toBe(0);
});

test("a full disk fails the batch as a whole with readable words, and the next batch finds the store intact", () => {
  const store = open();
  store.put(by(ALICE, { content: "before" }));
  const pages = store.database.query<{ page_count: number }, []>("PRAGMA page_count").get()!.page_count;
  store.database.run(`PRAGMA max_page_count = ${pages + 2}`);
  const batch = Array.from({ length: 50 }, (_, n) => by(BOB, { content: `${n} `.repeat(300) }));
  const { outcomes, lastSeq } = store.writer.apply(batch);
  expect(new Set(outcomes.map(({ type }) => type))).toEqual(new Set(["failed"]));
  expect(outcomes[0]).toMatchObject({ error: expect.stringContaining("disk is full") });
  expect(lastSeq).toBe(1);
  expect(store.stored().length).toBe(1);
  store.database.run("PRAGMA max_page_count = 1000000");
  const outcome = store.writer.apply(batch).outcomes[0];
  expect(outcome).toEqual({ type: "stored", seq: 2 });
  expect(checkIntegrity(store.database, true)).toEqual([]);
});

test("a second writer on the same file shares seq, and its tombstones act at once", () => {
  const path = join(folder(), "a.db");
  const [one, other] = [open(path), open(path)];
  const note = by(ALICE, {});
  one.put(by(BOB, {}));
  other.put(deletion(ALICE, note));
  expect(one.put(note)).toEqual(["deleted"]);
  expect(one.writer.apply([by(BOB, { content: "2" })]).outcomes).toEqual([{ type: "stored", seq: 3 }]);
  expect([one.writer.lastSeq(), other.writer.lastSeq()]).toEqual([3, 3]);
  one.writer.refresh();
  expect(one.put(note)).toEqual(["deleted"]);
});

test("tombstones still act after a restart", () => {
  const path = join(folder(), "a.db");
  const first = open(path);
  const note = by(ALICE, { created_at: 5 });
  first.put(deletion(ALICE, note), vanish(BOB, 100));
  first.writer.banPubkey("dd".repeat(32), "x");
  first.writer.close();
  const second = open(path);
  expect(second.put(note, by(BOB, { created_at: 100 }), by("dd".repeat(32), {}))).toEqual([
    "deleted",
    "vanished",
    "banned",
  ]);
});
