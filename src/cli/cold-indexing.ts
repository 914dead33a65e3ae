// Indexing from a command: the relay's own indexer on this data folder, for as long as no relay serves it.

import type { ColdStatus } from "../cold/contract.ts";
import type { Config } from "../config/settings.ts";
import type { FolderLock } from "../hot/folder-lock.ts";
import type { StoreWriter } from "../hot/writer.ts";
import { COLD_FOLLOWER } from "../hot/follower.ts";
import { ColdFeed } from "../query/cold-feed.ts";
import { coldAddress, coldLayout } from "../relay-cold.ts";
import { mayHaveEvicted } from "../relay-history.ts";
import { searchCapabilities, trustSeeds, verifierChoice } from "../relay-options.ts";
import { databasePath, openForWriting, openReader } from "./store-access.ts";
import { say, type Terminal } from "./terminal.ts";

export interface Indexing {
  /** Undefined until the indexer has said something. */
  status(): ColdStatus | undefined;
  stop(): Promise<void>;
}

/** Follows the log and takes jobs, as a relay would. The lock is released by stop(). */
export function startIndexing(config: Config, lock: FolderLock, terminal: Terminal): Indexing {
  const writer = openOrRelease(config, lock);
  const { cold } = config;
  let hasSpoken = false;
  const feed = new ColdFeed({
    folder: config.data.dir,
    path: databasePath(config),
    tagSeed: writer.tagSeed,
    address: coldAddress(config),
    layout: coldLayout(config),
    bulkBytes: cold.bulk_bytes,
    bulkEvents: cold.bulk_events,
    mayEvict: mayEvict(config),
    detect: searchCapabilities(config),
    signatures: verifierChoice(config),
    seeds: trustSeeds(config),
    onProgress: (cursor) => void writer.moveFollower(COLD_FOLLOWER, cursor),
    onState: ({ state, reason }) => {
      // Its first word is always that nobody has answered yet.
      if (reason !== "" && hasSpoken) say(terminal, `OpenSearch is ${state}: ${reason}`);
      hasSpoken = true;
    },
    onTrouble: (reason) => say(terminal, `The indexer failed: ${reason}`),
  });
  return {
    status: () => feed.status,
    stop: async () => {
      await feed.stop();
      writer.close();
      lock.release();
    },
  };
}

function openOrRelease(config: Config, lock: FolderLock): StoreWriter {
  try {
    return openForWriting(config);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** What is surplus in the index may only be deleted while the hot store is known to have everything. */
function mayEvict(config: Config): boolean {
  const reader = openReader(config);
  try {
    return mayHaveEvicted(config, { horizon: reader.evictions.horizon() });
  } finally {
    reader.close();
  }
}
