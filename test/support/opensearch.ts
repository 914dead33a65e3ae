// A real OpenSearch for tests, where OPENSEARCH_TEST_URL names one: indexes of their own for each test, taken away after.

import { afterAll, describe, test } from "bun:test";
import { type ColdClients, createColdClients } from "../../src/cold/client.ts";
import { systemClock } from "../../src/cold/clock.ts";
import { ColdReader } from "../../src/cold/cold-reader.ts";
import type { EventLog } from "../../src/cold/contract.ts";
import { IndexChoice } from "../../src/cold/index-choice.ts";
import type { Bucket } from "../../src/cold/index-layout.ts";
import { Indexer, INDEXER_DEFAULTS, type IndexerOptions, type IndexerParts } from "../../src/cold/indexer.ts";
import { Ledger } from "../../src/cold/ledger.ts";
import { SearchDoor } from "../../src/cold/search-door.ts";
import { actionsOf } from "../../src/search/engagement.ts";

const URL_OF_NODE = process.env["OPENSEARCH_TEST_URL"] ?? "";
const IS_ICU_THERE =
  URL_OF_NODE !== "" && /analysis-?icu/i.test(await (await fetch(`${URL_OF_NODE}/_cat/plugins`)).text());

/** Prefixes given out; the block that is running takes their indexes away when it ends. */
const prefixes = new Set<string>();

/** A describe block that needs a node. Without one it is skipped, and says so where nobody can miss it. */
export function describeWithOpenSearch(name: string, body: (url: string) => void): void {
  if (URL_OF_NODE !== "") {
    return describe(name, () => {
      afterAll(() => removeIndexes(URL_OF_NODE));
      body(URL_OF_NODE);
    });
  }
  process.stderr.write(`SKIPPED: ${name}: OPENSEARCH_TEST_URL names no node (bun run test starts one)\n`);
  describe.skip(name, () => body("http://127.0.0.1:1"));
}

/** A test of what the ICU plugin does to words. The node of Maven's embedded runner has none: there it is skipped aloud. */
export function testWithIcu(name: string, body: () => Promise<void>, timeoutMs?: number): void {
  if (URL_OF_NODE !== "" && !IS_ICU_THERE)
    process.stderr.write(`SKIPPED: ${name}: the node has no ICU plugin\n`);
  test.skipIf(!IS_ICU_THERE)(name, body, timeoutMs);
}

/** A prefix that no other test uses. */
export function ownPrefix(): string {
  const prefix = `t${crypto.randomUUID().slice(0, 8)}`;
  prefixes.add(prefix);
  return prefix;
}

async function removeIndexes(url: string): Promise<void> {
  for (const prefix of prefixes) {
    await fetch(`${url}/${prefix}-*?expand_wildcards=all`, { method: "DELETE" });
    await fetch(`${url}/_index_template/${prefix}-*`, { method: "DELETE" });
  }
  prefixes.clear();
}

export interface ColdBench {
  readonly indexer: Indexer;
  readonly ledger: Ledger;
  readonly clients: ColdClients;
  readonly reader: ColdReader;
  readonly door: SearchDoor;
  /** Starts following; resolves stop() when it has ended. */
  start(): void;
  /** Waits until the cursor has reached the end of the log, then makes everything visible. */
  level(): Promise<void>;
  stop(): Promise<void>;
}

export interface BenchOptions {
  readonly url: string;
  readonly prefix: string;
  readonly log: EventLog;
  /** Where the indexer writes to, if not straight to the node. */
  readonly writeUrl?: string;
  readonly bucket?: Bucket;
  readonly ledgerPath?: string;
  readonly writeMs?: number;
  readonly parts?: Partial<IndexerParts>;
  readonly options?: Partial<IndexerOptions>;
}

/** An indexer and a reader over a log, wired as the relay wires them. */
export function coldBench(options: BenchOptions): ColdBench {
  const { url, prefix, log } = options;
  const writer = createColdClients({ url: options.writeUrl ?? url }, { writeMs: options.writeMs ?? 20_000 });
  const clients = createColdClients({ url }, { readMs: 10_000 });
  const ledger = new Ledger(options.ledgerPath ?? ":memory:");
  const layout = {
    prefix,
    bucket: options.bucket ?? "all",
    codec: "default",
    shards: 1,
    replicas: 0,
  } as const;
  const indexer = new Indexer(
    {
      client: writer.write,
      log,
      ledger,
      store: "test",
      isHotComplete: () => true,
      scores: {
        scoresOf: (event) => ({ actions: actionsOf(event, () => true) }),
        together: (read) => read(),
      },
      ...options.parts,
    },
    {
      ...INDEXER_DEFAULTS,
      layout,
      pollMs: 20,
      backoffMs: 10,
      backoffMaxMs: 100,
      blockedMs: 50,
      ...options.options,
    },
  );
  const door = new SearchDoor(clients.read, { searchMs: 8000 });
  const reader = new ColdReader(door, new IndexChoice(clients.read, prefix, systemClock));
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  return {
    indexer,
    ledger,
    clients,
    reader,
    door,
    start: () => {
      running = indexer.run(stopping.signal);
    },
    level: async () => {
      const isLevel = async (): Promise<void> => {
        while (indexer.current === undefined || indexer.status().cursor < log.lastSeq()) await Bun.sleep(5);
      };
      await Promise.race([
        isLevel(),
        running?.then(() => Promise.reject(new Error("the indexer has ended"))),
      ]);
      await clients.write.indices.refresh({ index: `${prefix}-*` });
    },
    stop: async () => {
      stopping.abort();
      await running;
      ledger.close();
      await Promise.all([clients.close(), writer.close()]);
    },
  };
}
