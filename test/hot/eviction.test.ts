// Events that leave for the cold store: what stays of them here, and what that keeps true.

import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { openDatabase } from "../../src/hot/database.ts";
import { openHotStore } from "../../src/hot/hot-store.ts";
import { sql as firstSchema } from "../../src/hot/migrations/0001-events.ts";
import { createReader } from "../../src/hot/reader.ts";
import { createWriter } from "../../src/hot/writer.ts";
import type { VerifiedEvent } from "../../src/nostr/event.ts";
import { type EventTemplate, unsignedEvent } from "../support/events.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
const ALICE = "a1".repeat(32);
const BOB = "b0".repeat(32);
const HERE = "wss://relay.example";

const by = (pubkey: string, template: EventTemplate = {}) => unsignedEvent(pubkey, template);
const note = (content: string, at = 1000) => by(ALICE, { content, created_at: at });
const deletion = (pubkey: string, target: VerifiedEvent) =>
  by(pubkey, { kind: 5, created_at: 5000, tags: [["e", target.event.id]] });
const vanish = (pubkey: string, at: number) =>
  by(pubkey, { kind: 62, created_at: at, tags: [["relay", HERE]] });

function open() {
  const path = join(folder(), "a.db");
  const writer = createWriter(openDatabase(path, { synchronous: "off" }), { ownUrls: new Set([HERE]) });
  const reader = createReader(path, { tagSeed: writer.tagSeed });
  return {
    writer,
    reader,
    put: (...events: VerifiedEvent[]) =>
      events.map((event) => {
        const outcome = writer.apply([event]).outcomes[0]!;
        return outcome.type === "stored" ? outcome.seq : outcome.type;
      }),
    evict: (...seqs: number[]) => writer.removeMany(seqs, "evicted").removed,
    shown: (seq: number, { json }: VerifiedEvent) =>
      reader.evictions.admit([{ seq, json }]).map((hit) => hit.json),
    stubs: () => reader.evictions.evictedCount(),
    reasons: () =>
      reader
        .log(0, 100)
        .flatMap((entry) => (entry.type === "removed" ? [`${entry.eventSeq} ${entry.reason}`] : [])),
  };
}

test("an evicted event is gone from here, known by its stub, and a duplicate when it comes again", () => {
  const store = open();
  const event = note("1");
  expect(store.put(event)).toEqual([1]);
  expect(store.evict(1, 77)).toEqual([1]);
  expect(store.reader.get(event.event.id)).toBeUndefined();
  expect(store.reader.evictions.evictedIds([event.event.id, "0".repeat(64)])).toEqual([event.event.id]);
  expect(store.reader.evictions.stubsAt([1, 2])).toEqual([
    { seq: 1, pubkey: ALICE, kind: 1, createdAt: 1000, expiresAt: 0 },
  ]);
  expect(store.shown(1, event)).toEqual([event.json]);
  expect(store.put(event)).toEqual(["duplicate"]);
  expect(store.reasons()).toEqual(["1 evicted"]);
});

test("heads, deletion requests, requests to vanish and wraps without one recipient stay", () => {
  const store = open();
  const events = [
    by(ALICE, { kind: 0 }),
    by(ALICE, { kind: 10_002 }),
    by(ALICE, { kind: 30_023, tags: [["d", "x"]] }),
    deletion(ALICE, note("other")),
    by(BOB, { kind: 62, tags: [["relay", "wss://elsewhere.example"]] }),
    by(BOB, { kind: 1059 }),
    by(BOB, {
      kind: 1059,
      tags: [
        ["p", ALICE],
        ["p", BOB],
      ],
    }),
    by(BOB, { kind: 1059, tags: [["p", ALICE]] }),
  ];
  const seqs = store.put(...events) as number[];
  expect(store.evict(...seqs)).toEqual([seqs.at(-1)!]);
});

test("the horizon is the newest second that left, by kind", () => {
  const store = open();
  store.put(note("1", 1000), note("2", 3000), by(BOB, { kind: 7, created_at: 2000 }), note("3", 4000));
  expect(store.reader.evictions.horizon().latest).toBe(-1);
  store.evict(1, 2, 3);
  const horizon = store.reader.evictions.horizon();
  expect([horizon.latest, horizon.ofKind(1), horizon.ofKind(7), horizon.ofKind(0)]).toEqual([
    3000, 3000, 2000, -1,
  ]);
  expect(horizon.of({})).toBe(3000);
  expect(horizon.of({ kinds: [0, 7] })).toBe(2000);
  expect(horizon.of({ kinds: [0, 5, 30_023] })).toBe(-1);
});

test("deletion by its author hides an evicted event at once, and tells the log", () => {
  const store = open();
  const event = note("1");
  store.put(event);
  store.evict(1);
  expect(store.put(deletion(BOB, event))).toEqual([3]);
  expect(store.shown(1, event)).toEqual([event.json]);
  store.put(deletion(ALICE, event));
  expect(store.shown(1, event)).toEqual([]);
  expect(store.stubs()).toBe(0);
  expect(store.put(event)).toEqual(["deleted"]);
  expect(store.reasons()).toEqual(["1 evicted", "1 deleted"]);
});

test("the recipient may delete an evicted gift wrap, and it vanishes with the recipient", () => {
  const store = open();
  const wrap = (content: string) =>
    by("c3".repeat(32), { kind: 1059, content, tags: [["p", BOB]], created_at: 1000 });
  const [one, two] = [wrap("1"), wrap("2")];
  store.put(one, two);
  store.evict(1, 2);
  expect(store.shown(1, one)).toEqual([one.json]);
  store.put(deletion(BOB, one));
  expect(store.shown(1, one)).toEqual([]);
  store.put(vanish(BOB, 2000));
  expect(store.shown(2, two)).toEqual([]);
  expect(store.stubs()).toBe(0);
});

test("vanishing takes evicted events up to its second, in bounded steps, and hides them from the first on", () => {
  const store = open();
  const events = Array.from({ length: 1200 }, (_, index) => note(`${index}`, 1000 + index));
  store.writer.apply(events);
  store.evict(...events.map((_, index) => index + 1));
  store.put(vanish(ALICE, 2099));
  expect(store.shown(900, events[899]!)).toEqual([]);
  expect(store.reader.evictions.stubsAt([900])).toEqual([]);
  expect(store.stubs()).toBeGreaterThan(100);
  while (store.writer.moreToClear) store.writer.clear();
  expect(store.stubs()).toBe(100);
  expect(store.shown(1101, events[1100]!)).toEqual([events[1100]!.json]);
  expect(store.put(events[0]!)).toEqual(["vanished"]);
});

test("bans and expiry reach evicted events", () => {
  const store = open();
  const [one, two] = [note("1"), note("2")];
  const passing = by(BOB, { created_at: 1000, tags: [["expiration", "9000"]] });
  store.put(one, two, passing);
  store.evict(1, 2, 3);
  store.writer.banEvent(one.event.id, "spam");
  expect(store.shown(1, one)).toEqual([]);
  store.writer.banPubkey(ALICE, "spam");
  expect(store.shown(2, two)).toEqual([]);
  expect(store.writer.removeExpired(8999, 10).lastSeq).toBe(8);
  expect(store.shown(3, passing)).toEqual([passing.json]);
  store.writer.removeExpired(9000, 10);
  expect([store.shown(3, passing), store.stubs()]).toEqual([[], 0]);
  expect(store.reasons().slice(3).sort()).toEqual(["1 banned", "2 banned", "3 expired"]);
});

test("the gate lets in nothing that did not leave from here, and nothing that was changed", () => {
  const store = open();
  const [one, two] = [note("1"), note("2")];
  store.put(one, two);
  store.evict(1);
  const forged = { ...one, json: one.json.replace('"content":"1"', '"content":"9"') };
  expect(store.shown(1, forged)).toEqual([]);
  expect(store.shown(7, one)).toEqual([]);
  expect(store.shown(2, one)).toEqual([]);
  expect(store.shown(2, two)).toEqual([two.json]);
});

test("an operator's removal reaches an evicted event too", () => {
  const store = open();
  store.put(note("1"));
  store.evict(1);
  store.writer.removeMany([1], "deleted");
  expect(store.stubs()).toBe(0);
  expect(store.put(note("1"))).toEqual([4]);
});

test("candidates come oldest first, from a place on, without what must stay", () => {
  const { put, reader } = open();
  put(
    note("b", 20),
    note("a", 10),
    note("c", 20),
    by(ALICE, { kind: 0 }),
    by(BOB, { kind: 7, created_at: 15 }),
  );
  expect(reader.candidates.kinds()).toEqual([1, 7]);
  const range = { before: 21, upToSeq: 9, after: { createdAt: -1, seq: 0 }, limit: 9 };
  const seqs = (kind: number, changed = {}) =>
    reader.candidates.oldest(kind, { ...range, ...changed }).map(({ seq }) => seq);
  expect(seqs(1)).toEqual([2, 1, 3]);
  expect(seqs(1, { after: { createdAt: 20, seq: 1 } })).toEqual([3]);
  expect(seqs(1, { before: 20 })).toEqual([2]);
  expect(seqs(1, { upToSeq: 1 })).toEqual([1]);
  expect(reader.candidates.share(1, 20)).toMatchObject({ kind: 1, events: 1 });
  expect(reader.candidates.usedBytes()).toBeGreaterThan(8192);
});

test("a store of the first schema is brought forward and keeps what it has", () => {
  const path = join(folder(), "old.db");
  const old = new Database(path, { create: true });
  old.run(firstSchema);
  old.run("INSERT INTO meta (key, value) VALUES ('seq', '0'), ('tag_seed', '7')");
  old.run("PRAGMA user_version = 1");
  old.close();
  const writer = createWriter(openDatabase(path), { ownUrls: new Set() });
  expect(writer.tagSeed).toBe(7n);
  expect(writer.apply([note("1")]).lastSeq).toBe(1);
  expect(writer.removeMany([1], "evicted").removed).toEqual([1]);
  writer.close();
});

test("a serving store raises its horizon before anything leaves, and finds it again after a restart", async () => {
  const home = folder();
  const options = { folder: home, ownUrls: [HERE], synchronous: "off" as const };
  const store = await openHotStore(options);
  await new Promise((resolve) => store.write(note("1", 1234), resolve));
  const removed = store.removeMany([1], "evicted");
  expect([store.horizon.latest, store.horizon.version]).toEqual([1234, 1]);
  expect(await removed).toBe(1);
  await store.stop();
  const again = await openHotStore(options);
  expect(again.horizon.ofKind(1)).toBe(1234);
  expect(await new Promise((resolve) => again.write(note("1", 1234), resolve))).toEqual({
    type: "duplicate",
  });
  await again.stop();
});
