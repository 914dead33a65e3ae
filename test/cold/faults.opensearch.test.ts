// Every fault between the indexer and a real node: nothing lost, nothing twice, nothing deleted left standing.

import { afterAll, afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import type { ColdStatus } from "../../src/cold/contract.ts";
import { readDocuments } from "../../src/cold/document-scan.ts";
import { idOfJson } from "../../src/nostr/event-json.ts";
import { note, RandomTraffic } from "../support/cold-events.ts";
import {
  BLOCKED,
  type Fault,
  FaultProxy,
  OVERLOADED,
  POISON,
  type ProxiedRequest,
  REJECTED,
  TOO_LARGE,
} from "../support/fault-proxy.ts";
import { MemoryLog } from "../support/memory-log.ts";
import {
  type BenchOptions,
  type ColdBench,
  coldBench,
  describeWithOpenSearch,
  ownPrefix,
} from "../support/opensearch.ts";
import { prng, testSeed } from "../support/prng.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const SEED = testSeed();

const isBulk = (request: ProxiedRequest): boolean => request.path.startsWith("/_bulk");

/** ids of every document that readers can see. */
async function idsInIndex(bench: ColdBench, prefix: string): Promise<string[]> {
  await bench.clients.write.indices.refresh({ index: `${prefix}-*` });
  const ids: string[] = [];
  const signal = new AbortController().signal;
  for await (const page of readDocuments(bench.clients.read, bench.indexer.pace, prefix, signal)) {
    ids.push(...page.map((row) => idOfJson(row.json)));
  }
  return ids.sort();
}

/** What readers see, by name. */
async function openIndexes(bench: ColdBench, prefix: string): Promise<string[]> {
  return Object.keys((await bench.clients.write.indices.getAlias({ name: prefix })).body).sort();
}

const JSON_BODY = { "content-type": "application/json" };
const folder = temporaryFolders();

describeWithOpenSearch("the indexer behind faults", (url) => {
  const proxy = new FaultProxy(url);
  afterAll(() => proxy.stop());
  afterEach(() => {
    proxy.fault = () => undefined;
  });

  /** A log of 60 events, indexed through the proxy while `fault` breaks things. */
  async function indexed(
    fault: (request: ProxiedRequest, nth: number) => Fault | undefined,
    more: Partial<BenchOptions> = {},
  ): Promise<{ bench: ColdBench; log: MemoryLog; prefix: string; states: Set<ColdStatus["state"]> }> {
    const prefix = ownPrefix();
    const log = new MemoryLog();
    for (let i = 0; i < 60; i++) log.store(note(`author ${i % 7}`, `note number ${i}`, 1_700_000_000 + i));
    let bulks = 0;
    proxy.fault = (request) => (isBulk(request) ? fault(request, ++bulks) : undefined);
    const bench = coldBench({
      url,
      prefix,
      log,
      writeUrl: proxy.url,
      writeMs: 400,
      ...more,
      options: { bulkEvents: 10, ...more.options },
    });
    const states = new Set<ColdStatus["state"]>();
    const watch = setInterval(() => states.add(bench.indexer.status().state), 2);
    bench.start();
    await bench.level();
    clearInterval(watch);
    return { bench, log, prefix, states };
  }

  const once: [string, (request: ProxiedRequest, nth: number) => Fault | undefined][] = [
    ["resets before the node has it", (_, nth) => (nth <= 3 ? { type: "reset", when: "before" } : undefined)],
    [
      "resets after the node has done it",
      (_, nth) => (nth <= 3 ? { type: "reset", when: "after" } : undefined),
    ],
    [
      "an answer that never begins",
      (_, nth) => (nth === 1 ? { type: "stall", after: "nothing" } : undefined),
    ],
    ["an answer that never ends", (_, nth) => (nth === 1 ? { type: "stall", after: "half" } : undefined)],
    ["half an answer", (_, nth) => (nth === 2 ? { type: "cut" } : undefined)],
    [
      "a page of a proxy instead of an answer",
      (_, nth) => (nth === 1 ? { type: "answer", status: 502, body: "<html>" } : undefined),
    ],
    [
      "an answer of another shape",
      (_, nth) => (nth === 1 ? { type: "answer", status: 200, body: { ok: true } } : undefined),
    ],
    ["slow answers", (_, nth) => (nth % 2 === 0 ? { type: "slow", ms: 60 } : undefined)],
    ["429 for whole requests", (_, nth) => (nth <= 4 ? OVERLOADED : undefined)],
    [
      "429 for every third item",
      (_, nth) =>
        nth <= 6
          ? {
              type: "items",
              fails: ({ id }) => (Number.parseInt(id[0]!, 16) % 3 === 0 ? REJECTED : undefined),
            }
          : undefined,
    ],
    [
      "413 above three documents",
      (request) => (request.body.split('"index"').length > 4 ? TOO_LARGE : undefined),
    ],
    [
      "503 while shards are not ready",
      (_, nth) =>
        nth <= 2
          ? {
              type: "items",
              fails: () => ({
                status: 503,
                type: "unavailable_shards_exception",
                reason: "primary shard is not active",
              }),
            }
          : undefined,
    ],
  ];
  test.each(once)("%s", async (_name, fault) => {
    const { bench, log, prefix } = await indexed(fault);
    expect(await idsInIndex(bench, prefix)).toEqual(log.expectedIds());
    expect(bench.indexer.status()).toMatchObject({ state: "up", lagEvents: 0, deadLetters: 0 });
    await bench.stop();
  });

  test("a full disk pauses indexing and is told as readonly, not as load", async () => {
    const { bench, log, prefix, states } = await indexed((_, nth) =>
      nth <= 4 ? { type: "items", fails: () => BLOCKED } : undefined,
    );
    expect(states.has("readonly")).toBe(true);
    expect(bench.indexer.status().bulkBytesMax).toBe(4 * 2 ** 20);
    expect(await idsInIndex(bench, prefix)).toEqual(log.expectedIds());
    await bench.stop();
  });

  test("refused credentials stop it until they are accepted", async () => {
    const denied: Fault = {
      type: "answer",
      status: 403,
      body: { error: { type: "security_exception", reason: "no permissions" }, status: 403 },
    };
    const { bench, states } = await indexed((_, nth) => (nth <= 3 ? denied : undefined));
    expect(states.has("stopped")).toBe(true);
    expect(bench.indexer.status().state).toBe("up");
    await bench.stop();
  });

  test("a node that is away for a while is called down, and then catches up", async () => {
    const prefix = ownPrefix();
    const log = new MemoryLog();
    log.store(note("a", "before"));
    const bench = coldBench({ url, prefix, log, writeUrl: proxy.url });
    bench.start();
    await bench.level();
    proxy.goDown();
    for (let i = 0; i < 30; i++) log.store(note("a", `while it was away ${i}`));
    while (bench.indexer.status().state !== "down") await Bun.sleep(5);
    expect(bench.indexer.status().reason).not.toBe("");
    proxy.comeBack();
    await bench.level();
    expect(bench.indexer.status().state).toBe("up");
    expect(await idsInIndex(bench, prefix)).toEqual(log.expectedIds());
    await bench.stop();
  });

  test("a document that the index refuses is kept by its structure", async () => {
    const { bench, log, prefix } = await indexed(() => ({
      type: "items",
      fails: (_, document) => (document.includes('"txt":"note number 7"') ? POISON : undefined),
    }));
    expect(bench.indexer.status()).toMatchObject({ documentsReduced: 1, deadLetters: 0 });
    expect(await idsInIndex(bench, prefix)).toEqual(log.expectedIds());
    await bench.stop();
  });

  test("a request that is refused as a whole is halved until the one at fault is found", async () => {
    const bad: Fault = {
      type: "answer",
      status: 400,
      body: { error: { type: "illegal_argument_exception", reason: "malformed" }, status: 400 },
    };
    const { bench, log, prefix } = await indexed((request) =>
      request.body.includes("number 33") ? bad : undefined,
    );
    const lost = log.stored().find((event) => event.content === "note number 33")!;
    expect(bench.ledger.dead(10)).toMatchObject([{ id: lost.id, tries: 1 }]);
    expect(await idsInIndex(bench, prefix)).toEqual(log.expectedIds().filter((id) => id !== lost.id));

    proxy.fault = () => undefined;
    const job = bench.ledger.requestJob("retry-dead");
    while (bench.ledger.job(job)?.state !== "done") await Bun.sleep(10);
    expect(bench.ledger.deadCount()).toBe(0);
    expect(await idsInIndex(bench, prefix)).toEqual(log.expectedIds());
    await bench.stop();
  });

  test("a reindex whose new indexes refuse what only the old ones hold leaves the old ones in use", async () => {
    const { bench, log, prefix } = await indexed(() => undefined, { parts: { isHotComplete: () => false } });
    for (const { id } of log.stored().slice(0, 10)) log.evict(id);
    await bench.level();
    const perform = async (): Promise<string> => {
      const job = bench.ledger.requestJob("reindex");
      while (["queued", "running"].includes(bench.ledger.job(job)!.state)) await Bun.sleep(10);
      return `${bench.ledger.job(job)!.state}: ${bench.ledger.job(job)!.message}`;
    };
    proxy.fault = (request) => (isBulk(request) && request.body.includes("number 3") ? TOO_LARGE : undefined);
    expect(await perform()).toStartWith("failed: 1 events that only the indexes in use hold were refused");
    await bench.level();
    expect(bench.indexer.status().generation).toBe(1);
    expect(await idsInIndex(bench, prefix)).toEqual(log.expectedIds());
    const names = Object.keys((await bench.clients.write.indices.get({ index: `${prefix}-*` })).body);
    expect(names.filter((name) => name.includes("-v2"))).toEqual([]);
    proxy.fault = () => undefined;
    expect(await perform()).toStartWith("done: ");
    expect(await idsInIndex(bench, prefix)).toEqual(log.expectedIds());
    await bench.stop();
  });

  test("dead letters that are sent again while nobody answers are not forgotten by a stop", async () => {
    const bad: Fault = { type: "answer", status: 400, body: { error: "malformed", status: 400 } };
    const ledgerPath = join(folder(), "cold.db");
    const { bench, log, prefix } = await indexed(
      (request) => (request.body.includes("number 33") ? bad : undefined),
      { ledgerPath },
    );
    expect(bench.ledger.deadCount()).toBe(1);
    proxy.goDown();
    const job = bench.ledger.requestJob("retry-dead");
    while (bench.indexer.status().state !== "down") await Bun.sleep(5);
    await bench.stop();
    proxy.comeBack();
    proxy.fault = () => undefined;

    const next = coldBench({ url, prefix, log, ledgerPath });
    expect(next.ledger.deadCount()).toBe(1);
    next.start();
    while (next.ledger.job(job)?.state !== "done") await Bun.sleep(10);
    expect(next.ledger.deadCount()).toBe(0);
    expect(await idsInIndex(next, prefix)).toEqual(log.expectedIds());
    await next.stop();
  });

  test("indexes whose making is answered too late are made once, whenever they come about", async () => {
    const prefix = ownPrefix();
    const log = new MemoryLog();
    log.store(note("a", "one"));
    const ledgerPath = join(folder(), "cold.db");
    // The first try is answered by nobody, and comes about between two questions of the second one.
    const tries: ProxiedRequest[] = [];
    let isMade = false;
    proxy.fault = async (request) => {
      const { method, path } = request;
      if (method === "PUT" && path === `/${prefix}-repl-v1` && tries.push(request) === 1)
        return { type: "stall", after: "nothing" };
      const [first] = tries;
      if (path.startsWith(`/${prefix}-*/_alias`) && first !== undefined && !isMade) {
        isMade = true;
        await fetch(`${url}${first.path}`, { method: "PUT", body: first.body, headers: JSON_BODY });
      }
      return undefined;
    };
    for (const indexed of [1, 0]) {
      const bench = coldBench({ url, prefix, log, writeUrl: proxy.url, writeMs: 400, ledgerPath });
      bench.start();
      await bench.level();
      expect(await openIndexes(bench, prefix)).toEqual([`${prefix}-ev-v1-all`, `${prefix}-repl-v1`]);
      expect(await idsInIndex(bench, prefix)).toEqual(log.expectedIds());
      expect(bench.indexer.status().documentsIndexed).toBe(indexed);
      await bench.stop();
    }
  });

  test("of two generations that readers see, the one that was followed stays", async () => {
    const prefix = ownPrefix();
    const log = new MemoryLog();
    log.store(note("a", "one"));
    const ledgerPath = join(folder(), "cold.db");
    const first = coldBench({ url, prefix, log, ledgerPath });
    first.start();
    await first.level();
    const { generation } = first.indexer.current!;
    const second = { number: 2, meta: { ...generation.meta, built: "made by a slow cluster" } };
    for (const name of [`${prefix}-repl-v2`, `${prefix}-ev-v2-all`])
      await first.indexer.indexes.ensure(second, name, true);
    await first.stop();

    log.store(note("a", "two"));
    const again = coldBench({ url, prefix, log, ledgerPath });
    again.start();
    await again.level();
    expect(await openIndexes(again, prefix)).toEqual([`${prefix}-ev-v1-all`, `${prefix}-repl-v1`]);
    expect(await idsInIndex(again, prefix)).toEqual(log.expectedIds());
    expect(again.indexer.status()).toMatchObject({ generation: 1, documentsIndexed: 1 });
    await again.stop();
  });

  test("an index that somebody deletes is made again and filled again", async () => {
    const prefix = ownPrefix();
    const log = new MemoryLog();
    log.store(note("a", "one"));
    const bench = coldBench({ url, prefix, log });
    bench.start();
    await bench.level();
    await bench.clients.write.indices.delete({ index: `${prefix}-ev-v1-all` });
    log.store(note("a", "two"));
    await bench.level();
    while (bench.indexer.status().job?.state !== "done") await Bun.sleep(10);
    expect(bench.indexer.status().job).toMatchObject({
      kind: "reconcile",
      message: expect.stringContaining("1 missing"),
    });
    expect(await idsInIndex(bench, prefix)).toEqual(log.expectedIds());
    await bench.stop();
  });

  test(`random traffic, random faults, restarts (seed ${SEED})`, async () => {
    const random = prng(SEED);
    const prefix = ownPrefix();
    const log = new MemoryLog();
    const traffic = new RandomTraffic(log, random);
    const ledgerPath = join(folder(), "cold.db");
    let isCalm = false;
    proxy.fault = () => (isCalm || random() < 0.6 ? undefined : randomFault(random));
    const run = async (steps: number, act?: (bench: ColdBench) => Promise<void>): Promise<void> => {
      const bench = coldBench({
        url,
        prefix,
        log,
        writeUrl: proxy.url,
        writeMs: 250,
        ledgerPath,
        parts: { isHotComplete: () => log.evicted.size === 0 },
        options: { bulkEvents: 15 },
      });
      bench.start();
      for (let i = 0; i < steps; i++) {
        traffic.step();
        if (random() < 0.05) await Bun.sleep(3);
      }
      await act?.(bench);
      await bench.stop();
    };
    const check = async (bench: ColdBench): Promise<void> => {
      await bench.level();
      expect(await idsInIndex(bench, prefix)).toEqual(log.expectedIds());
    };
    await run(150);
    await run(150);
    await run(60, async (bench) => {
      isCalm = true;
      await check(bench);
      for (const event of log.stored())
        if (random() < 0.3 && ![0, 10_002, 30_023].includes(event.kind)) log.evict(event.id);
      isCalm = false;
    });
    await run(150);
    isCalm = true;
    await run(0, check);
    expect(log.expectedIds().length).toBeGreaterThan(20);
  }, 60_000);
});

function randomFault(random: () => number): Fault {
  const faults: Fault[] = [
    { type: "reset", when: "before" },
    { type: "reset", when: "after" },
    { type: "stall", after: random() < 0.5 ? "nothing" : "half" },
    { type: "cut" },
    { type: "slow", ms: random() * 50 },
    OVERLOADED,
    { type: "answer", status: 503, body: "" },
  ];
  return faults[Math.floor(random() * faults.length)]!;
}
