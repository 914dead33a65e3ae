// The recent tail: what it holds, where its horizon is, and that it never holds more than its bytes.

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import type { Committed } from "../../src/hot/contract.ts";
import { authorKey, rankOf } from "../../src/hot/keys.ts";
import { NewestFirstMerge } from "../../src/hot/merge.ts";
import { Meter } from "../../src/hot/scan-budget.ts";
import { compareHits, PAUSED, type Start, startOf } from "../../src/hot/scan-source.ts";
import { openTailStreams } from "../../src/hot/tail-stream.ts";
import { createTail, type RecentTail } from "../../src/hot/tail.ts";
import { TailLoader } from "../../src/hot/tail-loader.ts";
import { DEAD } from "../../src/hot/tail-columns.ts";
import { idOfJson } from "../../src/nostr/event-json.ts";
import { createSchema, hitOf, insertRows, removeRows } from "../support/insert-rows.ts";
import { type NaiveRow, NaiveStore } from "../support/naive-store.ts";
import { prng, testSeed } from "../support/prng.ts";
import { pick, RandomWorld } from "../support/random-events.ts";

const AMPLE_BYTES = 2 ** 30;

function emptyStore(): Database {
  const database = new Database(":memory:");
  createSchema(database);
  return database;
}

function loaded(database: Database, bytesMax = AMPLE_BYTES): RecentTail {
  const tail = createTail({ bytesMax });
  new TailLoader(tail, database).loadUpTo(Number.POSITIVE_INFINITY);
  return tail;
}

function commitOf(rows: readonly NaiveRow[], removed: readonly number[], lastSeq: number): Committed {
  return { lastSeq, stored: rows.map((row) => ({ ...hitOf(row), event: row.event })), removed };
}

/** Seqs in the columns, newest first. */
function columnSeqs(tail: RecentTail): number[] {
  const { columns } = tail;
  const seqs: number[] = [];
  for (let at = columns.end - 1; at >= columns.start; at--) {
    const slot = columns.slot[at]!;
    if (slot !== DEAD) seqs.push(tail.atSlot(slot).seq);
  }
  return seqs;
}

/** Seqs that the authors' lists hand out from `start` on, newest first. */
function listSeqs(
  tail: RecentTail,
  authors: readonly string[],
  kinds: readonly number[] | undefined,
  start: Start,
): number[] {
  const merge = new NewestFirstMerge();
  for (const streams of openTailStreams(tail, authors.map(authorKey), kinds, { start, since: 0 }))
    for (const stream of streams) merge.add(stream);
  const meter = new Meter();
  meter.start({ deadlineMs: Number.POSITIVE_INFINITY });
  const seqs: number[] = [];
  for (let tie = merge.next(meter); tie !== undefined && tie !== PAUSED; tie = merge.next(meter)) {
    seqs.push(
      ...tie.seqs
        .map((seq) => tail.bySeq(seq)!)
        .sort(compareHits)
        .map(({ seq }) => seq),
    );
  }
  return seqs;
}

/** The lists of some authors hold what the model holds of them, from the top and from the middle, whatever the kinds. */
function expectListsTrue(tail: RecentTail, above: readonly NaiveRow[]): void {
  const authors = [...new Set(above.map(({ event }) => event.pubkey))];
  const kinds = above.slice(0, 2).map(({ event }) => event.kind);
  const middle = above[above.length >>> 1];
  for (const some of [authors, ...authors.slice(0, 3).map((author) => [author, author])]) {
    // Strangers whose keys share 32 bits share a list.
    const lists = new Set(some.map((author) => authorKey(author) >>> 0));
    const own = above.filter(({ event }) => lists.has(authorKey(event.pubkey) >>> 0));
    const top = startOf(undefined, undefined);
    expect(listSeqs(tail, some, undefined, top)).toEqual(own.map(({ seq }) => seq));
    const ofKinds = own.filter(({ event }) => kinds.includes(event.kind));
    expect(listSeqs(tail, some, kinds, top)).toEqual(ofKinds.map(({ seq }) => seq));
    if (middle === undefined) continue;
    const { created_at: createdAt, id } = middle.event;
    const rank = rankOf(id);
    const below = own.filter(
      ({ event }) =>
        event.created_at < createdAt || (event.created_at === createdAt && rankOf(event.id) <= rank),
    );
    expect(listSeqs(tail, some, undefined, { createdAt, rank })).toEqual(below.map(({ seq }) => seq));
  }
}

/** Holds exactly what the model holds above the horizon, in order, and finds it by id, by seq and by author. */
function expectTrue(tail: RecentTail, model: NaiveStore): void {
  const above = model.matches({ tags: [] }).filter((row) => row.event.created_at > tail.horizon);
  expect(columnSeqs(tail)).toEqual(above.map((row) => row.seq));
  expectListsTrue(tail, above);
  expect(tail.size).toBe(above.length);
  for (const row of model.rows) {
    const isHeld = row.event.created_at > tail.horizon;
    expect(tail.has(row.event.id)).toBe(isHeld);
    expect(tail.get(row.event.id)).toEqual(isHeld ? hitOf(row) : undefined);
    expect(tail.bySeq(row.seq)).toEqual(isHeld ? hitOf(row) : undefined);
  }
}

function randomRows(world: RandomWorld, firstSeq: number, count: number): NaiveRow[] {
  return Array.from({ length: count }, (_, i) => ({ seq: firstSeq + i, event: world.event() }));
}

const seed = testSeed();

describe(`recent tail (SEED=${seed})`, () => {
  test("before load() it is complete for nothing and takes nothing in", () => {
    const tail = createTail({ bytesMax: AMPLE_BYTES });
    tail.apply(commitOf(randomRows(new RandomWorld(prng(seed)), 1, 3), [], 3));
    expect([tail.size, tail.horizon]).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  test("an empty store fits whole", () => {
    const tail = loaded(emptyStore());
    expect([tail.size, tail.horizon, tail.lastSeq]).toEqual([0, -1, 0]);
  });

  test.each([AMPLE_BYTES, 200_000, 20_000, 0])("load and many commits, %p bytes", (bytesMax) => {
    const random = prng(seed);
    const world = new RandomWorld(random);
    const database = emptyStore();
    const model = new NaiveStore();
    model.add(randomRows(world, 1, 2500));
    insertRows(database, model.rows, 1n);
    const tail = loaded(database, bytesMax);
    expectTrue(tail, model);
    let seq = 2500;
    for (let i = 0; i < 15; i++) {
      const rows = randomRows(world, seq + 1, Math.floor(random() * 30));
      model.add(rows);
      seq += rows.length;
      const removed = Array.from({ length: Math.floor(random() * 40) }, () => pick(random, model.rows).seq);
      model.remove(removed);
      tail.apply(commitOf(rows, removed, seq));
      expect(tail.bytes).toBeLessThanOrEqual(bytesMax);
    }
    expectTrue(tail, model);
  });

  test.each([AMPLE_BYTES, 200_000])(
    "loading in slices among commits that run ahead, %p bytes",
    (bytesMax) => {
      const random = prng(seed);
      const world = new RandomWorld(random);
      const database = emptyStore();
      const model = new NaiveStore();
      model.add(randomRows(world, 1, 2000));
      insertRows(database, model.rows, 1n);
      const tail = createTail({ bytesMax });
      const loader = new TailLoader(tail, database, 40);
      loader.slice();
      /** Commits that are in the file already and have not reached the tail. */
      const ahead: Committed[] = [];
      let seq = 2000;
      const commit = (): void => {
        const rows = randomRows(world, seq + 1, 1 + Math.floor(random() * 10));
        const removed = Array.from({ length: Math.floor(random() * 10) }, () => pick(random, model.rows).seq);
        seq += rows.length;
        model.add(rows);
        model.remove(removed);
        insertRows(database, rows, 1n);
        removeRows(database, removed);
        ahead.push(commitOf(rows, removed, seq));
      };
      const catchUp = (): void => {
        for (const committed of ahead.splice(0)) tail.apply(committed);
      };
      let isLoading = true;
      while (isLoading) {
        if (random() < 0.5) commit();
        if (random() < 0.3) catchUp();
        if (ahead.length === 0 && random() < 0.2) expectTrue(tail, model);
        isLoading = loader.slice();
      }
      catchUp();
      expectTrue(tail, model);
      if (bytesMax === AMPLE_BYTES) expect(tail.horizon).toBe(-1);
    },
  );

  test("counts by kind and author return to zero when everything has gone", () => {
    const tail = loaded(emptyStore());
    const rows = randomRows(new RandomWorld(prng(seed)), 1, 9000);
    tail.apply(commitOf(rows, [], 9000));
    expect(tail.kindCounts[1]).toBe(rows.filter((row) => row.event.kind === 1).length);
    const removed = rows.map((row) => row.seq);
    tail.apply(commitOf([], removed, 9000));
    expect([tail.size, tail.bytes]).toEqual([0, 0]);
    expect([...tail.kindCounts, ...tail.authorCounts].every((count) => count === 0)).toBe(true);
    expect(columnSeqs(tail)).toEqual([]);
  });

  test("a commit that the snapshot held already changes nothing", () => {
    const database = emptyStore();
    const model = new NaiveStore();
    model.add(randomRows(new RandomWorld(prng(seed)), 1, 50));
    insertRows(database, model.rows, 1n);
    removeRows(database, [7]);
    const tail = loaded(database);
    tail.apply(commitOf(model.rows.slice(0, 20), [], 20));
    tail.apply(commitOf(model.rows.slice(20), [7], 50));
    model.remove([7]);
    expectTrue(tail, model);
  });

  test("an event stored and replaced in one commit is not held", () => {
    const tail = loaded(emptyStore());
    const rows = randomRows(new RandomWorld(prng(seed)), 1, 2);
    tail.apply(commitOf(rows, [1], 2));
    expect(columnSeqs(tail)).toEqual([2]);
  });

  test("what is kept is a plain hit, not the parsed event it came with", () => {
    const tail = loaded(emptyStore());
    const rows = randomRows(new RandomWorld(prng(seed)), 1, 1);
    tail.apply(commitOf(rows, [], 1));
    const hit = tail.bySeq(1)!;
    expect(Object.keys(hit).sort()).toEqual(["createdAt", "expiresAt", "json", "kind", "seq"]);
    expect(idOfJson(hit.json)).toBe(rows[0]!.event.id);
  });
});
