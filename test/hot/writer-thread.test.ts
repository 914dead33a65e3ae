// A writer thread that dies answers for what it was given, says so, and is followed by another.

import { expect, test } from "bun:test";
import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { PackedBatch } from "../../src/hot/batch-codec.ts";
import { DATABASE_FILE } from "../../src/hot/database.ts";
import { WriterLost, WriterThread } from "../../src/hot/writer-thread.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();

function start(path: string): Promise<WriterThread> {
  return WriterThread.start({ path, synchronous: "off", cacheBytes: 1e6, ownUrls: [], tickMs: 20 });
}

test("a database that cannot be opened is the thread's StoreError", async () => {
  const missing = join(folder(), "nowhere", DATABASE_FILE);
  expect(start(missing)).rejects.toMatchObject({ name: "StoreError", fault: "folder-missing" });
});

/** No batch has a negative count: the thread has no answer to this, and dies. */
const DEADLY = (): PackedBatch => ({ count: -1, text: "", numbers: new Float64Array(0) });
const EMPTY = (): PackedBatch => ({ count: 0, text: "", numbers: new Float64Array(0) });

test.concurrent(
  "when the thread dies its batch and its acts are lost, and the next ones reach another thread",
  async () => {
    const thread = await start(join(folder(), DATABASE_FILE));
    const told: string[] = [];
    thread.listen({
      swept: () => {},
      foreign: () => told.push("foreign"),
      trouble: (text) => told.push(text),
    });
    const sent = (batch: PackedBatch) =>
      new Promise<Error | "applied">((resolve) =>
        thread.apply(batch, { applied: () => resolve("applied"), lost: resolve }),
      );
    const prune = () => thread.act({ act: "pruneRemovals" }, (_, settle) => settle());
    for (let restarts = 1; restarts <= 2; restarts++) {
      const batch = sent(DEADLY());
      const act = prune();
      act.catch(() => {});
      expect(await batch).toBeInstanceOf(WriterLost);
      expect(act).rejects.toBeInstanceOf(WriterLost);
      expect(thread.fault).toBe("the writer thread is being restarted");
      expect(prune()).rejects.toThrow("is being restarted");
      expect(await sent(EMPTY())).toBe("applied");
      expect([thread.fault, thread.restarts]).toEqual([undefined, restarts]);
      await prune();
    }
    expect(told.filter((text) => text.includes("another is started in"))).toHaveLength(2);
    expect(told.filter((text) => text === "foreign")).toHaveLength(2);
    await thread.stop();
    expect(thread.fault).toBe("the store is stopped");
  },
);

test.concurrent(
  "where no other thread can start, writes are refused at once, and work again once one can",
  async () => {
    const home = join(folder(), "data");
    mkdirSync(home);
    const path = join(home, DATABASE_FILE);
    const thread = await start(path);
    const failed = Promise.withResolvers<void>();
    thread.listen({
      swept: () => {},
      foreign: () => {},
      trouble: (text) => text.includes("could not be restarted") && failed.resolve(),
    });
    const sent = (batch: PackedBatch) =>
      new Promise<Error | "applied">((resolve) =>
        thread.apply(batch, { applied: () => resolve("applied"), lost: resolve }),
      );
    renameSync(home, `${home}-away`);
    expect(await sent(DEADLY())).toBeInstanceOf(WriterLost);
    const waiting = await sent(EMPTY());
    expect(waiting).not.toBeInstanceOf(WriterLost);
    expect(String(waiting)).toContain("could not be restarted");
    await failed.promise;
    expect(String(await sent(EMPTY()))).toContain("could not be restarted");
    renameSync(`${home}-away`, home);
    while (thread.fault !== undefined) await Bun.sleep(10);
    expect(await sent(EMPTY())).toBe("applied");
    await thread.stop();
  },
);

test.concurrent("a thread that dies is not followed by another once the store is stopped", async () => {
  const thread = await start(join(folder(), DATABASE_FILE));
  thread.listen({ swept: () => {}, foreign: () => {}, trouble: () => {} });
  const lost = new Promise<Error>((resolve) => thread.apply(DEADLY(), { applied: () => {}, lost: resolve }));
  await lost;
  await thread.stop();
  await Bun.sleep(300);
  expect([thread.fault, thread.restarts]).toEqual(["the store is stopped", 0]);
});
