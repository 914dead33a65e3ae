// A count by number says what a count of every single event says, on this thread and on a reader worker.

import { afterAll, expect, test } from "bun:test";
import type { Filter } from "../../src/nostr/filter.ts";
import { HyperLogLog } from "../../src/query/hyperloglog.ts";
import { NumberCount } from "../../src/query/number-count.ts";
import { ReaderPool } from "../../src/query/reader-pool.ts";
import { prng, testSeed } from "../support/prng.ts";
import { AUTHORS, randomEvent, randomFilter } from "../support/random-filter.ts";
import { count, HotSide } from "../support/tiered-store.ts";
import { SOMEBODY } from "../support/somebody.ts";

const EVENTS = 2000;
const FILTERS = 120;
const NOW = 1_700_000_000;
const HLL_OFFSET = 16;

const seed = testSeed();
const random = prng(seed);
const side = new HotSide();
side.put(Array.from({ length: EVENTS }, () => randomEvent(random)));
const pool = new ReaderPool({
  path: side.path,
  tagSeed: side.writer.tagSeed,
  workers: 1,
  depthMax: 4,
  onTrouble: (reason) => {
    throw new Error(reason);
  },
});

afterAll(() => {
  pool.stop();
  side.close();
});

interface Counted {
  readonly count: number;
  readonly hll: string | undefined;
}

/** With a deadline that has passed, so that whatever takes more than a moment moves to the worker. */
function byNumber(
  filter: Filter,
  keys: readonly string[],
  withAuthors: boolean,
  isHurried: boolean,
): Promise<Counted> {
  const hyperLogLog = withAuthors ? new HyperLogLog(HLL_OFFSET) : undefined;
  return new Promise((resolve, reject) => {
    const source: NumberCount = new NumberCount(filter, {
      reader: side.reader,
      pool,
      budgetMs: 0,
      keys: new Set(keys),
      client: SOMEBODY,
      nowSeconds: NOW,
      hyperLogLog,
      wake: () => look(),
    });
    const look = (): void => {
      const state = source.pull(isHurried ? 0 : Number.POSITIVE_INFINITY);
      if (state === "ended") resolve({ count: source.unseen, hll: hyperLogLog?.toHex() });
      if (state === "failed") reject(new Error(source.error?.text));
    };
    look();
  });
}

test(`the same as counting one by one (SEED=${seed})`, async () => {
  const oneByOne = { ...side.stores(), hidesAny: () => true };
  for (let i = 0; i < FILTERS; i++) {
    const filter = i === 0 ? { tags: [] } : randomFilter(random);
    const keys = random() < 0.5 ? [] : [AUTHORS[0]!];
    const expected = await count(oneByOne, [filter], keys);
    for (const isHurried of [false, true]) {
      expect(await byNumber(filter, keys, true, isHurried)).toEqual({
        count: expected.count,
        hll: expected.hll,
      });
      expect(await byNumber(filter, keys, false, isHurried)).toEqual({
        count: expected.count,
        hll: undefined,
      });
    }
  }
});

test("with as many long queries as there is room for, a count is refused and not queued", async () => {
  const open = Array.from({ length: pool.depthMax }, () =>
    pool.open({ tags: [] }, {}, { nowSeconds: 0, keys: [] }, SOMEBODY)!,
  );
  await expect(byNumber({ tags: [] }, [], true, true)).rejects.toThrow("too many long queries");
  for (const scan of open) scan.close();
  expect(pool.depth).toBe(0);
});

test("a count that nobody waits for any more frees its place", () => {
  const remote = pool.count({ tags: [] }, { nowSeconds: NOW, keys: [], hllOffset: undefined }, SOMEBODY)!;
  expect(pool.depth).toBe(1);
  remote.close();
  expect(pool.depth).toBe(0);
});
