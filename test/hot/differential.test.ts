// Random stores and filters: every way of scanning must answer what the plain model answers.

import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Budget, Hit, HotReader, Scan, ScanOptions, ScanState } from "../../src/hot/contract.ts";
import { createReader } from "../../src/hot/reader.ts";
import { createTail, type RecentTail } from "../../src/hot/tail.ts";
import { TailLoader } from "../../src/hot/tail-loader.ts";
import { idOfJson } from "../../src/nostr/event-json.ts";
import type { Filter } from "../../src/nostr/filter.ts";
import { isReplaceableKind } from "../../src/nostr/kind.ts";
import { isNewerVersion } from "../../src/nostr/order.ts";
import { createSchema, hitOf, insertRows, removeRows } from "../support/insert-rows.ts";
import { type NaiveRow, NaiveStore } from "../support/naive-store.ts";
import { prng, testSeed } from "../support/prng.ts";
import { pick, type Random, RandomWorld } from "../support/random-events.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const STORES = process.env["LONG_TESTS"] === "1" ? 10 : 3;
const FILTERS = 60;
const TAG_SEED = 0x1234_5678_9abc_def0n;
const AMPLE: Budget = { deadlineMs: Number.POSITIVE_INFINITY };
const SPENT: Budget = { deadlineMs: 0 };

const folder = temporaryFolders()();

/** A store with the model beside it, and readers with different tails that must all agree. */
class World {
  readonly model = new NaiveStore();
  readonly readers: HotReader[];
  readonly random: Random;
  readonly world: RandomWorld;
  private readonly database: Database;
  private readonly tails: RecentTail[];
  private readonly heads = new Map<string, NaiveRow>();
  private lastSeq = 0;

  constructor(path: string, seed: number) {
    this.random = prng(seed);
    this.world = new RandomWorld(this.random);
    this.database = new Database(path, { create: true });
    createSchema(this.database);
    this.commit(150 + Math.floor(this.random() * 150), 0);
    this.tails = [2 ** 30, 40_000, 4_000].map((bytesMax) => createTail({ bytesMax, spread: seed }));
    for (const tail of this.tails) new TailLoader(tail, this.database).loadUpTo(Number.POSITIVE_INFINITY);
    const workPerLook = 1;
    this.readers = [undefined, ...this.tails].map((tail) =>
      createReader(path, { tagSeed: TAG_SEED, cacheBytes: 20_000, workPerLook, ...(tail && { tail }) }),
    );
  }

  /** Adds events and removes some, as the writer would in one transaction. */
  commit(added: number, removed: number): void {
    const before = this.model.rows;
    const gone =
      before.length === 0 ? [] : Array.from({ length: removed }, () => pick(this.random, before).seq);
    const rows: NaiveRow[] = [];
    for (let i = 0; i < added; i++) this.add(rows, gone);
    insertRows(this.database, rows, TAG_SEED);
    removeRows(this.database, gone);
    this.model.add(rows);
    this.model.remove(gone);
    const stored = rows.map((row) => ({ ...hitOf(row), event: row.event }));
    for (const tail of this.tails ?? []) tail.apply({ lastSeq: this.lastSeq, stored, removed: gone });
  }

  /** Of a replaceable kind the newest version of each author is kept, and no older one comes after it, as the writer has it. */
  private add(rows: NaiveRow[], gone: number[]): void {
    const event = this.world.event();
    if (isReplaceableKind(event.kind)) {
      const address = `${event.kind}:${event.pubkey}`;
      const head = this.heads.get(address);
      if (head !== undefined && !isNewerVersion(event, head.event)) return;
      const fresh = head === undefined ? -1 : rows.indexOf(head);
      if (fresh !== -1) rows.splice(fresh, 1);
      else if (head !== undefined && this.model.rows.includes(head)) gone.push(head.seq);
      this.heads.set(address, { seq: this.lastSeq + 1, event });
      rows.push(this.heads.get(address)!);
    } else rows.push({ seq: this.lastSeq + 1, event });
    this.lastSeq++;
  }

  filter(): Filter {
    return this.world.filter(this.model.rows.map((row) => row.event));
  }

  expected(filter: Filter, upToSeq?: number): string[] {
    return this.model.matches(filter, upToSeq).map((row) => row.event.id);
  }

  close(): void {
    for (const reader of this.readers) reader.close();
    this.database.close();
  }
}

function collect(scan: Scan, max: number, budget: Budget, into: string[]): ScanState {
  let left = max;
  return scan.run((hit: Hit) => {
    into.push(idOfJson(hit.json));
    return --left > 0;
  }, budget);
}

function answer(reader: HotReader, filter: Filter, options?: ScanOptions): string[] {
  const ids: string[] = [];
  expect(collect(reader.scan(filter, options), Number.POSITIVE_INFINITY, AMPLE, ids)).toBe("exhausted");
  return ids;
}

function eachCase(name: string, check: (world: World, filter: Filter) => void, filters = FILTERS): void {
  const seed = testSeed();
  test(`${name} (SEED=${seed})`, () => {
    for (let i = 0; i < STORES; i++) {
      const world = new World(join(folder, `${name.replaceAll(" ", "-")}-${i}.db`), seed + i);
      for (let n = 0; n < filters; n++) check(world, world.filter());
      world.close();
    }
  });
}

const sourcesSeen = new Set<string>();
let hitsSeen = 0;

eachCase("whole answers", (world, filter) => {
  const expected = world.expected(filter);
  for (const reader of world.readers) {
    expect(answer(reader, filter)).toEqual(expected);
    sourcesSeen.add(reader.scan(filter).plan.source);
  }
  hitsSeen += expected.length;
});

test("the random filters met every way of answering, and matched", () => {
  const ways = [
    "nothing",
    "ids",
    "author",
    "tag",
    "kind",
    "time",
    "tail",
    "tail+author",
    "tail+kind",
    "tail+time",
  ];
  for (const way of ways) expect(sourcesSeen).toContain(way);
  expect(hitsSeen).toBeGreaterThan(1000);
});

eachCase("rows up to a seq", (world, filter) => {
  const upToSeq = pick(world.random, world.model.rows).seq;
  const expected = world.expected(filter, upToSeq);
  for (const reader of world.readers) expect(answer(reader, filter, { upToSeq })).toEqual(expected);
});

eachCase("stops go on where they were", (world, filter) => {
  const expected = world.expected(filter);
  for (const reader of world.readers) {
    const ids: string[] = [];
    const scan = reader.scan(filter);
    const page = 1 + Math.floor(world.random() * 7);
    while (collect(scan, page, AMPLE, ids) !== "exhausted") expect(ids.length % page).toBe(0);
    expect(ids).toEqual(expected);
  }
});

eachCase("positions hand over to another reader", (world, filter) => {
  const ids: string[] = [];
  const page = 1 + Math.floor(world.random() * 7);
  for (let scan = pick(world.random, world.readers).scan(filter); ;) {
    const state = collect(scan, page, world.random() < 0.5 ? AMPLE : SPENT, ids);
    if (state === "exhausted") break;
    const after = scan.position();
    scan = pick(world.random, world.readers).scan(filter, after && { after });
    // A budget that is always spent may pause before anything is passed over; somebody must have time in the end.
    if (state === "paused" && collect(scan, page, AMPLE, ids) === "exhausted") break;
  }
  expect(ids).toEqual(world.expected(filter));
});

eachCase("spent budgets pause and always come to the end", (world, filter) => {
  const expected = world.expected(filter);
  for (const reader of world.readers) {
    const ids: string[] = [];
    const scan = reader.scan(filter);
    let runs = 0;
    while (collect(scan, Number.POSITIVE_INFINITY, SPENT, ids) === "paused")
      expect(++runs).toBeLessThan(5000);
    expect(ids).toEqual(expected);
  }
});

eachCase(
  "commits between runs",
  (world, filter) => {
    const running = world.readers.map((reader) => ({
      scan: reader.scan(filter),
      ids: [] as string[],
      isDone: false,
    }));
    const page = 1 + Math.floor(world.random() * 4);
    const everSeen = new Set(world.expected(filter));
    for (const run of running) run.isDone = collect(run.scan, page, AMPLE, run.ids) === "exhausted";
    const first = running.map((run) => [...run.ids]);
    world.commit(Math.floor(world.random() * 12), Math.floor(world.random() * 25));
    const expected = world.expected(filter);
    for (const id of expected) everSeen.add(id);
    for (const [i, { scan, ids, isDone }] of running.entries()) {
      const last = world.model.rows.find((row) => row.event.id === ids.at(-1));
      while (!isDone && collect(scan, page, AMPLE, ids) !== "exhausted");
      expect(new Set(ids).size).toBe(ids.length);
      const later = ids.slice(first[i]!.length);
      expect(later.every((id) => expected.includes(id))).toBe(true);
      if (isDone || last === undefined) continue;
      expect(later).toEqual(expected.slice(expected.indexOf(last.event.id) + 1));
    }
    for (const reader of world.readers) expect(answer(reader, filter)).toEqual(expected);
  },
  25,
);

eachCase("counts", (world, filter) => {
  const nowSeconds = pick(world.random, [1_699_999_999, 1_700_000_000]);
  const closed = pick(world.random, [[], [1059], [1, 1059, 30_023]]);
  const gate = {
    nowSeconds,
    isOpenKind: (kind: number) => !closed.includes(kind),
    accepts: (hit: Hit) => hit.seq % 2 === 0,
  };
  const expected = world.model.matches(filter).filter((row) => {
    const { expiresAt } = hitOf(row);
    return (
      (expiresAt === 0 || expiresAt > nowSeconds) && (row.seq % 2 === 0 || !closed.includes(row.event.kind))
    );
  });
  for (const reader of world.readers) {
    const counting = reader.count(filter, gate);
    while (counting.run(SPENT) === "paused");
    expect(counting.count).toBe(expected.length);
  }
});

eachCase(
  "lookups",
  (world) => {
    world.commit(2, 3);
    const known = world.model.rows;
    const seqs = Array.from({ length: 5 }, () => Math.floor(world.random() * 320));
    for (const reader of world.readers) {
      const { event, seq } = pick(world.random, known);
      expect(reader.has(event.id)).toBe(true);
      expect(reader.get(event.id)?.seq).toBe(seq);
      const stranger = `${event.id.slice(0, 12)}${"0".repeat(52)}`;
      expect([reader.has(stranger), reader.get(stranger)]).toEqual([false, undefined]);
      const expected = seqs.filter((wanted) => known.some((row) => row.seq === wanted));
      expect(reader.getMany(seqs).map((hit) => hit.seq)).toEqual(expected);
    }
  },
  25,
);
