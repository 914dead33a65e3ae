// How the indexer makes room for publishers, on a clock that the test turns.

import { afterAll, expect, test } from "bun:test";
import { createColdClients } from "../../src/cold/client.ts";
import type { Clock } from "../../src/cold/contract.ts";
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
  let isBusy = true;
  const log = { log: () => [], getMany: () => [], evictedAfter: () => [], lastSeq: () => lastSeq };
  const layout = { prefix: "t", bucket: "all", codec: "default", shards: 1, replicas: 0 } as const;
  const indexer = new Indexer(
    { client: clients.write, log, ledger, store: "t", isHotComplete: () => true, busy: () => isBusy, clock },
    { ...INDEXER_DEFAULTS, layout },
  );
  const { bulkEvents, gatherMs, yieldMs } = INDEXER_DEFAULTS;
  const never = new AbortController().signal;
  const rest = async (behind: number) => {
    lastSeq = 100 + behind;
    await indexer.yieldToPublishers({ cursor: 100 }, never);
    return slept.splice(0);
  };
  expect(await rest(1)).toEqual([gatherMs]);
  expect(await rest(2 * bulkEvents - 1)).toEqual([gatherMs]);
  expect(await rest(2 * bulkEvents)).toEqual([yieldMs]);
  isBusy = false;
  expect(await rest(1)).toEqual([]);
});
