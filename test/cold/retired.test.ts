// Old indexes after a reindex: they outlive the searches that may still ask them, and no process leaves them behind.

import { expect, test } from "bun:test";
import type { Generation } from "../../src/cold/indexes.ts";
import { Ledger } from "../../src/cold/ledger.ts";
import { Retired } from "../../src/cold/retired.ts";

function generation(number: number): Generation {
  const meta = { layout: 1, bucket: "all", profile: "core", store: "s", built: `built ${number}` } as const;
  return { number, meta };
}

/** A cluster that notes what is deleted, and a clock that the test turns. */
function retiredIndexes() {
  const discarded: number[] = [];
  const ledger = new Ledger(":memory:");
  let nowMs = 0;
  const retired = new Retired({
    indexes: { discardBefore: async ({ number }) => void discarded.push(number) },
    ledger,
    clock: { now: () => nowMs, unixNow: () => 0, random: () => 0, sleep: async () => undefined },
  });
  return { retired, ledger, discarded, pass: (ms: number) => (nowMs += ms) };
}

test("they are due when nobody can have their names any more, once, and until then the ledger names the rebuild", async () => {
  const { retired, ledger, discarded, pass } = retiredIndexes();
  expect(retired.isDue).toBe(false);
  ledger.saveRebuild({ built: "built 2", cursor: 7 });
  retired.since(generation(2), true);
  pass(9000);
  expect(retired.isDue).toBe(false);
  expect(ledger.rebuild()).toBeDefined();
  pass(1000);
  expect(retired.isDue).toBe(true);
  await retired.discard();
  expect([discarded, retired.isDue, ledger.rebuild()]).toEqual([[2], false, undefined]);
  await retired.discard();
  expect(discarded).toEqual([2]);
});

test("what nobody may ask is due at once, and the end of the process waits for nothing", async () => {
  const { retired, discarded } = retiredIndexes();
  retired.since(generation(2), false);
  expect(retired.isDue).toBe(true);
  await retired.discard();
  retired.since(generation(3), true);
  await retired.discard();
  expect(discarded).toEqual([2, 3]);
});

test("another rebuild that is about to take over stays in the ledger", async () => {
  const { retired, ledger } = retiredIndexes();
  retired.since(generation(2), true);
  ledger.saveRebuild({ built: "built 3", cursor: 9 });
  await retired.discard();
  expect(ledger.rebuild()).toEqual({ built: "built 3", cursor: 9 });
});
