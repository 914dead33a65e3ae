// The store of a serving relay: group commit, publication in order, other processes' commits, acts, and stopping.

import { expect, test } from "bun:test";
import { join } from "node:path";
import type { NostrEvent, VerifiedEvent } from "../../src/nostr/event.ts";
import type { Committed, WriteOutcome } from "../../src/hot/contract.ts";
import { DATABASE_FILE, openDatabase } from "../../src/hot/database.ts";
import { type HotStore, type HotStoreOptions, openHotStore } from "../../src/hot/hot-store.ts";
import { createWriter, type StoreWriter } from "../../src/hot/writer.ts";
import { unsignedEvent } from "../support/events.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
const ALICE = "a1".repeat(32);

function open(data = folder(), options: Partial<HotStoreOptions> = {}): Promise<HotStore> {
  return openHotStore({
    folder: data,
    ownUrls: ["wss://relay.example"],
    synchronous: "off",
    tickMs: 10,
    ...options,
  });
}

/** A writer such as another process would hold. */
function foreignWriter(data: string): StoreWriter {
  return createWriter(openDatabase(join(data, DATABASE_FILE), { synchronous: "off" }), {
    ownUrls: new Set(),
  });
}

function note(content: string, created_at = 1_700_000_000): VerifiedEvent {
  return unsignedEvent(ALICE, { content, created_at });
}

function put(store: HotStore, event: VerifiedEvent): Promise<WriteOutcome> {
  return new Promise((resolve) => {
    if (!store.write(event, resolve)) throw new Error("the store refused");
  });
}

/** Collects commits and waits for one that satisfies. */
function follow(store: HotStore) {
  const commits: Committed[] = [];
  const waiting: { satisfied: () => boolean; resolve: () => void }[] = [];
  store.onCommitted((committed) => {
    commits.push(committed);
    for (const { satisfied, resolve } of waiting) if (satisfied()) resolve();
  });
  return {
    commits,
    storedIds: () => commits.flatMap(({ stored }) => stored.map(({ event }) => event.id)),
    until: (satisfied: () => boolean) =>
      satisfied() ? Promise.resolve() : new Promise<void>((resolve) => waiting.push({ satisfied, resolve })),
  };
}

test("events are stored, settled, published and readable, in that order", async () => {
  const store = await open();
  const steps: string[] = [];
  const event = note("hello");
  const heard = new Promise<void>((resolve) =>
    store.onCommitted(({ stored }) => {
      steps.push(`told ${stored.map(({ seq }) => seq)}`);
      resolve();
    }),
  );
  store.write(event, (outcome) => {
    steps.push(outcome.type);
    expect(store.lastSeq).toBe(1);
    expect(store.reader.get(event.event.id)?.json).toBe(event.json);
  });
  await heard;
  expect(steps).toEqual(["stored", "told 1"]);
  await store.stop();
});

test("a burst becomes few commits, and each event keeps its own outcome", async () => {
  const store = await open();
  const { commits } = follow(store);
  const events = Array.from({ length: 500 }, (_, n) => note(`${n % 400}`));
  const outcomes = await Promise.all(events.map((event) => put(store, event)));
  expect(outcomes.filter(({ type }) => type === "stored").length).toBe(400);
  expect(outcomes.slice(400).every(({ type }) => type === "duplicate")).toBe(true);
  expect(commits.length).toBeLessThan(10);
  expect(commits.at(-1)!.lastSeq).toBe(400);
  await store.stop();
});

test("an event that its own batch removes again is not told as stored", async () => {
  const store = await open();
  const { commits } = follow(store);
  const [old, fresh] = [10, 11].map((at) => unsignedEvent(ALICE, { kind: 0, created_at: at }));
  await Promise.all([put(store, note("first in flight")), put(store, old!), put(store, fresh!)]);
  const stored = commits.flatMap((commit) => commit.stored.map(({ event }) => event.created_at));
  expect(stored).not.toContain(10);
  expect(stored).toContain(11);
  expect(store.reader.has(old!.event.id)).toBe(false);
  await store.stop();
});

test("a full queue refuses, by number and by bytes, and never settles what it refused", async () => {
  const byNumber = await open(folder(), { writeDepthMax: 3 });
  const taken = Array.from({ length: 5 }, (_, n) => byNumber.write(note(`${n}`), () => {}));
  expect(taken).toEqual([true, true, true, false, false]);
  expect([byNumber.writeDepth, byNumber.writeDepthMax]).toEqual([3, 3]);
  await byNumber.stop();
  const byBytes = await open(folder(), { writeBytesMax: 2000 });
  const large = (n: number) => note(`${n}`.repeat(1500));
  expect(byBytes.write(large(1), () => {})).toBe(true);
  expect(byBytes.write(large(2), () => {})).toBe(false);
  await byBytes.stop();
});

test("what was queued is written before the store stops, and nothing is taken afterwards", async () => {
  const data = folder();
  const store = await open(data);
  const outcomes = Array.from({ length: 300 }, (_, n) => put(store, note(`${n}`)));
  await store.stop();
  expect((await Promise.all(outcomes)).every(({ type }) => type === "stored")).toBe(true);
  expect(store.write(note("late"), () => {})).toBe(false);
  const again = await open(data);
  expect(again.lastSeq).toBe(300);
  await again.stop();
});

test("another process's commits are published while idle", async () => {
  const data = folder();
  const store = await open(data);
  const heard = follow(store);
  const foreign = foreignWriter(data);
  const events = Array.from({ length: 1200 }, (_, n) => note(`foreign ${n}`));
  foreign.apply(events);
  await heard.until(() => heard.storedIds().length === 1200);
  expect(heard.storedIds()).toEqual(events.map(({ event }) => event.id));
  expect(store.lastSeq).toBe(1200);
  expect(store.reader.has(events[7]!.event.id)).toBe(true);
  foreign.close();
  await store.stop();
});

test("another process's commits come before an own one that follows them", async () => {
  const data = folder();
  const store = await open(data, { tickMs: 100_000 });
  const heard = follow(store);
  const foreign = foreignWriter(data);
  const order: NostrEvent[] = [];
  for (let round = 0; round < 5; round++) {
    const theirs = Array.from({ length: 700 }, (_, n) => note(`theirs ${round} ${n}`));
    foreign.apply(theirs);
    const ours = note(`ours ${round}`);
    expect(await put(store, ours)).toEqual({ type: "stored", seq: (round + 1) * 701 });
    order.push(...theirs.map(({ event }) => event), ours.event);
  }
  await heard.until(() => heard.storedIds().length === order.length);
  expect(heard.storedIds()).toEqual(order.map(({ id }) => id));
  const seqs = heard.commits.map(({ lastSeq }) => lastSeq);
  expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
  foreign.close();
  await store.stop();
});

test("a removal by another process reaches the tail", async () => {
  const data = folder();
  const store = await open(data);
  const heard = follow(store);
  const event = note("to be banned elsewhere");
  await put(store, event);
  const foreign = foreignWriter(data);
  foreign.banEvent(event.event.id, "test");
  await heard.until(() => heard.commits.some(({ removed }) => removed.includes(1)));
  expect(store.reader.has(event.event.id)).toBe(false);
  expect((await put(store, event)).type).toBe("banned");
  foreign.close();
  await store.stop();
});

test("expired events are swept and told as removed", async () => {
  const store = await open();
  const heard = follow(store);
  const event = unsignedEvent(ALICE, { tags: [["expiration", "1000"]] });
  await put(store, event);
  await heard.until(() => heard.commits.some(({ removed }) => removed.includes(1)));
  expect(store.reader.has(event.event.id)).toBe(false);
  await store.stop();
});

test("an operator's acts are on disk and published when they resolve", async () => {
  const store = await open();
  const events = ["1", "2", "3"].map((content) => note(content));
  await Promise.all(events.map((event) => put(store, event)));
  await store.banEvent(events[0]!.event.id, "test");
  expect(store.reader.has(events[0]!.event.id)).toBe(false);
  expect(await store.removeMany([2, 99], "deleted")).toBe(1);
  expect(store.reader.has(events[1]!.event.id)).toBe(false);
  await store.banPubkey(ALICE, "test");
  expect(store.reader.has(events[2]!.event.id)).toBe(false);
  expect((await put(store, note("4"))).type).toBe("banned");
  await store.unbanPubkey(ALICE);
  await store.unbanEvent(events[0]!.event.id);
  expect((await put(store, events[0]!)).type).toBe("stored");
  await store.moveFollower("cold", 1);
  await store.dropFollower("cold");
  await store.stop();
});

test("a large vanish ends in the background and is told to the last row", async () => {
  const store = await open();
  const heard = follow(store);
  await Promise.all(Array.from({ length: 1600 }, (_, n) => put(store, note(`${n}`, 10))));
  const request = unsignedEvent(ALICE, { kind: 62, created_at: 100, tags: [["relay", "ALL_RELAYS"]] });
  expect((await put(store, request)).type).toBe("stored");
  await heard.until(() => heard.commits.flatMap(({ removed }) => removed).length === 1600);
  expect(store.reader.getMany([1, 800, 1600])).toEqual([]);
  expect(store.reader.has(request.event.id)).toBe(true);
  await store.stop();
});

test("a second store on the folder is refused, and may start once the first has stopped", async () => {
  const data = folder();
  const store = await open(data);
  expect(open(data)).rejects.toMatchObject({ name: "StoreError", fault: "in-use" });
  await store.stop();
  const next = await open(data);
  await next.stop();
});

test("a folder that is missing is refused before anything starts", async () => {
  expect(open(join(folder(), "nowhere"))).rejects.toMatchObject({
    name: "StoreError",
    fault: "folder-missing",
  });
});
