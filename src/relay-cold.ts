// The cold store as the relay runs it: an indexer that follows the log, and readers for searches and history.

import { type ColdAddress, createColdClients } from "./cold/client.ts";
import { systemClock } from "./cold/clock.ts";
import { ColdReader } from "./cold/cold-reader.ts";
import type { ColdStatus } from "./cold/contract.ts";
import { IndexChoice } from "./cold/index-choice.ts";
import type { LayoutOptions } from "./cold/index-layout.ts";
import { ColdSearch } from "./cold/search.ts";
import { SearchDoor } from "./cold/search-door.ts";
import type { Config } from "./config/settings.ts";
import type { HotStore } from "./hot/hot-store.ts";
import { COLD_FOLLOWER, ColdFeed } from "./query/cold-feed.ts";
import { mayHaveEvicted } from "./relay-history.ts";
import { searchCapabilities, trustSeeds, verifierChoice } from "./relay-options.ts";
import type { Logger } from "./telemetry/logger.ts";

export interface ColdStore {
  readonly feed: ColdFeed;
  readonly reader: ColdReader;
  readonly search: ColdSearch;
  /** Questions to it that wait. */
  readonly searches: Pick<SearchDoor, "depth" | "depthMax">;
  /** Finishes what is under way; the backlog goes on after the next start. */
  stop(): Promise<void>;
}

/** Undefined without `cold.url`; then nothing is kept in the log for a cold store that may never come back. */
export function startCold(config: Config, hot: HotStore, logger: Logger): ColdStore | undefined {
  const { cold } = config;
  if (cold.url === "") {
    void hot.dropFollower(COLD_FOLLOWER);
    return undefined;
  }
  const address = coldAddress(config);
  const feed = new ColdFeed({
    folder: config.data.dir,
    path: hot.path,
    tagSeed: hot.tagSeed,
    address,
    layout: coldLayout(config),
    bulkBytes: cold.bulk_bytes,
    bulkEvents: cold.bulk_events,
    mayEvict: mayHaveEvicted(config, hot),
    detect: searchCapabilities(config),
    signatures: verifierChoice(config),
    seeds: trustSeeds(config),
    onProgress: (seq) => void hot.moveFollower(COLD_FOLLOWER, seq),
    onState: (status) => tellState(logger, status),
    onTrouble: (reason) =>
      logger.error(
        { part: "cold", reason },
        "the cold indexer has ended; nothing waits for it, and the next one goes on where it was",
      ),
  });
  const clients = createColdClients(address, { readMs: cold.search_timeout_ms + 2000 });
  const door = new SearchDoor(clients.read, { searchMs: cold.search_timeout_ms });
  const choice = new IndexChoice(clients.read, cold.index_prefix, systemClock);
  hot.onCommitted(() => feed.committed());
  return {
    feed,
    reader: new ColdReader(door, choice),
    search: new ColdSearch(door, choice),
    searches: door,
    stop: async () => {
      await feed.stop();
      await clients.close();
    },
  };
}

export function coldAddress({ cold }: Config): ColdAddress {
  const { url, username, password } = cold;
  return username === "" ? { url } : { url, username, password };
}

export function coldLayout({ cold }: Config): LayoutOptions {
  const { index_prefix: prefix, bucket, codec, shards, replicas } = cold;
  return { prefix, bucket, codec, shards, replicas };
}

function tellState(logger: Logger, { state, reason, lagEvents }: ColdStatus): void {
  const fields = { part: "cold", state, lagEvents, ...(reason === "" ? {} : { reason }) };
  if (state === "up") logger.info(fields, "OpenSearch answers");
  else logger.warn(fields, "OpenSearch is behind or away; nothing waits for it, and it catches up by itself");
}
