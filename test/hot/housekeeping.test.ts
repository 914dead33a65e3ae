// What the writer thread does between batches goes on until it is done, in small steps.

import { afterEach, expect, setSystemTime, test } from "bun:test";
import { join } from "node:path";
import { openDatabase } from "../../src/hot/database.ts";
import { Housekeeping } from "../../src/hot/housekeeping.ts";
import { createWriter } from "../../src/hot/writer.ts";
import { unsignedEvent } from "../support/events.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
const NOW = 1_800_000_000;

afterEach(() => void setSystemTime());

test("very many events that expire in one second leave one step after the other, without waiting for the next second", async () => {
  // The clock stands still, so that no further second begins.
  setSystemTime(new Date(NOW * 1000));
  const database = openDatabase(join(folder(), "a.db"), { synchronous: "off" });
  const writer = createWriter(database, { ownUrls: new Set() });
  const steps: number[] = [];
  const over = Promise.withResolvers<void>();
  const housekeeping = new Housekeeping(database, writer, {
    tickMs: 1,
    swept: ({ removed }) => {
      steps.push(removed.length);
      if (removed.length < 500) over.resolve();
    },
    foreign: () => {},
    trouble: over.reject,
  });
  writer.apply(
    Array.from({ length: 1700 }, (_, index) =>
      unsignedEvent("a".repeat(64), { content: `${index}`, tags: [["expiration", `${NOW}`]] }),
    ),
  );
  writer.apply([unsignedEvent("a".repeat(64), { tags: [["expiration", `${NOW + 1}`]] })]);
  housekeeping.start();
  await over.promise;
  housekeeping.stop();
  expect(steps).toEqual([500, 500, 500, 200]);
  expect(database.query("SELECT count(*) AS left FROM event").get()).toEqual({ left: 1 });
  writer.close();
});

test("what expires goes on leaving where the clock is set back", async () => {
  const database = openDatabase(join(folder(), "a.db"), { synchronous: "off" });
  const writer = createWriter(database, { ownUrls: new Set() });
  let gone = 0;
  const housekeeping = new Housekeeping(database, writer, {
    tickMs: 1,
    swept: ({ removed }) => (gone += removed.length),
    foreign: () => {},
    trouble: () => {},
  });
  const expireOne = async (nowSeconds: number): Promise<void> => {
    setSystemTime(new Date(nowSeconds * 1000));
    const before = gone;
    writer.apply([
      unsignedEvent("a".repeat(64), { content: `${gone}`, tags: [["expiration", `${nowSeconds}`]] }),
    ]);
    while (gone === before) await Bun.sleep(5);
  };
  housekeeping.start();
  await expireOne(NOW);
  await expireOne(NOW - 86_400);
  housekeeping.stop();
  writer.close();
});
