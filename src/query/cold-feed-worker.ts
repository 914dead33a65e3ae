// Worker: follows the hot log into the cold store. It alone reads the one and writes the other.

import { join } from "node:path";
import { BACKGROUND_NICE, stepBehind } from "../channel/background-thread.ts";
import { createColdClients } from "../cold/client.ts";
import { systemClock } from "../cold/clock.ts";
import { Indexer, INDEXER_DEFAULTS } from "../cold/indexer.ts";
import { Ledger, LEDGER_FILE } from "../cold/ledger.ts";
import { createReader } from "../hot/reader.ts";
import type { ColdFeedReply, ColdFeedRequest, ColdFeedStart } from "./cold-feed-protocol.ts";
import { eventLogOf } from "./event-log.ts";
import { openFileScores } from "./file-scores.ts";
import { PublisherPressure } from "./publisher-pressure.ts";

declare const self: Worker;

stepBehind(BACKGROUND_NICE);

interface Feed {
  readonly indexer: Indexer;
  readonly ledger: Ledger;
  readonly pressure: PublisherPressure;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

const STATUS_MS = 500;
const STATUS_SAVED_MS = 2000;
const SCORES_MS = 10_000;
const EVENTS_CACHE_BYTES = 4 * 2 ** 20;

let feed: Promise<Feed> | undefined;

self.onmessage = (message: MessageEvent<ColdFeedRequest>) => {
  const request = message.data;
  if (request.type === "start") {
    feed = open(request.start);
    feed.catch(fail);
    return;
  }
  void feed?.then(
    (opened) => serve(opened, request),
    () => {},
  );
};

function serve({ indexer, ledger, pressure, stop }: Feed, request: ColdFeedRequest): void {
  if (request.type === "committed") {
    pressure.committed();
    indexer.poke();
  } else if (request.type === "job") ledger.requestJob(request.kind);
  else if (request.type === "stop") void stop().then(() => reply({ type: "stopped" }), fail);
}

async function open(start: ColdFeedStart): Promise<Feed> {
  const reader = createReader(start.path, { tagSeed: start.tagSeed, cacheBytes: EVENTS_CACHE_BYTES });
  const ledger = new Ledger(join(start.folder, LEDGER_FILE));
  if (start.mayEvict) ledger.noteEviction();
  const mayHaveEvicted = ledger.mayHaveEvicted();
  const clients = createColdClients(start.address);
  const pressure = new PublisherPressure({ lastSeq: () => reader.lastSeq() });
  const scores = await openFileScores(reader, start);
  const indexer = new Indexer(
    {
      client: clients.write,
      log: eventLogOf(reader),
      ledger,
      store: storeName(start.tagSeed),
      isHotComplete: () => !mayHaveEvicted,
      publishing: () => pressure.level(),
      scores,
      cursorMoved: (cursor) => reply({ type: "progress", cursor }),
    },
    { ...INDEXER_DEFAULTS, layout: start.layout, bulkBytes: start.bulkBytes, bulkEvents: start.bulkEvents },
  );
  const stopping = new AbortController();
  const running = indexer.run(stopping.signal);
  running.catch(fail);
  const timers = [
    setInterval(() => reply({ type: "status", status: indexer.status() }), STATUS_MS),
    setInterval(() => ledger.saveStatus(indexer.status(), systemClock.unixNow()), STATUS_SAVED_MS),
    setInterval(() => indexer.rewrite(scores.outdated()), SCORES_MS),
  ];
  return {
    indexer,
    ledger,
    pressure,
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      stopping.abort();
      await running;
      await clients.close();
      reader.close();
      ledger.close();
    },
  };
}

/** Tells stores apart without telling the secret. */
function storeName(tagSeed: bigint): string {
  return Bun.SHA256.hash(`thermocline store ${tagSeed}`, "hex").slice(0, 32);
}

/** Thrown outside of any promise it reaches whoever started this worker. */
function fail(error: unknown): void {
  setTimeout(() => reportError(error));
}

function reply(message: ColdFeedReply): void {
  self.postMessage(message);
}
