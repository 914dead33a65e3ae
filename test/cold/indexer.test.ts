// How the indexer makes room for publishers, on a clock that the test turns.

import { afterAll, expect, test } from "bun:test";
import { createColdClients } from "../../src/cold/client.ts";
import type { Clock, Publishing } from "../../src/cold/contract.ts";
import { Indexer, INDEXER_DEFAULTS } from "../../src/cold/indexer.ts";
import { Ledger } from "../../src/cold/ledger.ts";

const clients = createColdClients({ url: "http://127.0.0.1:1" });
const ledger = new Ledger(":memory:");
afterAll(async () => {
  await clients.close();
  ledger.close();
});

test("gathers for longer while level with the log, hurries when behind, and rests only while publishers are served", async () => {
  const slept: number[] = [];
  const clock: Clock = {
    now: () => 0,
    unixNow: () => 0,
    random: () => 1,
    sleep: (ms) => {
      slept.push(ms);
      return Promise.resolve();
    },
  };
  let lastSeq = 0;
  let publishing: Publishing = "served";
  const log = { log: () => [], getMany: () => [], evictedAfter: () => [], lastSeq: () => lastSeq };
  const layout = { prefix: "t", bucket: "all", codec: "default", shards: 1, replicas: 0 } as const;
  const indexer = new Indexer(
    {
      client: clients.write,
      log,
      ledger,
      store: "t",
      isHotComplete: () => true,
      publishing: () => publishing,
      clock,
    },
    { ...INDEXER_DEFAULTS, layout },
  );
  const { bulkEvents, gatherMs, yieldMs } = INDEXER_DEFAULTS;
  const never = new AbortController().signal;
  const rest = async (behind: number) => {
    lastSeq = 100 + behind;
    const step = () => Promise.resolve("busy" as const);
    await indexer.stepBesidePublishers({ cursor: 100, step, settled: () => Promise.resolve() }, never);
    return slept.splice(0);
  };
  expect(await rest(1)).toEqual([gatherMs]);
  expect(await rest(2 * bulkEvents - 1)).toEqual([gatherMs]);
  expect(await rest(2 * bulkEvents)).toEqual([yieldMs]);
  publishing = "idle";
  expect(await rest(1)).toEqual([]);
});
