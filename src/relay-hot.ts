// The hot store as the relay runs it: opened with its share of the memory, its events counted, what vanishes hidden at once.

import { mkdirSync } from "node:fs";
import type { Config } from "./config/settings.ts";
import type { StoredEvent } from "./hot/contract.ts";
import { type HotStore, openHotStore } from "./hot/hot-store.ts";
import { pageCacheBytesFor, sizeOf, tailBytesFor } from "./hot/memory-shares.ts";
import { asStoreError, faultText } from "./hot/store-error.ts";
import { Kind } from "./nostr/kind.ts";
import { vanishesHere } from "./nostr/vanish.ts";
import { Vanishing } from "./policy/vanishing.ts";
import { ownUrls } from "./relay-options.ts";
import type { Logger } from "./telemetry/logger.ts";

export function openStore(config: Config, logger: Logger): Promise<HotStore> {
  const { data, hot, limits } = config;
  makeFolder(data.dir);
  return openHotStore({
    folder: data.dir,
    synchronous: hot.synchronous,
    tailBytesMax: sizeOf(hot.tail_bytes, tailBytesFor),
    readerCacheBytes: hot.cache_bytes,
    writerCacheBytes: sizeOf(hot.page_cache_bytes, pageCacheBytesFor),
    writeDepthMax: limits.write_queue,
    ownUrls: [...ownUrls(config)],
    onTrouble: (text) => logger.error({ part: "hot" }, text),
  });
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw asStoreError(error, path);
  }
}

/** Is it stored, here or in the cold store alone? */
export function isKept({ reader }: HotStore, { event }: StoredEvent): boolean {
  return reader.has(event.id, event.created_at) || reader.evictions.evictedIds([event.id]).length > 0;
}

/** Events in the hot store, kept up to date: to count them walks an index. */
export function countStored(hot: HotStore): () => number {
  let count = hot.reader.eventCount();
  let countedSeq = hot.lastSeq;
  hot.onCommitted(({ lastSeq, stored, removed }) => {
    // What one commit stored and removed again stands in `removed` only.
    count += stored.length - removed.filter((seq) => seq <= countedSeq).length;
    countedSeq = lastSeq;
  });
  return () => count;
}

/**
 * What a request to vanish names is hidden while it is being erased, also where a stop came in between. To be called
 * before live delivery listens to commits, so that this hears of each one first.
 */
export function watchVanishing(hot: HotStore, own: ReadonlySet<string>): Vanishing {
  const vanishing = new Vanishing();
  for (const { pubkey, until } of hot.reader.vanishing().keys)
    vanishing.add(pubkey, until, performance.now());
  hot.onCommitted(({ stored }) => {
    for (const { kind, event } of stored) {
      if (kind === Kind.vanish && vanishesHere(event, own))
        vanishing.add(event.pubkey, event.created_at, performance.now());
    }
    if (!vanishing.isErasing) return;
    const { keys, lastSeq } = hot.reader.vanishing();
    vanishing.noteErased(new Set(keys.map(({ pubkey }) => pubkey)), lastSeq, hot.lastSeq);
  });
  return vanishing;
}

/**
 * Says where a follower's place in the log could not be noted. What a full disk or a dying writer keeps from being noted
 * is noted with the next progress; the log keeps more till then.
 */
export function noted(noting: Promise<void>, part: string, logger: Logger): void {
  noting.catch((error: unknown) => {
    logger.warn({ part, reason: faultText(error) }, "the index's place in the log was not noted");
  });
}
