// COUNT over several filters: it gives the thread back after its slice, also where every event is at hand in memory.

import { afterAll, expect, test } from "bun:test";
import { CountQuery } from "../../src/query/count.ts";
import type { CountSource } from "../../src/query/count-source.ts";
import { HotSource } from "../../src/query/hot-source.ts";
import type { ReaderPool } from "../../src/query/reader-pool.ts";
import { unsignedEvent } from "../support/events.ts";
import { HotSide } from "../support/tiered-store.ts";
import { SOMEBODY } from "../support/somebody.ts";

const NOW = 1_700_000_000;
const EVENTS = 300;

const side = new HotSide();
side.put(
  Array.from({ length: EVENTS }, (_, index) => unsignedEvent("a".repeat(64), { created_at: NOW - index })),
);

afterAll(() => side.close());

/** So many events, each at hand at once. */
function memorySource(events: number): CountSource {
  let shown = 0;
  return {
    pull: () => (shown < events ? "ready" : "ended"),
    seq: () => shown,
    author: () => "",
    shift: () => void shown++,
    unseen: 0,
    sawAuthors: true,
    isExact: true,
    error: undefined,
    close: () => {},
  };
}

test("counts on in a later turn when its slice is over, and loses nothing", () => {
  const later: (() => void)[] = [];
  const events = 100_000;
  let count: number | undefined;
  const query = new CountQuery([memorySource(events), memorySource(events)], {
    done: (result) => (count = result.count),
    failed: () => {},
    sliceMs: 5,
    turn: {
      deadline: () => 0,
      begin: (work) => work(),
      later: (work) => void later.push(work),
    },
  });
  query.start();
  let turns = 1;
  for (; later.length > 0; turns++) later.shift()!();
  expect(count).toBe(events);
  expect(turns).toBeGreaterThan((2 * events) / 1000);
});

test("a count of events in memory moves to a reader worker too once its time here is used up", () => {
  let opened = 0;
  const pool = { open: () => void opened++ } as unknown as ReaderPool;
  const { reader } = side;
  const source = new HotSource(
    { tags: [] },
    {
      reader,
      pool,
      budgetMs: 0,
      upToSeq: reader.lastSeq(),
      limit: Number.POSITIVE_INFINITY,
      accept: () => true,
      rules: () => ({ nowSeconds: NOW, keys: [] }),
      client: SOMEBODY,
      wake: () => {},
    },
  );
  let shown = 0;
  for (; source.pull(performance.now() + 10_000) === "ready"; shown++) source.shift();
  expect(opened).toBe(1);
  expect(shown).toBeLessThan(EVENTS);
});
