// One history over both stores as the relay runs it: what leaves the hot store, and how it is found again.

import type { Outcome } from "./cold/search-door.ts";
import type { Config } from "./config/settings.ts";
import type { HotStore } from "./hot/hot-store.ts";
import { COMPLETE } from "./hot/horizon.ts";
import type { ColdHistory, History } from "./query/history.ts";
import { isBounded, type RetentionBounds } from "./query/retention-rules.ts";
import { Retention } from "./query/retention.ts";
import type { ColdStore } from "./relay-cold.ts";
import type { Logger } from "./telemetry/logger.ts";

export interface RelayHistory {
  /** Undefined while the hot store has everything and will keep it. */
  readonly history: History | undefined;
  /** Moves what is due; undefined where nothing is to leave. */
  readonly retention: Retention | undefined;
  /** Events that the cold store alone holds, near enough for people. */
  evicted(): number;
}

export function retentionBounds({ hot }: Config): RetentionBounds {
  const retain = hot.retain.map(({ kinds, max_age_seconds }) => ({ kinds, maxAgeSeconds: max_age_seconds }));
  return { maxAgeSeconds: hot.max_age_seconds, maxBytes: hot.max_bytes, retain };
}

/** May the cold store come to hold, or does it hold already, what the hot store does not? */
export function mayHaveEvicted(config: Config, hot: Pick<HotStore, "horizon">): boolean {
  return hot.horizon.latest !== COMPLETE || isBounded(retentionBounds(config));
}

export function startHistory(
  config: Config,
  hot: HotStore,
  cold: ColdStore | undefined,
  logger: Logger,
): RelayHistory {
  if (!mayHaveEvicted(config, hot)) return { history: undefined, retention: undefined, evicted: () => 0 };
  const { evictions } = hot.reader;
  const before = evictions.evictedCount();
  if (cold === undefined) {
    logger.warn(
      { part: "cold" },
      "older events are in OpenSearch alone and cold.url is not set: answers leave them out and say that they are not whole",
    );
  }
  const retention = cold === undefined ? undefined : startRetention(config, hot, cold, logger);
  return {
    history: {
      cold: cold?.reader ?? ABSENT,
      horizon: hot.horizon,
      isWhole: () => cold?.feed.isWhole ?? false,
      evictions,
    },
    retention,
    evicted: () => before + (retention?.moved ?? 0),
  };
}

/** Undefined where the hot store is not bounded. */
function startRetention(
  config: Config,
  hot: HotStore,
  cold: ColdStore,
  logger: Logger,
): Retention | undefined {
  const bounds = retentionBounds(config);
  if (!isBounded(bounds)) return undefined;
  const safetySeconds = config.hot.evict_after_seconds;
  const retention = new Retention(
    {
      candidates: hot.reader.candidates,
      cold: cold.reader,
      acknowledgedSeq: () => cold.feed.evictableSeq,
      evict: (seqs) => hot.removeMany(seqs, "evicted"),
      isBusy: () => hot.writeDepth > 0,
      now: () => Math.floor(Date.now() / 1000),
      steadyNow: () => performance.now() / 1000,
    },
    bounds,
    { safetySeconds, everyMs: paceOf(bounds, safetySeconds) },
  );
  retention.start(
    ({ moved, unverified, isWhole }) => {
      const fields = { part: "cold", moved, unverified, isWhole };
      if (unverified === 0) logger.info(fields, "events have left for OpenSearch alone");
      else
        logger.warn(
          fields,
          "events stay because OpenSearch does not hold them as they are; a reconcile repairs that",
        );
    },
    (error) => logger.error({ part: "cold", error }, "letting events leave failed"),
  );
  return retention;
}

/** How often retention looks for what is due: each look walks an index, also where nothing is. */
const EVERY_MAX_MS = 60_000;
const EVERY_MIN_MS = 1000;

/** Milliseconds: a quarter of the shortest span that matters, so that nothing stays much longer than it should. */
function paceOf({ maxAgeSeconds, retain }: RetentionBounds, safetySeconds: number): number {
  const ages = [maxAgeSeconds, ...retain.map((rule) => rule.maxAgeSeconds)].filter((seconds) => seconds > 0);
  const shortest = Math.min(safetySeconds, ...ages);
  return Math.min(EVERY_MAX_MS, Math.max(EVERY_MIN_MS, (shortest * 1000) / 4));
}

const UNAVAILABLE: Outcome<never> = { type: "unavailable", reason: "cold.url is not set" };

/** What has left cannot be had back without a cold store; nothing is claimed about it. */
const ABSENT: ColdHistory = {
  page: () => Promise.resolve(UNAVAILABLE),
  byIds: () => Promise.resolve(UNAVAILABLE),
  bySeqs: () => Promise.resolve(UNAVAILABLE),
  count: () => Promise.resolve(UNAVAILABLE),
};
