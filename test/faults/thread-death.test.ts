// Threads of a serving relay end without a word: what they owed is answered, another takes over, nothing is lost.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { DATABASE_FILE } from "../../src/hot/database.ts";
import { ReaderPool } from "../../src/query/reader-pool.ts";
import type { TestClient } from "../support/client.ts";
import { newcomers, signed } from "../support/events.ts";
import { prng, testSeed } from "../support/prng.ts";
import { TestRelay } from "../support/test-relay.ts";
import { Threads } from "../support/threads.ts";
import { SOMEBODY } from "../support/somebody.ts";

const someone = newcomers(4700);
const NOTES = 400;
/** Each death makes the pause before the next thread twice as long. */
const KILLS = process.env["LONG_TESTS"] === "1" ? 4 : 2;
const seed = testSeed();
const random = prng(seed);

let threads: Threads;
let relay: TestRelay;
let client: TestClient;

beforeAll(async () => {
  threads = new Threads();
  relay = await TestRelay.start();
  client = await relay.connect();
});

afterAll(async () => {
  threads.release();
  await relay.stop();
});

async function readiness(): Promise<{ status: string; reasons?: string[] }> {
  return (await fetch(`${relay.httpUrl}ready`)).json() as Promise<{ status: string; reasons?: string[] }>;
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${relay.httpUrl}metrics`)).text();
  return Number(new RegExp(`^thermocline_${name} (\\d+)$`, "m").exec(text)?.[1]);
}

function hasWarning(...parts: string[]): boolean {
  return relay.warnings.some((line) => parts.every((part) => line.includes(part)));
}

test(`the writer: every OK stands, every event has an answer, and subscribers miss nothing (seed ${seed})`, async () => {
  const listener = await relay.connect();
  const key = someone();
  listener.send("REQ", "live", { authors: [key.pubkey] });
  await listener.verb("EOSE");
  const events = Array.from({ length: NOTES }, (_, index) =>
    signed(key, { kind: 1, content: `${index} ${"x".repeat(2000)}` }),
  );
  const answers: Promise<[boolean, string]>[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const before = await metric("writer_restarts");
    const burst = events.slice(answers.length, answers.length + NOTES / KILLS);
    for (const event of burst) answers.push(client.publish(event));
    await Bun.sleep(random() * 20);
    threads.end("writer-worker.ts");
    while ((await metric("writer_restarts")) === before) await Bun.sleep(5);
  }
  const verdicts = await Promise.all(answers);
  const unknown = events.filter((_, index) => !verdicts[index]![0]);
  for (const [isStored, text] of verdicts) {
    expect(isStored ? text : text.slice(0, 60)).toBe(
      isStored ? text : "error: it is not known whether the event was stored; send it",
    );
  }
  // As a client is told to do. Those that were stored are duplicates.
  for (const event of unknown) expect((await client.publish(event))[0]).toBe(true);
  expect(await client.count("all", { authors: [key.pubkey] })).toEqual({ count: NOTES });
  await listener.settled();
  const heard = listener.eventsOf("live").map(({ id }) => id);
  expect(heard.toSorted()).toEqual(events.map(({ id }) => id).toSorted());
  expect(await readiness()).toEqual({ status: "ready" });
  expect(await metric("writer_restarts")).toBe(KILLS);
  expect(hasWarning("the writer thread ended", "another is started")).toBe(true);
});

test("the writer: while there is none, the relay says that it is not ready, and events wait", async () => {
  threads.end("writer-worker.ts");
  while ((await readiness()).status === "ready") await Bun.sleep(1);
  expect((await readiness()).reasons).toEqual(["the writer thread is being restarted"]);
  expect(await client.publish(signed(someone(), { kind: 1 }))).toEqual([true, ""]);
  expect(await readiness()).toEqual({ status: "ready" });
});

const TEN = { hits: 10, characters: Number.POSITIVE_INFINITY };
const openNotes = (pool: ReaderPool) =>
  pool.open(
    { kinds: [1], tags: [] },
    { upToSeq: Number.MAX_SAFE_INTEGER },
    { nowSeconds: 0, keys: [] },
    SOMEBODY,
  );

test("readers: what was under way is interrupted, and the next long scan finds another", async () => {
  const path = join(relay.folder, DATABASE_FILE);
  const troubles: string[] = [];
  const onTrouble = (reason: string) => void troubles.push(reason);
  const pool = new ReaderPool({ path, tagSeed: 0n, workers: 1, depthMax: 4, onTrouble });
  const open = () => openNotes(pool)!;
  expect((await open().next(TEN)).hits).toHaveLength(10);
  const before = threads.count("reader-worker.ts");
  const interrupted = open().next(TEN);
  threads.end("reader-worker.ts");
  expect(interrupted).rejects.toThrow("the query was interrupted; ask again");
  await threads.followed("reader-worker.ts", before);
  expect(troubles).toHaveLength(1);
  expect((await open().next(TEN)).hits).toHaveLength(10);
  expect(threads.count("reader-worker.ts")).toBe(before + 1);
  pool.stop();
});

test("readers that cannot open the store are no hot loop, and nobody is sent to them meanwhile", async () => {
  const path = join(relay.folder, "no such folder", DATABASE_FILE);
  const [deaths, sent]: [number[], unknown[]] = [[], []];
  const onTrouble = (): void => {
    deaths.push(performance.now());
    sent.push(openNotes(pool));
  };
  const pool = new ReaderPool({ path, tagSeed: 0n, workers: 1, depthMax: 4, onTrouble });
  while (deaths.length < 4) await Bun.sleep(5);
  pool.stop();
  expect(sent.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined]);
  // At once, after 100 ms, after 200 ms.
  expect(deaths[3]! - deaths[0]!).toBeGreaterThanOrEqual(300);
});

test("search: refused for a moment, then goes on where the index stood", async () => {
  const before = threads.count("fulltext-worker.ts");
  threads.end("fulltext-worker.ts");
  await threads.followed("fulltext-worker.ts", before);
  const event = signed(someone(), { kind: 1, content: "after the accident" });
  expect(await client.publish(event)).toEqual([true, ""]);
  const found = async () => (await client.request("s", { search: "accident" })).events.length;
  while ((await found()) === 0) await Bun.sleep(20);
  expect(hasWarning("the full-text thread was restarted", "its thread ended")).toBe(true);
});

test("trends: the next question starts another", async () => {
  const asked = async (what: string) =>
    (await fetch(`${relay.httpUrl}api/trends?what=${what}&window=1h`)).status;
  expect(await asked("hashtags")).toBe(200);
  threads.end("trends-worker.ts");
  while (!hasWarning("trends were not counted", "its thread ended")) await Bun.sleep(5);
  expect(await asked("links")).toBe(200);
});
