// One serving relay a data folder, and no lock that outlives its holder.

import { expect, test } from "bun:test";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "../../src/hot/database.ts";
import { isServed, lockFolder } from "../../src/hot/folder-lock.ts";
import { StoreError } from "../../src/hot/store-error.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
const LOCK = join(import.meta.dir, "../../src/hot/folder-lock.ts");

test("a second holder is refused with the first one's process and what to do", () => {
  const data = folder();
  const lock = lockFolder(data, 4711);
  let refused: unknown;
  try {
    lockFolder(data);
  } catch (error) {
    refused = error;
  }
  expect(refused).toBeInstanceOf(StoreError);
  expect(refused).toMatchObject({ fault: "in-use" });
  expect((refused as StoreError).message).toContain("4711");
  expect((refused as StoreError).hint).toContain("stop");
  lock.release();
  lockFolder(data).release();
});

test("the lock keeps no writer out", () => {
  const data = folder();
  const lock = lockFolder(data);
  const database = openDatabase(join(data, "thermocline.db"));
  expect(database.run("UPDATE meta SET value = '1' WHERE key = 'seq'").changes).toBe(1);
  database.close();
  lock.release();
});

test("who only asks whether somebody serves changes nothing, and keeps nobody out", () => {
  const data = folder();
  expect(isServed(data)).toBe(false);
  expect(readdirSync(data)).toEqual([]);
  const lock = lockFolder(data, 4711);
  expect([isServed(data), isServed(data)]).toEqual([true, true]);
  const held = readdirSync(data).sort();
  expect(held).toEqual(["lock.db", "serving.pid"]);
  lock.release();
  expect(isServed(data)).toBe(false);
  expect(readdirSync(data).sort()).toEqual(held);
  lockFolder(data).release();
  writeFileSync(join(data, "lock.db"), "this is no database, so nobody can say");
  expect(isServed(data)).toBe(true);
});

test("a damaged lock is told apart from a damaged store: it can be deleted", () => {
  const data = folder();
  writeFileSync(join(data, "lock.db"), "this is no database".repeat(100));
  expect(() => lockFolder(data)).toThrow("lock.db, the lock of the data folder, is damaged");
  rmSync(join(data, "lock.db"));
  lockFolder(data).release();
});

test("another process is refused while the holder lives, and a killed holder leaves nothing behind", async () => {
  const data = folder();
  const script = `import { isServed, lockFolder } from ${JSON.stringify(LOCK)};
    globalThis.lock = lockFolder(${JSON.stringify(data)}); process.stdout.write("held"); setInterval(() => {}, 1000);`;
  const holder = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "ignore" });
  try {
    const { value } = await holder.stdout.getReader().read();
    expect(new TextDecoder().decode(value)).toBe("held");
    expect(() => lockFolder(data)).toThrow(`process ${holder.pid}`);
    expect(isServed(data)).toBe(true);
  } finally {
    holder.kill("SIGKILL");
  }
  await holder.exited;
  expect(isServed(data)).toBe(false);
  lockFolder(data).release();
});
