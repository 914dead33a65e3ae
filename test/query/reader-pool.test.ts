// Long scans on a reader worker: only what may be read comes back, in one answer however much lies before it.

import { afterAll, expect, test } from "bun:test";
import { idOfJson } from "../../src/nostr/event-json.ts";
import type { Client } from "../../src/policy/rotation.ts";
import { ReaderPool } from "../../src/query/reader-pool.ts";
import { unsignedEvent } from "../support/events.ts";
import { HotSide } from "../support/tiered-store.ts";
import { NEIGHBOUR, SOMEBODY, STRANGER } from "../support/somebody.ts";

const NOW = 1_700_000_000;
const [ALICE, BOB] = ["a".repeat(64), "b".repeat(64)];

const note = unsignedEvent(ALICE, { created_at: NOW - 10_000 });
const wraps = Array.from({ length: 500 }, (_, index) =>
  unsignedEvent(ALICE, { kind: 1059, created_at: NOW - index, tags: [["p", BOB]] }),
);
const expired = Array.from({ length: 500 }, (_, index) =>
  unsignedEvent(ALICE, { created_at: NOW - index, tags: [["expiration", String(NOW)]] }),
);

const side = new HotSide();
side.put([note, ...wraps, ...expired]);
const pool = new ReaderPool({
  path: side.path,
  tagSeed: side.writer.tagSeed,
  workers: 1,
  depthMax: 4,
  onTrouble: (reason) => {
    throw new Error(reason);
  },
});

afterAll(() => {
  pool.stop();
  side.close();
});

async function first(count: number, keys: readonly string[]) {
  const scan = pool.open({ tags: [] }, {}, { nowSeconds: NOW, keys }, SOMEBODY)!;
  const { hits, exhausted } = await scan.next({ hits: count, characters: Number.POSITIVE_INFINITY });
  scan.close();
  return { ids: hits.map(({ json }) => idOfJson(json)), exhausted };
}

test("a stranger is led past private and expired events without an answer for each", async () => {
  expect(await first(2, [])).toEqual({ ids: [note.event.id], exhausted: true });
});

test("whom private events are addressed to gets them, and no more than asked for", async () => {
  const ids = wraps.slice(0, 2).map(({ event }) => event.id);
  expect(await first(2, [BOB])).toEqual({ ids, exhausted: false });
});

const TEN = { hits: 10, characters: Number.POSITIVE_INFINITY };
const openAll = (client: Client) => pool.open({ tags: [] }, {}, { nowSeconds: NOW, keys: [BOB] }, client);

test("one scan waits for one of each other client's, not for all of them", async () => {
  const placeOfStranger = async (): Promise<number> => {
    const answered: Client[] = [];
    const asked = async (client: Client): Promise<void> => {
      await pool.count({ tags: [] }, { nowSeconds: NOW, keys: [], hllOffset: undefined }, client)!.answer;
      answered.push(client);
    };
    await Promise.all([SOMEBODY, SOMEBODY, SOMEBODY, STRANGER].map(asked));
    return answered.indexOf(STRANGER);
  };
  // A slow machine may bring the stranger's question when others are answered: one try of many tells, for in a queue none would.
  const places: number[] = [];
  while (places.length < 20 && !(places.at(-1)! < 2)) places.push(await placeOfStranger());
  expect(Math.min(...places)).toBeLessThan(2);
});

test("where no more are taken, whoever has the most gives one up for somebody else, and nobody for themselves", async () => {
  const flood = [SOMEBODY, SOMEBODY, SOMEBODY, NEIGHBOUR].map((client) => openAll(client)!);
  expect(openAll(SOMEBODY)).toBeUndefined();
  const newest = flood[2]!.next(TEN);
  const stranger = openAll(STRANGER)!;
  await expect(newest).rejects.toThrow("too many long queries");
  expect((await stranger.next(TEN)).hits).toHaveLength(10);
  const neighbour = openAll(NEIGHBOUR)!;
  await expect(flood[1]!.next(TEN)).rejects.toThrow("interrupted");
  expect((await flood[0]!.next(TEN)).hits).toHaveLength(10);
  for (const scan of [...flood, neighbour, stranger]) scan.close();
  expect(pool.depth).toBe(0);
});

test("of large events fewer come at once, and at least one", async () => {
  const large = Array.from({ length: 6 }, (_, index) =>
    unsignedEvent(ALICE, { kind: 9, created_at: NOW - index, content: "x".repeat(10_000) }),
  );
  side.put(large);
  const scan = pool.open({ kinds: [9], tags: [] }, {}, { nowSeconds: NOW, keys: [] }, SOMEBODY)!;
  const lengths: number[] = [];
  for (let asked = 0; asked < 3; asked++) {
    const { hits } = await scan.next({ hits: 128, characters: 15_000 });
    lengths.push(hits.length);
  }
  scan.close();
  expect(lengths).toEqual([2, 2, 2]);
});
