// Trends as the relay runs them: the key that signs them, the service that counts them, and the store that keeps them.

import type { Config } from "./config/settings.ts";
import { loadRelayKey } from "./ffi/relay-key.ts";
import type { HotStore } from "./hot/hot-store.ts";
import { TrendsService } from "./query/trends-service.ts";
import type { Logger } from "./telemetry/logger.ts";

export interface Trends {
  readonly service: TrendsService;
  /** The relay's own public key, as hex. */
  readonly pubkey: string;
}

/**
 * Undefined where trends or search are off: trends are counted in the file of the full-text index. Throws an error that
 * says what to do when the key cannot be read or kept.
 */
export function startTrends(
  config: Config,
  hot: HotStore,
  logger: Logger,
  now: () => number,
): Trends | undefined {
  const { trends, data, search, relay, cold } = config;
  if (!trends.enabled || !search.enabled) return undefined;
  const key = loadRelayKey(data.dir, trends.secret_key);
  const service = new TrendsService({
    start: {
      folder: data.dir,
      path: hot.path,
      tagSeed: hot.tagSeed,
      seeds: relay.pubkey === "" ? [] : [relay.pubkey],
      key,
      relayUrl: relay.urls[0] ?? "",
      ...(cold.url === ""
        ? {}
        : {
            cold: {
              url: cold.url,
              username: cold.username,
              password: cold.password,
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
