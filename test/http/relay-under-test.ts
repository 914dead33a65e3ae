// The HTTP side of a relay with made-up numbers, for the tests of this folder.

import type { Config } from "../../src/config/settings.ts";
import { type DeepPartial, defaultConfig } from "../../src/config/load.ts";
import { createHttp, type HttpDeps } from "../../src/http/http.ts";
import { NIPS_ALWAYS } from "../../src/http/nip11.ts";
import type { RelayStats } from "../../src/http/stats.ts";

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly clientIp?: string;
}

export const LOCAL = "127.0.0.1";
export const REMOTE = "203.0.113.9";

/** Made-up numbers of a relay. */
export const STATS: RelayStats = {
  connections: 3,
  subscriptions: 7,
  eventsStored: 1_234_567,
  eventsReceived: 0,
  deliveries: 0,
  uptimeSeconds: 7200,
};

/** Answers a function that asks for a path; an unexpected error in a route fails the test by throwing. */
export function relayUnderTest(settings: DeepPartial<Config> = {}, changes: Partial<HttpDeps> = {}) {
  const http = createHttp({
    config: defaultConfig(settings),
    information: () => ({ supportedNips: NIPS_ALWAYS, version: "1.2.3" }),
    stats: () => STATS,
    readiness: () => ({ reasons: [] }),
    metrics: { contentType: "text/plain; version=0.0.4", exposition: () => Promise.resolve("x 1\n") },
    onError: (error) => {
      throw error;
    },
    ...changes,
  });
  return (path: string, { method = "GET", headers = {}, clientIp = REMOTE }: Asked = {}) =>
    http.fetch(new Request(`http://localhost:7777${path}`, { method, headers }), clientIp);
}
