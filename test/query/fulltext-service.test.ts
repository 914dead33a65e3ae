// The full-text worker: follows a real store, answers ranked searches, rebuilds, refuses beyond its depth, and stops.

import { afterEach, expect, test } from "bun:test";
import { openHotStore, type HotStore } from "../../src/hot/hot-store.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import { FulltextService } from "../../src/query/fulltext-service.ts";
import type { QueryContext } from "../../src/query/planner.ts";
import { createSearchMatcher } from "../../src/query/search-matcher.ts";
import { createSearchPort } from "../../src/query/search-source.ts";
import type { VerifiedEvent } from "../../src/nostr/event.ts";
import { keypair, unsignedEvent } from "../support/events.ts";
import { NOW, parsed } from "../support/fulltext-store.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
const ALICE = keypair(1).pubkey;
const open: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.stop();
});

async function start(
  depthMax = 10,
): Promise<{ store: HotStore; service: FulltextService; write(...events: VerifiedEvent[]): Promise<void> }> {
  const path = folder();
  const store = await openHotStore({ folder: path, ownUrls: new Set(), synchronous: "off" } as never);
  open.push(store);
  const progress = Promise.withResolvers<number>();
  const service = new FulltextService({
    folder: path,
    path: store.path,
    tagSeed: store.tagSeed,
    detect: { languages: false, sentiments: false },
    verifyDomains: false,
    seeds: [],
    depthMax,
    onProgress: (cursor) => {
      progress.resolve(cursor);
      void store.moveFollower("fulltext", cursor);
    },
    onTrouble: (reason) => {
      throw new Error(reason);
    },
  });
  open.push(service);
  store.onCommitted(({ stored }) => service.committed(stored.length));
  const write = async (...events: VerifiedEvent[]): Promise<void> => {
    await Promise.all(events.map((event) => new Promise((resolve) => store.write(event, resolve))));
  };
  return { store, service, write };
}

const task = (search: string, filter: object = {}) => ({
  query: parsed(search),
  filter: { tags: [], ...filter },
  limit: 10,
  upToSeq: Number.MAX_SAFE_INTEGER,
  nowSeconds: NOW,
  budgetMs: 5000,
});

async function contents(service: FulltextService, search: string): Promise<string[]> {
  const answer = await service.search(task(search));
  if (isRefusal(answer)) throw new Error(answer.text);
  return answer.hits.map(({ json }) => (JSON.parse(json) as { content: string }).content);
}

test("what was stored a moment ago is found, ranked, counted, and again after a rebuild", async () => {
  const { store, service, write } = await start();
  await write(
    unsignedEvent(ALICE, { content: "cold water", created_at: NOW - 10 }),
    unsignedEvent(ALICE, { content: "warm water", created_at: NOW - 20 }),
    unsignedEvent(ALICE, { content: "water that is warm", created_at: NOW - 30 }),
  );
  expect(await contents(service, "warm water")).toEqual(["warm water", "water that is warm"]);
  expect(await service.count(task("water"))).toEqual({ count: 3, exact: true });
  service.rebuild();
  expect(await contents(service, "cold")).toEqual(["cold water"]);
  while (service.cursor < store.lastSeq) await Bun.sleep(5);
  expect(await contents(service, "cold")).toEqual(["cold water"]);
  const ordered = await service.order(task("water"), [
    { seq: 2, textScore: 0.1 },
    { seq: 1, textScore: 1 },
    { seq: 99, textScore: 1 },
  ]);
  expect(isRefusal(ordered) ? [] : ordered.hits.map(({ seq }) => seq)).toEqual([1, 2]);
});

test("refusals: what it has no means for, and more than it can hold", async () => {
  const { service } = await start(1);
  const first = service.search(task("language:de"));
  const second = await service.search(task("x"));
  expect(isRefusal(second) && second.prefix).toBe("rate-limited");
  const answer = await first;
  expect(isRefusal(answer) && answer.prefix).toBe("unsupported");
});

test("as a source of a REQ: waits, wakes, shows hits in rank order, and says whether there is more", async () => {
  const { service, write } = await start();
  await write(...[1, 2, 3].map((i) => unsignedEvent(ALICE, { content: `note ${i}`, created_at: NOW - i })));
  const port = createSearchPort(service, {
    budgetMs: 1000,
    hitsMax: 1000,
    hides: () => false,
    capabilities: { languages: false, sentiments: false },
  });
  const run = async (search: string, limit: number) => {
    const woken = Promise.withResolvers<void>();
    const context: QueryContext = { upToSeq: 99, keys: new Set(), now: NOW, wake: woken.resolve } as never;
    const source = port.source({ tags: [], search }, limit, context);
    if (source.pull(0) === "waiting") await woken.promise;
    const seqs: number[] = [];
    for (; source.pull(0) === "ready"; source.shift()) seqs.push(source.peek().seq);
    return { seqs, state: source.pull(0), hasMore: source.hasMore, error: source.error };
  };
  expect(await run("note sort:recent", 2)).toEqual({
    seqs: [1, 2],
    state: "ended",
    hasMore: true,
    error: undefined,
  });
  expect(await run("note", 10)).toMatchObject({ state: "ended", hasMore: false });
  expect((await run("since:banana", 10)).error).toMatchObject({ prefix: "invalid" });
  expect((await run("language:de", 10)).error).toMatchObject({ prefix: "unsupported" });
});

test("live matching of a filter", () => {
  const matcher = createSearchMatcher(() => NOW, { languages: false, sentiments: false });
  const matches = matcher({ tags: [], search: "warm -cold" });
  if (typeof matches !== "function") throw new Error(matches.text);
  expect(matches(unsignedEvent(ALICE, { content: "Warm!" }).event)).toBe(true);
  expect(matches(unsignedEvent(ALICE, { content: "warm and cold" }).event)).toBe(false);
  expect(matcher({ tags: [], search: "language:de x" })).toMatchObject({ prefix: "unsupported" });
  expect(matcher({ tags: [], search: "since:never" })).toMatchObject({ prefix: "invalid" });
});
