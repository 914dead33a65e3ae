// The cold store as the relay runs it: an indexer that follows the log, and readers for searches and history.

import type { ColdAddress } from "./cold/client.ts";
import type { ColdStatus } from "./cold/contract.ts";
import type { LayoutOptions } from "./cold/index-layout.ts";
import type { Config } from "./config/settings.ts";
import { COLD_FOLLOWER } from "./hot/follower.ts";
import type { HotStore } from "./hot/hot-store.ts";
import { ColdFeed } from "./query/cold-feed.ts";
import type { ColdReaders } from "./relay-cold-readers.ts";
import { mayHaveEvicted } from "./relay-history.ts";
import { noted } from "./relay-hot.ts";
import { searchCapabilities, trustSeeds, verifierChoice } from "./relay-options.ts";
import type { Logger } from "./telemetry/logger.ts";

export interface ColdStore extends Omit<ColdReaders, "close"> {
  readonly feed: ColdFeed;
  /** Finishes what is under way; the backlog goes on after the next start. */
  stop(): Promise<void>;
}

/** Undefined without `cold.url`; then nothing is kept in the log for a cold store that may never come back. */
export async function startCold(
  config: Config,
  hot: HotStore,
  logger: Logger,
): Promise<ColdStore | undefined> {
  const { cold } = config;
  if (cold.url === "") {
    noted(hot.dropFollower(COLD_FOLLOWER), "cold", logger);
    return undefined;
  }
  // Loading the client of OpenSearch is a third of a relay's start, which most relays need not wait for.
  const { openColdReaders } = await import("./relay-cold-readers.ts");
  const address = coldAddress(config);
  const { close, ...readers } = openColdReaders(cold, address);
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
    onProgress: (seq) => noted(hot.moveFollower(COLD_FOLLOWER, seq), "cold", logger),
    onState: (status) => tellState(logger, status),
    onTrouble: (reason) =>
      logger.error(
        { part: "cold", reason },
        "the cold indexer has ended; nothing waits for it, and the next one goes on where it was",
      ),
  });
  hot.onCommitted(() => feed.committed());
  return {
    feed,
    ...readers,
    stop: async () => {
      await feed.stop();
      await close();
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
