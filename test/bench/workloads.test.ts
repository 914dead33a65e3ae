// Every workload once, tiny: against a plain relay in memory and against our own, and that wrong answers are noticed.

import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cachedArchive, cachedCorpus, type CachedCorpus } from "../../scripts/bench/corpus/cache.ts";
import { FreshEvents } from "../../scripts/bench/corpus/fresh.ts";
import { openSigner } from "../../scripts/bench/corpus/signer.ts";
import { runAll } from "../../scripts/bench/run.ts";
import { TINY } from "../../scripts/bench/scale.ts";
import { LocalRelay } from "../../scripts/bench/target/local-relay.ts";
import { remoteRelay } from "../../scripts/bench/target/remote-relay.ts";
import type { Target } from "../../scripts/bench/target/target.ts";
import { WORKLOADS } from "../../scripts/bench/workloads/all.ts";
import type { Row, Stage } from "../../scripts/bench/workloads/workload.ts";
import { temporaryFolders } from "../support/temp-folder.ts";
import { FakeRelay } from "./fake-relay.ts";

const signer = openSigner();
const folder = temporaryFolders()();
const cache = { seed: "warm", signer, folder, questions: 3, tell: () => {} };
let corpus: CachedCorpus;

beforeAll(async () => {
  corpus = await cachedCorpus(400, cache);
});

function stageFor(target: Target): Stage {
  return {
    target,
    corpus,
    fresh: new FreshEvents("warm", corpus.facts.lastSecond + 1, signer),
    archive: () => cachedArchive(TINY.archiveEvents, cache),
    scale: TINY,
    tell: () => {},
  };
}

const faultsOf = (rows: readonly Row[]): string[] =>
  rows.flatMap(({ name, faults }) => faults.map((fault) => `${name}: ${fault}`));

describe("every workload runs", () => {
  test("against a plain relay in memory, by socket alone", async () => {
    const relay = new FakeRelay();
    try {
      const rows = await runAll(stageFor(remoteRelay(relay.url)), undefined, () => {});
      expect(faultsOf(rows)).toEqual([]);
      expect(relay.size).toBeGreaterThan(corpus.facts.alive);
      for (const { name } of WORKLOADS) expect(rows.some((row) => row.name.startsWith(name))).toBe(true);
      const leftOut = rows.filter((row) => row.note?.startsWith("left out")).map(({ name }) => name);
      expect(leftOut).toEqual(["start", "idle"]);
    } finally {
      await relay.stop();
    }
  });

  test.if(existsSync(join(import.meta.dir, "../../src/main.ts")))(
    "against our own relay",
    async () => {
      const relay = await LocalRelay.start({ stopSeconds: 1 });
      try {
        // Those two are only more of what the others do, and each costs a restart.
        const names = WORKLOADS.map(({ name }) => name).filter(
          (name) => name !== "start" && name !== "paging",
        );
        const rows = await runAll(stageFor(relay), new Set(names), () => {});
        expect(faultsOf(rows)).toEqual([]);
        expect(rows.find(({ name }) => name === "idle")?.figures?.["bytes a connection"]).toBeNumber();
      } finally {
        await relay.stop();
      }
    },
    30_000,
  );
});

describe("a wrong answer is noticed", () => {
  test("when an event is missing", async () => {
    const relay = new FakeRelay();
    try {
      const stage = stageFor(remoteRelay(relay.url));
      await runAll(stage, new Set(), () => {});
      relay.isForgetful = true;
      const { reads } = await import("../../scripts/bench/workloads/reads.ts");
      const read = reads.find(({ name }) => name === "ids")!;
      const rows = read.needs === "socket" ? await read.run(stage) : [];
      expect(faultsOf(rows)).toContainEqual(expect.stringContaining("answered 49"));
    } finally {
      await relay.stop();
    }
  });

  test("when the relay is gone", async () => {
    const relay = new FakeRelay();
    const stage = stageFor(remoteRelay(relay.url));
    await runAll(stage, new Set(), () => {});
    await relay.stop();
    const { latency } = await import("../../scripts/bench/workloads/latency.ts");
    const outcome = latency.needs === "socket" ? latency.run(stage) : Promise.resolve([]);
    expect(outcome).rejects.toThrow();
    await outcome.catch(() => {});
  });
});
