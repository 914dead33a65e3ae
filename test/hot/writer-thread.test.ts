// A writer thread that dies answers for what it was given, and says so.

import { expect, test } from "bun:test";
import { join } from "node:path";
import type { PackedBatch } from "../../src/hot/batch-codec.ts";
import { DATABASE_FILE } from "../../src/hot/database.ts";
import { WriterThread } from "../../src/hot/writer-thread.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();

function start(path: string): Promise<WriterThread> {
  return WriterThread.start({ path, synchronous: "off", cacheBytes: 1e6, ownUrls: [], tickMs: 20 });
}

test("a database that cannot be opened is the thread's StoreError", async () => {
  const missing = join(folder(), "nowhere", DATABASE_FILE);
  expect(start(missing)).rejects.toMatchObject({ name: "StoreError", fault: "folder-missing" });
});

test("a batch, an act and whatever follows fail with what to do when the thread dies", async () => {
  const thread = await start(join(folder(), DATABASE_FILE));
  const trouble = Promise.withResolvers<string>();
  thread.listen({ swept: () => {}, foreign: () => {}, trouble: trouble.resolve });
  // No batch has a negative count: the thread has no answer to this.
  const defective: PackedBatch = { count: -1, text: "", numbers: new Float64Array(0) };
  const lost = (batch: PackedBatch) =>
    new Promise<Error>((resolve) => thread.apply(batch, { applied: () => {}, lost: resolve }));
  const batch = lost(defective);
  const act = thread.act({ act: "pruneRemovals" }, (_, settle) => settle());
  act.catch(() => {});
  expect((await batch).message).toContain("restart the relay");
  expect(await trouble.promise).toContain("restart the relay");
  expect((await lost({ ...defective, count: 0 })).message).toContain("restart the relay");
  expect(thread.act({ act: "pruneRemovals" }, (_, settle) => settle())).rejects.toThrow("restart the relay");
  await thread.stop();
});
