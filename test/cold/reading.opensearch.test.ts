// Reading back from a real node, against the plain meaning of filters over the same events.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Bucket } from "../../src/cold/index-layout.ts";
import type { ColdHit, ColdPage } from "../../src/cold/cold-reader.ts";
import type { Outcome } from "../../src/cold/search-door.ts";
import { idOfJson } from "../../src/nostr/event-json.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { type Filter, matchesFilter } from "../../src/nostr/filter.ts";
import { compareNewestFirst } from "../../src/nostr/order.ts";
import { hexOf, note, RandomTraffic } from "../support/cold-events.ts";
import { unsignedEvent } from "../support/events.ts";
import { MemoryLog } from "../support/memory-log.ts";
import { type ColdBench, coldBench, describeWithOpenSearch, ownPrefix } from "../support/opensearch.ts";
import { prng, testSeed } from "../support/prng.ts";

const SEED = testSeed();
const NOW = 1_800_000_000;

function answered<T>(outcome: Outcome<T>): T {
  if (outcome.type !== "answered") throw new Error(outcome.reason);
  expect(outcome.isPartial).toBe(false);
  return outcome.value;
}

const idsOf = (hits: readonly ColdHit[]): string[] => hits.map((hit) => idOfJson(hit.raw!));

/** Every page of a filter, one after the other, as a planner would ask for them. */
async function allPages(bench: ColdBench, filter: Filter, limit: number): Promise<ColdHit[]> {
  const hits: ColdHit[] = [];
  let page: ColdPage = { hits: [], hasMore: true };
  while (page.hasMore) {
    const last = page.hits.at(-1);
    const rest = last === undefined ? filter : { ...filter, until: last.createdAt - 1 };
    page = answered(await bench.reader.page(rest, { limit, want: "raw", nowSeconds: NOW }));
    hits.push(...page.hits);
  }
  return hits;
}

describeWithOpenSearch(`reading (seed ${SEED})`, (url) => {
  const random = prng(SEED);
  const log = new MemoryLog();
  const benches: ColdBench[] = [];
  let events: NostrEvent[] = [];

  beforeAll(async () => {
    const traffic = new RandomTraffic(log, random);
    for (let i = 0; i < 400; i++) traffic.step();
    log.store(unsignedEvent(hexOf("far"), { created_at: 2 ** 45, content: "far in the future" }).event);
    log.store(unsignedEvent(hexOf("far"), { created_at: 0, content: "the first second" }).event);
    log.store(
      unsignedEvent(hexOf("far"), { created_at: 1_600_000_000, tags: [["r", "x".repeat(5000)]] }).event,
    );
    log.store(
      unsignedEvent(hexOf("far"), { created_at: 1_600_000_000, tags: [["r", `${"x".repeat(4999)}y`]] }).event,
    );
    for (const bucket of ["all", "month"] satisfies Bucket[]) {
      const bench = coldBench({ url, prefix: ownPrefix(), log, bucket });
      benches.push(bench);
      bench.start();
      await bench.level();
    }
    events = log.stored().sort(compareNewestFirst);
  }, 60_000);
  afterAll(async () => {
    for (const bench of benches) await bench.stop();
  });

  const filters: [string, Filter][] = [
    ["everything", { tags: [] }],
    ["one kind", { kinds: [1], tags: [] }],
    ["replaceable kinds alone", { kinds: [0, 10_002, 30_023], tags: [] }],
    ["both families", { kinds: [7, 30_023], tags: [] }],
    ["authors", { authors: [hexOf("author 1"), hexOf("author 4")], tags: [] }],
    ["a span of time", { since: 1_700_000_100, until: 1_700_000_200, tags: [] }],
    ["the far end of time", { since: 2 ** 44, tags: [] }],
    ["long before", { until: 1_600_000_000, tags: [] }],
    ["a tag", { tags: [{ name: "t", mode: "any", values: ["tag1", "tag3"] }] }],
    ["all of several tags", { tags: [{ name: "t", mode: "all", values: ["tag1", "tag3"] }] }],
    ["an identifier", { kinds: [30_023], tags: [{ name: "d", mode: "any", values: ["article 2"] }] }],
    ["a tag value that is hashed", { tags: [{ name: "r", mode: "any", values: ["x".repeat(5000)] }] }],
    ["nothing", { kinds: [], tags: [] }],
  ];
  test.each(filters)(
    "pages of %s hold exactly what the filter means, in order",
    async (_name, filter) => {
      const expected = events.filter((event) => matchesFilter(filter, event)).map((event) => event.id);
      for (const bench of benches) {
        for (const limit of [3, 50, 1000])
          expect(idsOf(await allPages(bench, filter, limit))).toEqual(expected);
      }
    },
    60_000,
  );

  test("counts of several filters count an event once", async () => {
    const both: Filter[] = [
      { kinds: [1, 7], tags: [] },
      { authors: [hexOf("author 1")], tags: [] },
    ];
    const expected = events.filter((event) => both.some((filter) => matchesFilter(filter, event))).length;
    for (const bench of benches) {
      expect(answered(await bench.reader.count(both, { nowSeconds: NOW }))).toEqual({
        count: expected,
        isExact: true,
      });
    }
  });

  test("excluded kinds are neither shown nor counted", async () => {
    const [bench] = benches;
    const limits = { nowSeconds: NOW, excludedKinds: [1059, 7] };
    const expected = events.filter((event) => event.kind !== 1059 && event.kind !== 7).length;
    expect(answered(await bench!.reader.count([{ tags: [] }], limits)).count).toBe(expected);
    const page = answered(await bench!.reader.page({ tags: [] }, { ...limits, limit: 1000, want: "seq" }));
    expect(page.hits).toHaveLength(expected);
    expect(page.hits.every((hit) => hit.raw === undefined && hit.seq > 0)).toBe(true);
  });

  test("lookups by id and by seq answer the texts as they were stored", async () => {
    const [bench] = benches;
    const wanted = events.slice(0, 20).map((event) => event.id);
    const byId = answered(await bench!.reader.byIds([...wanted, hexOf("unknown")]));
    expect(idsOf(byId).sort()).toEqual(wanted.toSorted());
    const seqs = byId.map((hit) => hit.seq);
    expect(
      log
        .getMany(seqs)
        .map((row) => row.json)
        .sort(),
    ).toEqual(byId.map((hit) => hit.raw!).sort());
    expect(answered(await bench!.reader.bySeqs(seqs))).toHaveLength(20);
    expect([...answered(await bench!.reader.held([...seqs, 10 ** 9]))].sort()).toEqual(seqs.toSorted());
  });

  test("Japanese is found by one character and by a word, names by their beginning", async () => {
    const prefix = ownPrefix();
    const words = new MemoryLog();
    words.store(note("a", "今日は日本の天気がいい"));
    words.store(
      unsignedEvent(hexOf("b"), { kind: 0, content: JSON.stringify({ name: "Fiatjaf", about: "x" }) }).event,
    );
    const bench = coldBench({ url, prefix, log: words });
    bench.start();
    await bench.level();
    const found = async (query: object): Promise<number> =>
      answered(await bench.door.search(prefix, { query })).hits.length;
    expect(await found({ match: { txt: "日" } })).toBe(1);
    expect(await found({ match: { txt: { query: "日本", operator: "and" } } })).toBe(1);
    expect(await found({ match: { txt: { query: "本日", operator: "and" } } })).toBe(0);
    expect(await found({ match: { "name.start": { query: "fiat", operator: "and" } } })).toBe(1);
    await bench.stop();
  });
});
