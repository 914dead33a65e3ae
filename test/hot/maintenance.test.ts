// Checkpoints keep the WAL short, and the doctor's check finds what is wrong.

import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import { CheckpointThread } from "../../src/hot/checkpoint-thread.ts";
import { openDatabase } from "../../src/hot/database.ts";
import { checkIntegrity, Checkpointer } from "../../src/hot/maintenance.ts";
import { createWriter } from "../../src/hot/writer.ts";
import { unsignedEvent } from "../support/events.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
const ALICE = "a1".repeat(32);

function open(path: string) {
  const database = openDatabase(path, { synchronous: "off", autoCheckpointPages: 0 });
  return { database, writer: createWriter(database, { ownUrls: new Set() }) };
}

test("a checkpoint comes when enough pages wait, and the WAL starts over", () => {
  const path = join(folder(), "a.db");
  const { database, writer } = open(path);
  const checkpointer = new Checkpointer(database, { dueAtPages: 40 });
  const write = (round: number) =>
    writer.apply(
      Array.from({ length: 100 }, (_, n) => unsignedEvent(ALICE, { content: `${round} ${n} `.repeat(400) })),
    );
  write(0);
  expect(checkpointer.run()).toBe("passive");
  const size = statSync(`${path}-wal`).size;
  for (let round = 1; round < 8; round++) {
    write(round);
    checkpointer.run();
  }
  expect(statSync(`${path}-wal`).size).toBeLessThan(size * 3);
  expect(checkpointer.run()).toBeUndefined();
  expect(checkpointer.truncate()).toBe("truncated");
  expect(statSync(`${path}-wal`).size).toBe(0);
  writer.close();
});

test("the bulk of a checkpoint is done beside the writer, and the WAL starts over", async () => {
  const path = join(folder(), "a.db");
  const { database, writer } = open(path);
  const bulk = new CheckpointThread({ path, synchronous: "off" });
  let over = Promise.withResolvers<void>();
  const checkpointer = new Checkpointer(database, {
    dueAtPages: 40,
    bulk: { run: (done) => bulk.run(() => (done(), over.resolve())), stop: () => bulk.stop() },
  });
  const write = (round: number) =>
    writer.apply(
      Array.from({ length: 100 }, (_, n) => unsignedEvent(ALICE, { content: `${round} ${n} `.repeat(400) })),
    );
  const sizes: number[] = [];
  for (let round = 0; round < 6; round++) {
    over = Promise.withResolvers<void>();
    write(round);
    expect(checkpointer.run()).toBe("begun");
    // A commit that comes in between, and no second checkpoint.
    writer.apply([unsignedEvent(ALICE, { content: `between ${round}` })]);
    expect(checkpointer.run()).toBeUndefined();
    await over.promise;
    sizes.push(statSync(`${path}-wal`).size);
  }
  expect(sizes.at(-1)).toBeLessThan(sizes[0]! * 2);
  expect(checkIntegrity(database, true)).toEqual([]);
  bulk.stop();
  expect(database.query("SELECT count(*) AS n FROM event").get()).toEqual({ n: 606 });
  writer.close();
});

test("where no thread does the bulk, the writer does it all", () => {
  const { database, writer } = open(join(folder(), "a.db"));
  const bulk = { run: () => false, stop: () => {} };
  const checkpointer = new Checkpointer(database, { dueAtPages: 1, bulk });
  writer.apply([unsignedEvent(ALICE, { content: "1" })]);
  expect(checkpointer.run()).toBe("passive");
  writer.close();
});

test("a checkpoint thread that cannot work says that it is over, and takes nothing more", async () => {
  const bulk = new CheckpointThread({ path: join(folder(), "missing", "b.db"), synchronous: "off" });
  const told = await new Promise<string>((resolve) => bulk.run(() => resolve("over")));
  expect(told).toBe("over");
  while (bulk.run(() => {})) await Bun.sleep(5);
});

test("a reader that stays holds a truncation up, and nothing breaks", () => {
  const path = join(folder(), "a.db");
  const { database, writer } = open(path);
  writer.apply([unsignedEvent(ALICE, { content: "1" })]);
  const reader = openDatabase(path, { readonly: true });
  reader.run("BEGIN");
  reader.query("SELECT count(*) FROM event").get();
  writer.apply([unsignedEvent(ALICE, { content: "2" })]);
  const checkpointer = new Checkpointer(database);
  expect(checkpointer.truncate()).toBe("held-up");
  reader.run("COMMIT");
  reader.close();
  expect(checkpointer.truncate()).toBe("truncated");
  writer.close();
});

test("a reader that stays holds up one commit, not every one of a WAL that has grown long", () => {
  const path = join(folder(), "a.db");
  const { database, writer } = open(path);
  const checkpointer = new Checkpointer(database, { dueAtPages: 100, walPagesMax: 200 });
  let written = 0;
  const write = (count: number) =>
    writer.apply(
      Array.from({ length: count }, () => unsignedEvent(ALICE, { content: `${++written} `.repeat(4000) })),
    );
  const readers = [0, 1].map(() => openDatabase(path, { readonly: true }));
  const read = (reader = readers[0]!): void => {
    reader.run("BEGIN");
    reader.query("SELECT count(*) FROM event").get();
  };
  write(1);
  read();
  for (let round = 0; round < 5; round++) {
    write(50);
    // It waits for the reader, who holds all of it: to force it would be in vain.
    expect(checkpointer.run()).toBe("passive");
  }
  read(readers[1]);
  readers[0]!.run("COMMIT");
  expect(checkpointer.run()).toBe("passive");
  write(1);
  expect(checkpointer.run()).toBe("held-up");
  for (let round = 0; round < 3; round++) {
    write(1);
    expect(checkpointer.run()).toBeUndefined();
  }
  readers[1]!.run("COMMIT");
  write(50);
  expect(checkpointer.run()).toBe("passive");
  write(1);
  expect(checkpointer.run()).toBeUndefined();
  expect(database.query<{ log: number }, []>("PRAGMA wal_checkpoint(NOOP)").get()!.log).toBeLessThan(100);
  for (const reader of readers) reader.close();
  writer.close();
});

test("the check is silent about a sound store and names faults in a broken one", () => {
  const { database, writer } = open(join(folder(), "a.db"));
  writer.apply([unsignedEvent(ALICE, { kind: 0 }), unsignedEvent(ALICE, {})]);
  expect(checkIntegrity(database)).toEqual([]);
  expect(checkIntegrity(database, true)).toEqual([]);
  database.run("UPDATE head SET seq = 99");
  database.run("UPDATE meta SET value = '1' WHERE key = 'seq'");
  expect(checkIntegrity(database)).toEqual([
    expect.stringContaining("1 heads of replaceable events"),
    expect.stringContaining("1 rows have a seq"),
  ]);
  writer.close();
});
