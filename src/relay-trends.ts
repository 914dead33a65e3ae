// Trends as the relay runs them: the key that signs them, the service that counts them, and the store that keeps them.

import type { Config } from "./config/settings.ts";
import { loadRelayKey, type RelayKey } from "./ffi/relay-key.ts";
import type { HotStore } from "./hot/hot-store.ts";
import { faultText } from "./hot/store-error.ts";
import { TrendsService } from "./query/trends-service.ts";
import { coldAddress } from "./relay-cold.ts";
import { trustSeeds } from "./relay-options.ts";
import type { Logger } from "./telemetry/logger.ts";

export interface Trends {
  readonly service: TrendsService;
  /** The relay's own public key, as hex. */
  readonly pubkey: string;
}

/**
 * Undefined where trends or search are off: trends are counted in the file of the full-text index. A key that cannot be
 * read or kept turns trends off, loudly: the relay has more important things to do.
 */
export function startTrends(
  config: Config,
  hot: HotStore,
  logger: Logger,
  now: () => number,
): Trends | undefined {
  const { trends, data, search, relay, cold } = config;
  if (!trends.enabled || !search.enabled) return undefined;
  const key = keyOf(data.dir, trends.secret_key, logger);
  if (key === undefined) return undefined;
  const service = new TrendsService({
    start: {
      folder: data.dir,
      path: hot.path,
      tagSeed: hot.tagSeed,
      seeds: trustSeeds(config),
      key,
      relayUrl: relay.urls[0] ?? "",
      ...(cold.url === ""
        ? {}
        : {
            cold: {
              address: coldAddress(config),
              alias: cold.index_prefix,
              searchMs: cold.search_timeout_ms,
            },
          }),
    },
    publishSeconds: trends.publish_seconds,
    // A full queue drops this one: the next round says the same, newer.
    publish: (event) => void hot.write(event, () => {}),
    now,
    onTrouble: (reason) => logger.warn({ part: "trends", reason }, "trends were not counted this time"),
  });
  return { service, pubkey: key.pubkey };
}

function keyOf(folder: string, configured: string, logger: Logger): RelayKey | undefined {
  try {
    return loadRelayKey(folder, configured);
  } catch (error) {
    logger.error(
      { part: "trends", reason: faultText(error) },
      "trends are off: the relay's own key cannot be used",
    );
    return undefined;
  }
}
