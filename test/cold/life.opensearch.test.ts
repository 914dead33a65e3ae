// The life of a set of indexes on a real node: reindex, reconcile, a wiped cluster, another database, other settings.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { systemClock } from "../../src/cold/clock.ts";
import type { EventLog, ScoreSource } from "../../src/cold/contract.ts";
import { readDocuments } from "../../src/cold/document-scan.ts";
import { indexBody } from "../../src/cold/index-layout.ts";
import type { JobKind } from "../../src/cold/ledger.ts";
import { idOfJson } from "../../src/nostr/event-json.ts";
import { note } from "../support/cold-events.ts";
import { unsignedEvent } from "../support/events.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { MemoryLog } from "../support/memory-log.ts";
import { type ColdBench, coldBench, describeWithOpenSearch, ownPrefix } from "../support/opensearch.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

async function visibleIds(bench: ColdBench, prefix: string): Promise<string[]> {
  const ids: string[] = [];
  const { pace } = bench.indexer;
  for await (const page of readDocuments(bench.clients.read, pace, prefix, new AbortController().signal)) {
    ids.push(...page.map((row) => idOfJson(row.json)));
  }
  return ids.sort();
}

async function perform(bench: ColdBench, kind: JobKind): Promise<string> {
  const job = bench.ledger.requestJob(kind);
  for (;;) {
    const { state, message } = bench.ledger.job(job)!;
    if (state === "done") return message;
    if (state === "failed") throw new Error(message);
    await Bun.sleep(10);
  }
}

function filled(count: number): MemoryLog {
  const log = new MemoryLog();
  for (let i = 0; i < count; i++)
    log.store(note(`author ${i % 5}`, `note ${i}`, 1_650_000_000 + i * 1_000_000));
  return log;
}

const folder = temporaryFolders();

describeWithOpenSearch("the life of the indexes", (url) => {
  test("a reindex keeps what only the cold store holds, follows what happens meanwhile, and cuts anew", async () => {
    const prefix = ownPrefix();
    const log = filled(80);
    const ledgerPath = join(folder(), "cold.db");
    const parts = { isHotComplete: () => false };
    const first = coldBench({ url, prefix, log, ledgerPath, parts });
    first.start();
    await first.level();
    await first.stop();
    const events = log.stored();
    for (const event of events.slice(0, 30)) log.evict(event.id);

    const bench = coldBench({ url, prefix, log, ledgerPath, parts, bucket: "year" });
    bench.start();
    await bench.level();
    expect(bench.indexer.status().outdated).toBe("cut by all, now year");
    const reindexing = perform(bench, "reindex");
    // One of the evicted events is deleted by its author while the copy is made.
    const [victim] = events;
    log.store(unsignedEvent(victim!.pubkey, { kind: 5, tags: [["e", victim!.id]] }).event);
    log.store(note("author 9", "written meanwhile"));
    expect(await reindexing).toMatch(/with (?:29|30) events that only the cold store held/);
    await bench.level();
    expect(await visibleIds(bench, prefix)).toEqual(log.expectedIds());
    expect(bench.indexer.status()).toMatchObject({ generation: 2, state: "up" });
    const names = Object.keys((await bench.clients.write.indices.getAlias({ name: prefix })).body);
    expect(names.toSorted()).toEqual([
      `${prefix}-ev-v2-2022`,
      `${prefix}-ev-v2-2023`,
      `${prefix}-ev-v2-2024`,
      `${prefix}-repl-v2`,
    ]);
    await bench.stop();

    const again = coldBench({ url, prefix, log, ledgerPath, parts, bucket: "year" });
    again.start();
    log.store(note("author 9", "after the restart"));
    await again.level();
    expect(again.indexer.status().documentsIndexed).toBe(1);
    await again.stop();
  }, 60_000);

  test("a reindex copies from all indexes that readers see, also those of a generation before", async () => {
    const prefix = ownPrefix();
    const log = filled(20);
    const ledgerPath = join(folder(), "cold.db");
    const options = { url, prefix, log, ledgerPath, parts: { isHotComplete: () => false } };
    const before = coldBench(options);
    before.start();
    await before.level();
    for (const { id, kind } of log.stored().slice(0, 8)) if (kind === 1) log.evict(id);
    await before.level();
    const { meta } = before.indexer.current!.generation;
    await before.stop();
    const after = coldBench(options);
    const layout = { prefix, bucket: "all", codec: "default", shards: 1, replicas: 0 } as const;
    // What versions of this relay did that found an index missing: made the next generation, followed that, and let this
    // one stand.
    after.ledger.saveProgress({ built: "again", cursor: 0 });
    await after.clients.write.indices.create({
      index: `${prefix}-repl-v2`,
      body: { ...indexBody(layout, { ...meta, built: "again" }), aliases: { [prefix]: {} } },
    } as never);
    after.start();
    await after.level();
    expect(after.indexer.status().generation).toBe(2);
    await perform(after, "reindex");
    await after.level();
    await after.clients.write.indices.delete({ index: `${prefix}-*-v1*,${prefix}-*-v2*` });
    expect(await visibleIds(after, prefix)).toEqual(log.expectedIds());
    await after.stop();
  });

  test("an event that leaves while the others are copied is not lost", async () => {
    const prefix = ownPrefix();
    const log = filled(40);
    const leaving = log.stored().filter(({ kind }) => kind === 1);
    let late: string | undefined;
    const watched: EventLog = {
      log: (after, limit) => log.log(after, limit),
      getMany: (seqs) => log.getMany(seqs),
      lastSeq: () => log.lastSeq(),
      evictedAfter: (after, limit) => {
        const standing = log.evictedAfter(after, limit);
        // It has heard of all that had left when it looked.
        if (standing.length > 0 || late === undefined) return standing;
        log.evict(late);
        late = undefined;
        return standing;
      },
    };
    const bench = coldBench({ url, prefix, log: watched, parts: { isHotComplete: () => false } });
    bench.start();
    await bench.level();
    for (const { id } of leaving.slice(0, 5)) log.evict(id);
    await bench.level();
    late = leaving[5]!.id;
    expect(await perform(bench, "reindex")).toContain("with 6 events that only the cold store held");
    await bench.level();
    expect(log.evicted.size).toBe(6);
    expect(await visibleIds(bench, prefix)).toEqual(log.expectedIds());
    expect(bench.indexer.status()).toMatchObject({ generation: 2, lost: 0 });
    await bench.stop();
  });

  test("a reindex comes to its end although events never stop coming", async () => {
    const prefix = ownPrefix();
    const log = filled(50);
    const bench = coldBench({ url, prefix, log, parts: { publishing: () => "served" } });
    bench.start();
    await bench.level();
    let count = 0;
    const publishing = setInterval(() => log.store(note("busy", `never still ${count++}`)), 2);
    try {
      await perform(bench, "reindex");
    } finally {
      clearInterval(publishing);
    }
    await bench.level();
    expect(bench.indexer.status()).toMatchObject({ generation: 2, state: "up" });
    expect(await visibleIds(bench, prefix)).toEqual(log.expectedIds());
    await bench.stop();
  }, 60_000);

  test("what readers see goes on following while evicted events are copied and while both sides are compared", async () => {
    const prefix = ownPrefix();
    const log = filled(6000);
    let ahead = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + ahead };
    // Every look at the documents takes its time, and more while an event is to be followed beside it.
    let lookMs = 150;
    const proxy = new FaultProxy(url);
    proxy.fault = ({ path }) => (path.includes("_search") ? { type: "slow", ms: lookMs } : undefined);
    const parts = { isHotComplete: () => false, clock };
    const bench = coldBench({ url, prefix, log, parts, writeUrl: proxy.url });
    bench.start();
    await bench.level();
    for (const event of log.stored().slice(0, 5500)) log.evict(event.id);
    await bench.level();
    /** Stores an event once the job says this, and tells what it said when that was indexed. */
    const followedDuring = async (kind: JobKind, saying: string): Promise<string | undefined> => {
      const done = perform(bench, kind);
      const said = () => bench.indexer.status().job?.message ?? "";
      while (!said().includes(saying)) await Bun.sleep(1);
      lookMs = 5000;
      log.store(note("meanwhile", `${kind} is running`));
      while (bench.indexer.status().cursor < log.lastSeq()) await Bun.sleep(1);
      const { state, message } = bench.indexer.status().job!;
      lookMs = 150;
      await done;
      return state === "running" ? message : undefined;
    };
    expect(await followedDuring("compare", "agree")).toContain("agree");
    expect(await followedDuring("reindex", "documents of generation 1")).toContain(
      "documents of generation 1",
    );
    await bench.level();
    expect(await visibleIds(bench, prefix)).toEqual(log.expectedIds());
    while (bench.indexer.status().visibleSeq < log.lastSeq()) {
      ahead += 11_000;
      await Bun.sleep(50);
    }
    await bench.stop();
    proxy.stop();
  }, 60_000);

  test("reconcile writes again what is missing and deletes what should not be there", async () => {
    const prefix = ownPrefix();
    const log = filled(40);
    const bench = coldBench({ url, prefix, log });
    bench.start();
    await bench.level();
    const [one, other] = log.stored();
    const index = `${prefix}-ev-v1-all`;
    await bench.clients.write.delete({ index, id: one!.id, refresh: true });
    log.removeId(other!.id, "deleted");
    await bench.level();
    // Something that the log does not know, under a seq that is no longer taken.
    const ghost = note("stranger", "nobody knows me");
    const document = { seq: 2, id: ghost.id, pubkey: ghost.pubkey, kind: 1, raw: JSON.stringify(ghost) };
    await bench.clients.write.index({ index, id: ghost.id, body: document, refresh: true });
    expect(await perform(bench, "reconcile")).toContain("1 missing, 1 surplus, 2 of them repaired");
    await bench.level();
    expect(await visibleIds(bench, prefix)).toEqual(log.expectedIds());
    expect(await perform(bench, "reconcile")).toContain("agree");
    await bench.stop();
  });

  test("reconcile knows what was evicted: it stays, what was erased since goes, and what is lost is told", async () => {
    const prefix = ownPrefix();
    const log = filled(40);
    const parts = { isHotComplete: () => false };
    const bench = coldBench({ url, prefix, log, parts });
    bench.start();
    await bench.level();
    const [kept, erased, lost] = log.stored().filter(({ kind }) => kind === 1);
    for (const each of [kept!, erased!, lost!]) log.evict(each.id);
    await bench.level();
    // Erased without the indexer's knowledge, and lost without the relay's.
    log.evicted.delete(erased!.id);
    await bench.clients.write.delete({ index: `${prefix}-ev-v1-all`, id: lost!.id, refresh: true });
    const found = "1 missing, 1 surplus";
    expect(await perform(bench, "compare")).toContain(
      `${found}, nothing changed; 2 held by the cold store alone`,
    );
    expect(await visibleIds(bench, prefix)).toContain(erased!.id);
    expect(await perform(bench, "reconcile")).toContain(`${found}, 1 of them repaired`);
    expect(await visibleIds(bench, prefix)).toEqual(log.expectedIds().filter((id) => id !== lost!.id));
    const sum = (name: "missing" | "surplus" | "evicted" | "repaired"): number =>
      bench.ledger.days(2).reduce((total, day) => total + day[name], 0);
    expect([sum("missing"), sum("surplus"), sum("evicted"), sum("repaired")]).toEqual([1, 1, 2, 1]);
    expect(bench.ledger.days(1)).toEqual([]);
    expect(bench.indexer.status().lost).toBe(1);
    expect(await perform(bench, "reindex")).toContain("; 1 that had left the hot store are nowhere any more");
    await bench.level();
    expect(bench.indexer.status()).toMatchObject({ generation: 2, lost: 1 });
    log.evicted.delete(lost!.id);
    expect(await perform(bench, "compare")).toContain("agree");
    expect(bench.indexer.status().lost).toBe(0);
    await bench.stop();
  });

  for (const deleted of ["repl-v1", "ev-v1-2022"]) {
    test(`${deleted}, deleted by hand while nobody followed, is filled again, and what has left stays`, async () => {
      const prefix = ownPrefix();
      const log = filled(40);
      log.store(unsignedEvent("a".repeat(64), { kind: 10_002 }).event);
      const ledgerPath = join(folder(), "cold.db");
      const options = { url, prefix, log, ledgerPath, parts: { isHotComplete: () => false } };
      const before = coldBench({ ...options, bucket: "year" });
      before.start();
      await before.level();
      const leaving = log.stored().filter(({ created_at }) => created_at > 1_673_000_000);
      for (const { id, kind } of leaving) if (kind === 1) log.evict(id);
      await before.level();
      await before.stop();
      const after = coldBench({ ...options, bucket: "year" });
      await after.clients.write.indices.delete({ index: `${prefix}-${deleted}` });
      after.start();
      while (after.ledger.job(1)?.state !== "done") await Bun.sleep(10);
      expect(after.ledger.job(1)).toMatchObject({ kind: "reconcile" });
      await after.level();
      expect(await visibleIds(after, prefix)).toEqual(log.expectedIds());
      expect(after.indexer.status().generation).toBe(1);
      await after.stop();
    });
  }

  test("an index that the cluster makes again by itself is filled again", async () => {
    const prefix = ownPrefix();
    const log = filled(10);
    let ahead = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + ahead };
    const bench = coldBench({ url, prefix, log, parts: { clock } });
    const makesByItself = (isOn: boolean | null) =>
      bench.clients.write.cluster.putSettings({ body: { transient: { "action.auto_create_index": isOn } } });
    bench.start();
    await bench.level();
    try {
      await makesByItself(true);
      await bench.clients.write.indices.delete({ index: `${prefix}-ev-v1-all` });
      log.store(note("a", "after that"));
      await bench.level();
      expect(await visibleIds(bench, prefix)).toHaveLength(1);
      ahead = 61_000;
      while (bench.ledger.job(1)?.state !== "done") await Bun.sleep(10);
      await bench.level();
      expect(await visibleIds(bench, prefix)).toEqual(log.expectedIds());
    } finally {
      await makesByItself(null);
    }
    await bench.stop();
  });

  test("a cluster that lost everything is filled again from the start", async () => {
    const prefix = ownPrefix();
    const log = filled(20);
    const ledgerPath = join(folder(), "cold.db");
    const before = coldBench({ url, prefix, log, ledgerPath });
    before.start();
    await before.level();
    await before.clients.write.indices.delete({ index: `${prefix}-*` });
    await before.stop();
    const after = coldBench({ url, prefix, log, ledgerPath });
    after.start();
    await after.level();
    expect(await visibleIds(after, prefix)).toEqual(log.expectedIds());
    await after.stop();
  });

  test("where events have left for indexes that are not there, none are made before somebody says so", async () => {
    const [prefix, other] = [ownPrefix(), ownPrefix()];
    const log = filled(20);
    const ledgerPath = join(folder(), "cold.db");
    const options = { url, log, ledgerPath, parts: { isHotComplete: () => false } };
    const before = coldBench({ ...options, prefix });
    before.start();
    await before.level();
    for (const { id, kind } of log.stored().slice(0, 8)) if (kind === 1) log.evict(id);
    const left = log.evicted.size;
    await before.level();
    await before.stop();
    const elsewhere = coldBench({ ...options, prefix: other });
    elsewhere.start();
    while (elsewhere.indexer.status().state !== "stopped") {
      expect(elsewhere.indexer.status().state).toBe("down");
      await Bun.sleep(10);
    }
    expect(elsewhere.indexer.status().reason).toContain(`there are none under ${other}`);
    const made = await elsewhere.clients.write.cat.indices({ index: `${other}-*`, format: "json" });
    expect(made.body).toEqual([]);
    await elsewhere.stop();
    const back = coldBench({ ...options, prefix });
    back.start();
    log.store(note("a", "and on"));
    await back.level();
    expect(await visibleIds(back, prefix)).toEqual(log.expectedIds());
    await back.stop();
    const givenUp = coldBench({ ...options, prefix: other });
    givenUp.start();
    while (givenUp.indexer.status().state !== "stopped") await Bun.sleep(10);
    await perform(givenUp, "reindex");
    await givenUp.level();
    expect(givenUp.indexer.status()).toMatchObject({ state: "up", lost: left });
    await givenUp.stop();
  });

  test("indexes of another database are not touched until a reindex is asked for", async () => {
    const prefix = ownPrefix();
    const theirs = coldBench({ url, prefix, log: filled(5) });
    theirs.start();
    await theirs.level();
    await theirs.stop();
    const log = new MemoryLog();
    log.store(note("me", "mine"));
    const mine = coldBench({ url, prefix, log, parts: { store: "another" } });
    mine.start();
    while (mine.indexer.status().state !== "stopped") await Bun.sleep(10);
    expect(mine.indexer.status().reason).toContain("filled from another database");
    await perform(mine, "reindex");
    await mine.level();
    expect(await visibleIds(mine, prefix)).toEqual(log.expectedIds());
    expect(mine.indexer.status().state).toBe("up");
    await mine.stop();
  });

  test("of two relays that start on one prefix at the same moment one stops, and the other has the indexes to itself", async () => {
    for (let round = 0; round < 3; round++) {
      const prefix = ownPrefix();
      const sides = ["one", "another"].map((store) => {
        const log = new MemoryLog();
        for (let count = 0; count < 5; count++) log.store(note(store, `${count} of ${store}`));
        return { log, bench: coldBench({ url, prefix, log, parts: { store } }) };
      });
      for (const { bench } of sides) bench.start();
      const states = () => sides.map(({ bench }) => bench.indexer.status().state).toSorted();
      while (states().includes("down")) await Bun.sleep(10);
      expect(states()).toEqual(["stopped", "up"]);
      const { log, bench } = sides.find((side) => side.bench.indexer.status().state === "up")!;
      await bench.level();
      expect(await visibleIds(bench, prefix)).toEqual(log.expectedIds());
      for (const side of sides) await side.bench.stop();
    }
  });

  const restored = {
    "has not come as far as the cursor": { more: 0, cursor: undefined },
    "has outgrown the cursor since": { more: 30, cursor: undefined },
    "brought the ledger of its own time": { more: 3, cursor: 8 },
    "brought that ledger and has outgrown the indexes": { more: 30, cursor: 8 },
  };
  for (const [name, { more, cursor }] of Object.entries(restored)) {
    test(`a database older than the indexes that ${name} stops the indexer, and a reindex mends it`, async () => {
      const prefix = ownPrefix();
      const ledgerPath = join(folder(), "cold.db");
      const options = { url, prefix, ledgerPath, parts: { isHotComplete: () => false } };
      const whole = filled(20);
      const before = coldBench({ ...options, log: whole });
      before.start();
      await before.level();
      if (cursor !== undefined)
        before.ledger.saveProgress({ built: before.indexer.current!.generation.meta.built, cursor });
      await before.stop();
      const log = filled(8);
      log.evict(log.stored()[0]!.id);
      for (let i = 0; i < more; i++) log.store(note("later", `after the restoring ${i}`));
      const after = coldBench({ ...options, log });
      after.start();
      while (after.indexer.status().state !== "stopped") {
        expect(after.indexer.status().state).toBe("down");
        await Bun.sleep(10);
      }
      expect(after.indexer.status().reason).toContain("must be an older copy");
      expect(await perform(after, "reindex")).toContain("with 1 events that only the cold store held");
      await after.level();
      expect(await visibleIds(after, prefix)).toEqual(log.expectedIds());
      expect(after.indexer.status().state).toBe("up");
      await after.stop();
    });
  }

  test("asked to delete an older version of an address, it leaves the newest, whatever a search still shows", async () => {
    const prefix = ownPrefix();
    const log = new MemoryLog();
    const author = "a".repeat(64);
    const version = (created_at: number) => unsignedEvent(author, { kind: 10_002, created_at }).event;
    const bench = coldBench({ url, prefix, log, parts: { isHotComplete: () => false } });
    bench.start();
    const older = version(1_700_000_000);
    log.store(older);
    await bench.level();
    await bench.clients.write.indices.refresh({ index: `${prefix}-*` });
    log.store(version(1_700_000_100));
    log.store(unsignedEvent(author, { kind: 5, tags: [["e", older.id]], created_at: 1_700_000_200 }).event);
    await bench.level();
    await bench.clients.write.indices.refresh({ index: `${prefix}-*` });
    expect(await visibleIds(bench, prefix)).toEqual(log.expectedIds());
    await bench.stop();
  });

  test("a document is written again with the scores of today", async () => {
    const prefix = ownPrefix();
    const log = filled(3);
    let engagement = 0;
    const scores: ScoreSource = { scoresOf: () => ({ engagement }), together: (read) => read() };
    const bench = coldBench({ url, prefix, log, parts: { scores } });
    bench.start();
    await bench.level();
    engagement = 100;
    expect(bench.indexer.rewrite([2])).toBe(true);
    while (bench.indexer.status().documentsIndexed < 4) await Bun.sleep(5);
    await bench.level();
    const body = { query: { range: { engaged: { gte: 13 } } }, docvalue_fields: ["seq"] };
    const found = await bench.door.search(prefix, body);
    expect(found).toMatchObject({ type: "answered", value: { hits: [{ fields: { seq: [2] } }] } });
    await bench.stop();
  });
});
