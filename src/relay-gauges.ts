// What the relay's gauges show: each is asked for at a scrape, and costs nothing in between.

import { statSync } from "node:fs";
import type { Admission } from "./admission/pipeline.ts";
import type { StartedVerifierPool } from "./ffi/verifier-pool.ts";
import type { Connections } from "./gateway/connections.ts";
import type { Gateway } from "./gateway/gateway.ts";
import type { HotStore } from "./hot/hot-store.ts";
import type { Live } from "./live/live.ts";
import type { ReaderPool } from "./query/reader-pool.ts";
import type { RelayFacts } from "./relay.ts";
import type { ColdStore } from "./relay-cold.ts";
import type { Identity } from "./relay-identity.ts";
import type { RelaySearch } from "./relay-search.ts";
import type { Trends } from "./relay-trends.ts";
import type { ChannelGauge } from "./telemetry/gauges.ts";
import type { Metrics } from "./telemetry/metrics.ts";

export interface Gauged {
  readonly hot: HotStore;
  readonly admission: Admission;
  readonly verifier: StartedVerifierPool;
  readonly pool: ReaderPool;
  readonly live: Live;
  readonly gateway: Gateway;
  readonly connections: Connections;
  readonly search: RelaySearch | undefined;
  readonly cold: ColdStore | undefined;
  readonly trends: Trends | undefined;
  readonly identity: Identity | undefined;
}

export function watchGauges(metrics: Metrics, parts: Gauged, facts: () => RelayFacts): void {
  const { hot, live, connections, search, cold, verifier } = parts;
  metrics.watch({
    connections: () => connections.count,
    subscriptions: () => live.subscriptions,
    eventsStored: () => facts().eventsStored,
    channels: () => channelsOf(parts),
    storeBytes: () => sizeOf(hot.path),
    walBytes: () => sizeOf(`${hot.path}-wal`),
    tail: () => hot.tail,
    writerRestarts: () => hot.writerRestarts,
    cold: () => cold?.feed.status,
    info: () => ({
      version: facts().version,
      bun: Bun.version,
      signatures: verifier.backend,
      search: search === undefined ? "none" : cold === undefined ? "sqlite" : "opensearch",
    }),
  });
}

/** Every bounded queue there is. */
function channelsOf(parts: Gauged): ChannelGauge[] {
  const { hot, admission, verifier, pool, gateway, search, cold, trends, identity } = parts;
  const named = (name: string, queue: Omit<ChannelGauge, "name"> | undefined): ChannelGauge[] =>
    queue === undefined ? [] : [{ name, depth: queue.depth, depthMax: queue.depthMax }];
  return [
    ...named("admission", admission.waiting),
    ...named("verifier", verifier),
    ...named("unwritten-bytes", admission.unwritten),
    ...named("writer", { depth: hot.writeDepth, depthMax: hot.writeDepthMax }),
    ...named("inbox-bytes", { depth: gateway.inboxBytes, depthMax: gateway.inboxBytesMax }),
    ...named("pages", gateway.pages),
    ...named("readers", pool),
    ...named("search", search?.line),
    ...named("cold-searches", cold?.searches),
    ...named("trends", trends?.service),
    ...named("identities", identity?.checks),
  ];
}

/** A file that is not there, such as a log that was just carried over, takes no room. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
