// What a scan costs and where it says it stands; that its answers are right is for the differential test.

import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createReader } from "../../src/hot/reader.ts";
import { idOfJson } from "../../src/nostr/event-json.ts";
import type { Filter } from "../../src/nostr/filter.ts";
import { createSchema, insertRows } from "../support/insert-rows.ts";
import type { NaiveRow } from "../support/naive-store.ts";

const TAG_SEED = 5n;
const EVENTS = 6000;
const KINDS_OF_ONE = 1500;
const AMPLE = { deadlineMs: Number.POSITIVE_INFINITY };
const SPENT = { deadlineMs: 0 };
const hex = (text: string): string => Bun.SHA256.hash(text, "hex");
const AUTHOR = hex("one author of everything");
const COLLECTOR = hex("an author of a great many kinds");

const folder = mkdtempSync(join(tmpdir(), "thermocline-scan-"));
const path = join(folder, "scan.db");
const store = new Database(path, { create: true });
createSchema(store);
const row = (seq: number, pubkey: string, kind: number, created_at: number): NaiveRow => ({
  seq,
  event: {
    id: hex(`event ${seq}`),
    pubkey,
    created_at,
    kind,
    tags: [["t", "all"]],
    content: "",
    sig: "0".repeat(128),
  },
});
insertRows(
  store,
  [
    ...Array.from({ length: EVENTS }, (_, i) => row(i + 1, AUTHOR, 1, 10_000 + i)),
    ...Array.from({ length: KINDS_OF_ONE }, (_, i) => row(EVENTS + i + 1, COLLECTOR, 1000 + i, 50_000 + i)),
  ],
  TAG_SEED,
);
// Nothing is cached and the clock is read after every statement and hit, so the number of pauses measures the work.
const reader = createReader(path, { tagSeed: TAG_SEED, cacheBytes: 0, workPerLook: 1 });

afterAll(() => {
  reader.close();
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs of no time at all until a page is full: a count of steps. */
function stepsForPage(filter: Filter, size: number): { steps: number; last: number; seen: number } {
  const scan = reader.scan(filter);
  let [steps, last, seen] = [0, 0, 0];
  const visit = ({ createdAt }: { createdAt: number }): boolean => {
    last = createdAt;
    return ++seen < size;
  };
  while (scan.run(visit, SPENT) === "paused") steps++;
  return { steps, last, seen };
}

test.each([
  ["author", { authors: [AUTHOR], tags: [], limit: 50 }],
  ["author and kind", { authors: [AUTHOR], kinds: [1], tags: [], limit: 50 }],
  ["tag", { kinds: [1], tags: [{ name: "t", mode: "any", values: ["all"] }], limit: 50 }],
  ["kind", { kinds: [1], tags: [], limit: 50 }],
] satisfies [string, Filter][])("deep pages cost what the first costs: %s", (_, filter: Filter) => {
  const first = stepsForPage({ ...filter, until: 10_000 + EVENTS }, 50);
  let until = first.last - 1;
  for (let page = 2; page <= EVENTS / 50; page++) {
    const answer = stepsForPage({ ...filter, until }, 50);
    expect([answer.seen, answer.last]).toEqual([50, until - 49]);
    expect(answer.steps).toBeLessThanOrEqual(first.steps + 1);
    until = answer.last - 1;
  }
});

test("an author of very many kinds is paused while the kinds are found, and answered in the end", () => {
  const seen: number[] = [];
  const scan = reader.scan({ authors: [COLLECTOR], tags: [] });
  let pauses = 0;
  while (scan.run((hit) => seen.push(hit.createdAt) > 0, SPENT) === "paused") pauses++;
  expect(seen).toEqual(Array.from({ length: KINDS_OF_ONE }, (_, i) => 50_000 + KINDS_OF_ONE - 1 - i));
  expect(pauses).toBeGreaterThan(3);
  expect(scan.plan).toMatchObject({ source: "author", streams: KINDS_OF_ONE });
});

test("a position is undefined at first, then the last hit, then as far as was passed over", () => {
  const scan = reader.scan({
    kinds: [1],
    tags: [{ name: "t", mode: "any", values: ["all"] }],
    since: 15_990,
  });
  expect(scan.position()).toBeUndefined();
  const ids: string[] = [];
  expect(scan.run((hit) => ids.push(idOfJson(hit.json)) < 3, AMPLE)).toBe("stopped");
  expect(scan.position()).toEqual({ createdAt: 15_997, id: ids[2]! });

  const passing = reader.scan({ kinds: [1], tags: [] }, { upToSeq: 10 });
  expect(passing.run(() => false, SPENT)).toBe("paused");
  while (passing.position() === undefined) expect(passing.run(() => false, SPENT)).toBe("paused");
  expect(passing.position()!.createdAt).toBeGreaterThan(15_900);
});

test("an exhausted scan stays exhausted", () => {
  const scan = reader.scan({ kinds: [4242], tags: [] });
  expect([scan.run(() => true, AMPLE), scan.run(() => true, AMPLE)]).toEqual(["exhausted", "exhausted"]);
});
