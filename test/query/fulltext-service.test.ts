// The full-text worker: follows a real store, answers ranked searches, rebuilds, refuses beyond its depth, and stops.

import { Database } from "bun:sqlite";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "bun:test";
import {
  FULLTEXT_FILE,
  fulltextNumber,
  openFulltext,
  openFulltextForReading,
  READY_FILE,
} from "../../src/hot/fulltext-database.ts";
import { readRebuild, requestRebuild } from "../../src/hot/fulltext-rebuild.ts";
import { openHotStore, type HotStore } from "../../src/hot/hot-store.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import type { FulltextService } from "../../src/query/fulltext-service.ts";
import type { QueryContext } from "../../src/query/planner.ts";
import { createSearchMatcher } from "../../src/query/search-matcher.ts";
import { createSearchPort } from "../../src/query/search-source.ts";
import type { VerifiedEvent } from "../../src/nostr/event.ts";
import { keypair, unsignedEvent } from "../support/events.ts";
import { fulltextFor, writeAll } from "../support/fulltext-service.ts";
import { NOW, parsed } from "../support/fulltext-store.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
const ALICE = keypair(1).pubkey;
const PAGE_BYTES = 4096;
const open: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.stop();
});

function serviceFor(
  path: string,
  store: HotStore,
  depthMax = 10,
  onTrouble = (reason: string): void => {
    throw new Error(reason);
  },
): FulltextService {
  return fulltextFor(path, store, {
    depthMax,
    onProgress: (cursor) => {
      void store.moveFollower("fulltext", cursor);
    },
    onTrouble,
    onHeldUp: onTrouble,
  });
}

async function start(depthMax = 10): Promise<{
  path: string;
  store: HotStore;
  service: FulltextService;
  write(...events: VerifiedEvent[]): Promise<void>;
}> {
  const path = folder();
  const store = await openHotStore({ folder: path, ownUrls: new Set(), synchronous: "off" } as never);
  open.push(store);
  const service = serviceFor(path, store, depthMax);
  open.push(service);
  store.onCommitted(({ stored }) => service.committed(stored.length));
  const write = (...events: VerifiedEvent[]): Promise<void> => writeAll(store, events);
  return { path, store, service, write };
}

const task = (search: string, filter: object = {}) => ({
  query: parsed(search),
  filter: { tags: [], ...filter },
  limit: 10,
  pageSize: 10,
  upToSeq: Number.MAX_SAFE_INTEGER,
  nowSeconds: NOW,
  budgetMs: 5000,
});

async function contents(service: FulltextService, search: string): Promise<string[]> {
  const answer = await service.search(task(search));
  if (isRefusal(answer)) throw new Error(answer.text);
  return answer.hits.map(({ json }) => (JSON.parse(json) as { content: string }).content);
}

test("what was stored a moment ago is found, ranked and counted", async () => {
  const { service, write } = await start();
  await write(
    unsignedEvent(ALICE, { content: "cold water", created_at: NOW - 10 }),
    unsignedEvent(ALICE, { content: "warm water", created_at: NOW - 20 }),
    unsignedEvent(ALICE, { content: "water that is warm", created_at: NOW - 30 }),
  );
  expect(await contents(service, "warm water")).toEqual(["warm water", "water that is warm"]);
  expect(await service.count(task("water"))).toEqual({ count: 3, exact: true });
  const ordered = await service.order(task("water"), [
    { seq: 2, textScore: 0.1 },
    { seq: 1, textScore: 1 },
    { seq: 99, textScore: 1 },
  ]);
  expect(isRefusal(ordered) ? [] : ordered.hits.map(({ seq }) => seq)).toEqual([1, 2]);
});

test("filled anew on request, it answers meanwhile, misses nothing, and forgets what was deleted", async () => {
  const { path, store, service, write } = await start();
  const notes = Array.from({ length: 3000 }, (_, i) =>
    unsignedEvent(ALICE, { content: `drop ${i} of water`, created_at: NOW - 9000 + i }),
  );
  await write(...notes);
  while (service.cursor < store.lastSeq) await Bun.sleep(5);
  const number = fulltextNumber(path);
  // Whatever is wrong with the old one is gone with it.
  const broken = new Database(join(path, FULLTEXT_FILE));
  broken.run("PRAGMA busy_timeout = 5000");
  broken.run("DELETE FROM note WHERE rowid <= 1000");
  broken.close();
  expect(await contents(service, '"drop 500"')).toEqual([]);
  requestRebuild(path, "first");
  const states = new Set<string>();
  for (let round = 0; fulltextNumber(path) === number; round++) {
    states.add(stateOf(path));
    expect(await contents(service, '"drop 2500"')).toEqual(["drop 2500 of water"]);
    if (round === 0) await write(unsignedEvent(ALICE, { content: "late water", created_at: NOW }));
    if (states.has("running") && !states.has("deleted")) {
      states.add("deleted");
      await write(unsignedEvent(ALICE, { kind: 5, tags: [["e", notes[0]!.event.id]], created_at: NOW }));
    }
    await Bun.sleep(2);
  }
  while (stateOf(path) !== "done") await Bun.sleep(5);
  while (service.cursor < store.lastSeq) await Bun.sleep(5);
  expect(await contents(service, '"drop 500"')).toEqual(["drop 500 of water"]);
  expect(await contents(service, "late")).toEqual(["late water"]);
  expect(await service.count(task("water"))).toEqual({ count: 3000, exact: true });
  await write(unsignedEvent(ALICE, { content: "water for the new one", created_at: NOW }));
  expect(await contents(service, '"new one"')).toEqual(["water for the new one"]);
  expect(states).toContain("asked");
  expect(readdirSync(path).filter((name) => /rebuild|ready/.test(name))).toEqual([]);
});

test("a rebuild that a stop interrupted begins anew with the next start; one that was full is taken", async () => {
  const path = folder();
  const database = openFulltext(path);
  const old = fulltextNumber(path);
  database.close();
  const ready = openFulltext(path, READY_FILE);
  ready.run("INSERT INTO meta VALUES ('told', 'apart')");
  ready.close();
  const adopted = openFulltext(path);
  expect(adopted.query("SELECT value FROM meta WHERE key = 'told'").get()).toEqual({ value: "apart" });
  expect(fulltextNumber(path)).not.toBe(old);
  adopted.close();
  requestRebuild(path, "second");
  const store = await openHotStore({ folder: path, ownUrls: new Set(), synchronous: "off" } as never);
  open.push(store);
  open.push(serviceFor(path, store));
  while (stateOf(path) !== "done") await Bun.sleep(5);
});

test("a thread that cannot begin says why, to the operator alone", async () => {
  const path = folder();
  const database = openFulltext(path);
  database.run("DROP TABLE trusted_target");
  database.close();
  const store = await openHotStore({ folder: path, ownUrls: new Set(), synchronous: "off" } as never);
  open.push(store);
  const told = Promise.withResolvers<string>();
  const service = serviceFor(path, store, 10, told.resolve);
  open.push(service);
  expect(await service.search(task("water"))).toMatchObject({
    text: "the search was interrupted; ask again",
  });
  expect(await told.promise).toContain("no such table: trusted_target");
});

test("a damaged index is filled anew: one that is met at the start, and one that only a search meets", async () => {
  const { path, store, service, write } = await start();
  const notes = Array.from({ length: 1500 }, (_, i) =>
    unsignedEvent(ALICE, { content: `drop ${i} of water ${"x".repeat(i % 50)}`, created_at: NOW - 9000 + i }),
  );
  await write(...notes);
  while (service.cursor < store.lastSeq) await Bun.sleep(5);
  await service.stop();
  open.pop();
  const file = join(path, FULLTEXT_FILE);
  for (const firstPage of [1, 30, 60]) {
    const bytes = readFileSync(file);
    for (let page = firstPage; page < bytes.length / PAGE_BYTES; page += 2)
      bytes.fill(0x5a, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    writeFileSync(file, bytes);
    const reasons: string[] = [];
    const again = serviceFor(path, store, 10, (reason) => reasons.push(reason));
    const found = async (): Promise<number> => {
      const answer = await again.count(task("water"));
      return isRefusal(answer) ? 0 : answer.count;
    };
    while ((await found()) < 1500) await Bun.sleep(5);
    while (again.cursor < store.lastSeq) await Bun.sleep(5);
    // One page may be of the schema: then it is made anew before anybody has met it.
    for (const reason of reasons) expect(reason).toContain("damaged: it is looked through");
    await again.stop();
  }
});

function stateOf(path: string): string {
  try {
    const database = openFulltextForReading(path);
    try {
      return readRebuild(database)?.state ?? "";
    } finally {
      database.close();
    }
  } catch {
    // Between the old one and the new one.
    return "";
  }
}

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
    numbers: service,
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
