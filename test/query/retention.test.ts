// What leaves the hot store, when, and what never does.

import { afterAll, beforeEach, expect, test } from "bun:test";
import type { ColdReader } from "../../src/cold/cold-reader.ts";
import type { VerifiedEvent } from "../../src/nostr/event.ts";
import { Retention, type RetentionOptions } from "../../src/query/retention.ts";
import {
  ageLimitOf,
  isBounded,
  type RetentionBounds,
  yieldsToSize,
} from "../../src/query/retention-rules.ts";
import { type EventTemplate, unsignedEvent } from "../support/events.ts";
import { FakeCold } from "../support/fake-cold.ts";
import { TieredSide } from "../support/tiered-store.ts";

const ALICE = "a1".repeat(32);
const NOW = 1_700_000_000;
const DAY = 86_400;

const bounds = (given: Partial<RetentionBounds> = {}): RetentionBounds => ({
  maxAgeSeconds: 0,
  maxBytes: 0,
  retain: [],
  ...given,
});

let cold: FakeCold;
let side: TieredSide;
let now: number;
/** How far the system's clock has jumped ahead. */
let jumped: number;
let acknowledged: number;
const untagged = new Set<number>();
const sides: TieredSide[] = [];
afterAll(() => sides.forEach((each) => each.close()));

beforeEach(() => {
  cold = new FakeCold();
  side = new TieredSide(cold);
  sides.push(side);
  now = NOW;
  jumped = 0;
  acknowledged = Number.MAX_SAFE_INTEGER;
  untagged.clear();
});

/** An event of so many days ago, in both stores. */
function put(daysAgo: number, template: EventTemplate = {}): number {
  const event = unsignedEvent(ALICE, {
    created_at: NOW - daysAgo * DAY,
    content: `${Math.random()}`,
    ...template,
  });
  const seq = side.put([event])[0] as number;
  cold.put(seq, event);
  return seq;
}

const taggedSeqs: ColdReader["taggedSeqs"] = async (seqs) => ({
  type: "answered",
  value: new Set(seqs.filter((seq) => cold.documents.has(seq) && !untagged.has(seq))),
  isPartial: false,
});

function retention(given: Partial<RetentionBounds>, options: Partial<RetentionOptions> = {}): Retention {
  return new Retention(
    {
      candidates: side.reader.candidates,
      cold: { bySeqs: (seqs) => cold.bySeqs(seqs), taggedSeqs },
      acknowledgedSeq: () => acknowledged,
      evict: async (seqs) => side.evict(seqs).length,
      isBusy: () => false,
      now: () => now + jumped,
      steadyNow: () => now,
    },
    bounds(given),
    { safetySeconds: 0, everyMs: 60_000, batchEvents: 3, ...options },
  );
}

const left = (): number[] =>
  side.reader.log(0, 1000).flatMap((entry) => (entry.type === "stored" ? [entry.seq] : []));

test("rules: the first that names a kind decides, and heads never leave", () => {
  const rules = bounds({
    maxAgeSeconds: 10,
    retain: [
      { kinds: [[7, 7]], maxAgeSeconds: 5 },
      {
        kinds: [
          [1, 9],
          [1000, 1999],
        ],
        maxAgeSeconds: 0,
      },
    ],
  });
  expect([7, 1, 1059, 40_000].map((kind) => ageLimitOf(kind, rules))).toEqual([5, Infinity, Infinity, 10]);
  expect([0, 3, 5, 62, 10_002, 30_023].map((kind) => ageLimitOf(kind, rules))).toEqual(
    Array(6).fill(Infinity),
  );
  expect([7, 1, 40_000, 0].map((kind) => yieldsToSize(kind, rules))).toEqual([true, false, true, false]);
  expect([bounds(), rules, bounds({ maxBytes: 1 })].map(isBounded)).toEqual([false, true, true]);
});

test("what is older than its bound leaves, the rest stays", async () => {
  const old = [9, 8, 7, 6, 5].map((days) => put(days));
  const heads = [
    put(9, { kind: 0 }),
    put(9, { kind: 30_023, tags: [["d", "x"]] }),
    put(9, { kind: 5, tags: [["e", "0".repeat(64)]] }),
  ];
  const reaction = put(2, { kind: 7 });
  const young = [put(1), put(0.5)];
  const job = retention({ maxAgeSeconds: 3 * DAY, retain: [{ kinds: [[7, 7]], maxAgeSeconds: DAY }] });
  expect(await job.round()).toEqual({ moved: 6, unverified: 0, isWhole: true });
  expect(left()).toEqual([...heads, ...young]);
  expect(side.reader.evictions.stubsAt([...old, reaction])).toHaveLength(6);
  expect(await job.round()).toEqual({ moved: 0, unverified: 0, isWhole: true });
});

test("what the cold store does not hold letter by letter, or does not find by its tags, stays", async () => {
  const tags = [["t", "nostr"]];
  const [missing, changed, reduced, fine, plain] = [
    put(9),
    put(9),
    put(9, { tags }),
    put(9, { tags }),
    put(9),
  ];
  cold.documents.delete(missing);
  cold.put(changed, cold.documents.get(fine)!.parsed as VerifiedEvent);
  for (const seq of [reduced, plain]) untagged.add(seq);
  expect(await retention({ maxAgeSeconds: DAY }).round()).toEqual({ moved: 2, unverified: 3, isWhole: true });
  expect(left()).toEqual([missing, changed, reduced]);
});

test("a clock that jumps ahead shortens the safety time of nothing", async () => {
  put(9);
  const job = retention({ maxAgeSeconds: DAY }, { safetySeconds: 3600 });
  expect((await job.round()).moved).toBe(0);
  jumped = DAY;
  expect((await job.round()).moved).toBe(0);
  now += 3600;
  expect((await job.round()).moved).toBe(1);
});

test("nothing leaves while the cold store is away, or before it has held it for the safety time", async () => {
  put(9);
  cold.mood = "down";
  expect(await retention({ maxAgeSeconds: DAY }).round()).toMatchObject({ moved: 0, isWhole: false });
  cold.mood = "partial";
  expect(await retention({ maxAgeSeconds: DAY }).round()).toMatchObject({ moved: 0, isWhole: false });
  cold.mood = "up";
  acknowledged = 0;
  expect(await retention({ maxAgeSeconds: DAY }).round()).toMatchObject({ moved: 0, isWhole: false });

  acknowledged = 1;
  const job = retention({ maxAgeSeconds: DAY }, { safetySeconds: 3600 });
  expect((await job.round()).moved).toBe(0);
  now += 3599;
  const second = put(9);
  acknowledged = second;
  expect((await job.round()).moved).toBe(0);
  now += 1;
  expect((await job.round()).moved).toBe(1);
  expect(left()).toEqual([second]);
  acknowledged = 1;
  now += 3599;
  expect((await job.round()).moved).toBe(0);
  acknowledged = second;
  now += 1;
  expect((await job.round()).moved).toBe(0);
  now += 3600;
  expect((await job.round()).moved).toBe(1);
});

test("a database that is too large gives away its oldest events, whatever their kind, but not what is kept", async () => {
  const content = "x".repeat(20_000);
  const kept = put(99, { kind: 9, content });
  const seqs = Array.from({ length: 60 }, (_, index) =>
    put(60 - index / 2, { kind: index % 2 === 0 ? 1 : 7, content: `${content}${index}` }),
  );
  const used = side.reader.candidates.usedBytes();
  const job = retention({ maxBytes: Math.floor(used / 2), retain: [{ kinds: [[9, 9]], maxAgeSeconds: 0 }] });
  const { moved } = await job.round();
  expect(moved).toBeGreaterThan(20);
  expect(moved).toBeLessThan(45);
  expect(left()).toEqual([kept, ...seqs.slice(moved)]);
  expect(side.reader.candidates.usedBytes()).toBeLessThanOrEqual(used / 2);
  expect(await job.round()).toEqual({ moved: 0, unverified: 0, isWhole: true });
});
