// What the indexer remembers: progress by set of indexes, dead letters, jobs, across a restart.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { Ledger, LEDGER_FILE } from "../../src/cold/ledger.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();

test("everything is there after a restart", () => {
  const path = join(folder(), LEDGER_FILE);
  const before = new Ledger(path);
  expect(before.progress()).toBeUndefined();
  expect(before.mayHaveEvicted()).toBe(false);
  before.saveProgress({ built: "a", cursor: 5 });
  before.saveRebuild({ built: "b", cursor: 3 });
  before.noteEviction();
  before.bury({ seq: 9, id: "x", error: "bad", at: 100 });
  before.close();
  const after = new Ledger(path);
  expect(after.progress()).toEqual({ built: "a", cursor: 5 });
  expect(after.rebuild()).toEqual({ built: "b", cursor: 3 });
  expect(after.mayHaveEvicted()).toBe(true);
  expect(after.dead(10)).toEqual([{ seq: 9, id: "x", error: "bad", at: 100, tries: 1 }]);
  after.saveRebuild(undefined);
  expect(after.rebuild()).toBeUndefined();
  after.close();
});

test("a dead letter that fails again is counted, and goes when it is exhumed", () => {
  const ledger = new Ledger(":memory:");
  ledger.bury({ seq: 9, id: "x", error: "bad", at: 100 });
  ledger.bury({ seq: 9, id: "x", error: "worse", at: 200 });
  ledger.bury({ seq: 12, id: "y", error: "bad", at: 100 });
  expect(ledger.deadCount()).toBe(2);
  expect(ledger.dead(10)[0]).toMatchObject({ tries: 2, error: "worse", at: 200 });
  expect(ledger.dead(10, 9)).toMatchObject([{ seq: 12 }]);
  ledger.exhume(9);
  expect(ledger.dead(10)).toMatchObject([{ seq: 12 }]);
  ledger.close();
});

test("jobs wait in order, one of a kind, and are taken up again when they were broken off", () => {
  const path = join(folder(), LEDGER_FILE);
  const asking = new Ledger(path);
  const doing = new Ledger(path);
  const reindex = asking.requestJob("reindex");
  expect(asking.requestJob("reindex")).toBe(reindex);
  const reconcile = asking.requestJob("reconcile");
  expect(doing.nextJob()).toMatchObject({ id: reindex, state: "queued" });
  doing.saveJob(reindex, { state: "running", done: 1, total: 2, message: "half" });
  expect(doing.nextJob()).toMatchObject({ id: reindex, state: "running" });
  doing.saveJob(reindex, { state: "done", done: 2, total: 2, message: "all" });
  expect(asking.job(reindex)).toEqual({
    id: reindex,
    kind: "reindex",
    state: "done",
    done: 2,
    total: 2,
    message: "all",
  });
  expect(doing.nextJob()).toMatchObject({ id: reconcile });
  asking.close();
  doing.close();
});
