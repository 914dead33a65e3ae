// Indexes that were set back to an older copy are noticed, and nothing else is taken for that.

import { beforeEach, expect, test } from "bun:test";
import { errors } from "@opensearch-project/opensearch";
import type { Generation } from "../../src/cold/indexes.ts";
import { Ledger } from "../../src/cold/ledger.ts";
import { Sentinels } from "../../src/cold/sentinels.ts";
import { unsignedEvent } from "../support/events.ts";
import { MemoryLog } from "../support/memory-log.ts";

const ALICE = "a1".repeat(32);
const generation = (built: string): Generation => ({ number: 1, meta: { built } }) as Generation;
const ONE = generation("one");

let log: MemoryLog;
let ledger: Ledger;
let indexed: Set<number>;
let visibleSeq: number;
let now: number;
let isDown: boolean;

beforeEach(() => {
  log = new MemoryLog();
  ledger = new Ledger(":memory:");
  indexed = new Set();
  visibleSeq = 0;
  now = 0;
  isDown = false;
});

function put(count: number): string[] {
  const ids = [];
  for (let n = 0; n < count; n++) {
    const { event } = unsignedEvent(ALICE, { content: `${log.lastSeq()} ${n}` });
    indexed.add(log.store(event)!);
    ids.push(event.id);
  }
  visibleSeq = log.lastSeq();
  return ids;
}

/** As a process that has just begun: it knows what the ledger says. */
const watch = (): Sentinels =>
  new Sentinels({
    log,
    ledger,
    clock: { now: () => now },
    visibleSeq: () => visibleSeq,
    present: (_generation, seqs) =>
      isDown
        ? Promise.reject(new errors.ConnectionError("refused"))
        : Promise.resolve(new Set(seqs.filter((seq) => indexed.has(seq)))),
  });

const isReconcileAsked = (): boolean => ledger.nextJob()?.kind === "reconcile";

/** Puts back a copy of the index as it was at a seq. */
function setBack(seq: number): void {
  indexed = new Set([...indexed].filter((one) => one <= seq));
}

test.each(["the same process", "the next one"])(
  "a copy from before the last look is noticed by %s, whatever was indexed since",
  async (who) => {
    put(30);
    const before = log.lastSeq();
    const sentinels = watch();
    await sentinels.look(ONE);
    expect(sentinels.isDue).toBe(false);
    put(20);
    now += 60_000;
    expect(sentinels.isDue).toBe(true);
    await sentinels.look(ONE);
    expect(isReconcileAsked()).toBe(false);
    setBack(before);
    put(5);
    await (who === "the next one" ? watch() : sentinels).look(ONE);
    expect(isReconcileAsked()).toBe(true);
  },
);

test("what was deleted since need not be there, and what has left the hot store must", async () => {
  const ids = put(10);
  await watch().look(ONE);
  log.store(unsignedEvent(ALICE, { kind: 5, tags: [["e", ids[9]!]] }).event);
  indexed.delete(10);
  log.evict(ids[8]!);
  await watch().look(ONE);
  expect(isReconcileAsked()).toBe(false);
  log.evict(ids[7]!);
  indexed.delete(8);
  await watch().look(ONE);
  expect(isReconcileAsked()).toBe(true);
});

test("a cluster that does not answer, other indexes, dead letters and what does not show yet tell nothing", async () => {
  put(10);
  ledger.bury({ seq: 10, id: "", error: "refused", at: 0 });
  indexed.delete(10);
  await watch().look(ONE);
  isDown = true;
  await watch().look(ONE);
  isDown = false;
  await watch().look(ONE);
  put(1);
  visibleSeq = 10;
  indexed.delete(11);
  await watch().look(ONE);
  await watch().look(ONE);
  setBack(0);
  await watch().look(generation("two"));
  expect(isReconcileAsked()).toBe(false);
});

test("what could not be told is asked again with the same documents", async () => {
  put(10);
  await watch().look(ONE);
  setBack(0);
  isDown = true;
  await watch().look(ONE);
  isDown = false;
  await watch().look(ONE);
  expect(isReconcileAsked()).toBe(true);
});
