// From entries of the log to operations: one for each document, and the last word on it.

import { expect, test } from "bun:test";
import type { ScoreSource } from "../../src/cold/contract.ts";
import { batchOf, reducedIndexing } from "../../src/cold/operations.ts";
import { hexOf, note } from "../support/cold-events.ts";
import { unsignedEvent } from "../support/events.ts";
import { MemoryLog } from "../support/memory-log.ts";

const context = { indexFor: (kind: number) => (kind === 1 ? "ev" : "repl") };
const ALICE = hexOf("alice");

const batch = (log: MemoryLog, bytesMax = 10 ** 6) => batchOf(log.log(0, 1000), bytesMax, context);

test("an event that was deleted since is a delete alone", () => {
  const log = new MemoryLog();
  const gone = note("alice", "gone");
  log.store(gone);
  log.removeId(gone.id, "deleted");
  expect(batch(log).operations).toMatchObject([{ type: "delete", id: gone.id, version: 2, index: "ev" }]);
});

test("a replaced version is overwritten in its place and never deletes its successor", () => {
  const log = new MemoryLog();
  const version = (created_at: number) =>
    unsignedEvent(ALICE, { kind: 0, created_at, content: `${created_at}` }).event;
  log.store(version(1));
  log.store(version(2));
  expect(batch(log).operations).toMatchObject([{ type: "index", version: 2 }]);
});

test("of a slot that was deleted and taken again, only the new event is written", () => {
  const log = new MemoryLog();
  const article = (created_at: number) =>
    unsignedEvent(ALICE, { kind: 30_023, created_at, tags: [["d", "x"]] }).event;
  log.store(article(1));
  log.removeId(article(1).id, "deleted");
  log.store(article(5));
  expect(batch(log).operations).toMatchObject([{ type: "index", version: 3 }]);
});

test("what hot evicts stays in the index", () => {
  const log = new MemoryLog();
  const old = note("alice", "old");
  log.store(old);
  log.evict(old.id);
  expect(batch(log)).toMatchObject({ operations: [], upTo: 2 });
});

test("a batch ends at a key that vanished, which needs everything before it to be done", () => {
  const log = new MemoryLog();
  log.store(note("bob", "stays"));
  log.vanish(ALICE, 100);
  log.store(note("bob", "comes later"));
  expect(batch(log)).toMatchObject({
    upTo: 2,
    vanished: { pubkey: ALICE, until: 100 },
    operations: [{ version: 1 }],
  });
});

test("a batch ends when it is large enough, but holds one event at least", () => {
  const log = new MemoryLog();
  for (let i = 0; i < 5; i++) log.store(note("bob", `${i} ${"x".repeat(500)}`));
  expect(batch(log, 1)).toMatchObject({ upTo: 1 });
  expect(batch(log, 3000).operations.length).toBeLessThan(5);
});

test("a deletion request is remembered with its targets", () => {
  const log = new MemoryLog();
  const target = hexOf("somewhere");
  log.store(unsignedEvent(ALICE, { kind: 5, tags: [["e", target]] }).event);
  expect(batch(log).deletions).toEqual([{ seq: 1, pubkey: ALICE, ids: [target] }]);
});

test("everything that is counted for a batch is counted at one moment", () => {
  const log = new MemoryLog();
  for (let i = 0; i < 3; i++) log.store(note("bob", `note ${i}`));
  let moment = 0;
  const outside = moment;
  const scores: ScoreSource = {
    scoresOf: () => ({ engagement: 2 ** moment }),
    together: (read) => {
      moment++;
      try {
        return read();
      } finally {
        moment = outside;
      }
    },
  };
  const { operations } = batchOf(log.log(0, 1000), 10 ** 6, { ...context, scores });
  expect(operations.map(({ body }) => (JSON.parse(body) as { eng: number }).eng)).toEqual([3, 3, 3]);
  expect(moment).toBe(outside);
});

test("the reduced form of an operation keeps its place and loses its text", () => {
  const log = new MemoryLog();
  log.store(unsignedEvent(ALICE, { content: "words", tags: [["expiration", "2000000000"]] }).event);
  const [whole] = batch(log).operations;
  const reduced = reducedIndexing(whole!);
  expect(reduced).toMatchObject({ id: whole!.id, version: 1, isReduced: true });
  expect(JSON.parse(reduced.body)).toMatchObject({ exp: 2_000_000_000, kind: 1, seq: 1 });
  expect(JSON.parse(reduced.body)["txt"]).toBeUndefined();
});
