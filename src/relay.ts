// The composition root: builds every part from one config value, wires them, and orders start and stop.

import packageJson from "../package.json" with { type: "json" };
import type { Config } from "./config/settings.ts";
import { PromptVerifier } from "./ffi/prompt-verifier.ts";
import type { Connections } from "./gateway/connections.ts";
import { Gateway } from "./gateway/gateway.ts";
import { createGatewayMeters } from "./gateway/meters.ts";
import type { HostServer } from "./gateway/upgrade.ts";
import type { RelayWebSocketHandler } from "./gateway/websocket.ts";
import type { Hit } from "./hot/contract.ts";
import type { Reach } from "./identity/reach.ts";
import { createHttp } from "./http/http.ts";
import { NIPS_ALWAYS } from "./http/nip11.ts";
import type { RelayStats } from "./http/stats.ts";
import { Live } from "./live/live.ts";
import { ReaderPool } from "./query/reader-pool.ts";
import { startCold } from "./relay-cold.ts";
import { openDoor } from "./relay-door.ts";
import { watchGauges } from "./relay-gauges.ts";
import { startHistory } from "./relay-history.ts";
import { countStored, isKept, openStore, watchVanishing } from "./relay-hot.ts";
import { startIdentity } from "./relay-identity.ts";
import { gatewayOptions, ownUrls, verifierChoice } from "./relay-options.ts";
import { startSearch } from "./relay-search.ts";
import { startTrends } from "./relay-trends.ts";
import { openVerifier, openWriting } from "./relay-writing.ts";
import { createLogger, type Logger } from "./telemetry/logger.ts";
import { createMetrics, type Metrics } from "./telemetry/metrics.ts";

export { defaultConfig } from "./config/load.ts";
export type { Config } from "./config/settings.ts";
export type { HostServer } from "./gateway/upgrade.ts";

export interface RelayExtras {
  readonly logger?: Logger;
  /** Unix seconds; the system's clock when left out. */
  readonly now?: () => number;
  /** How domains of NIP-05 identifiers are reached; the public internet when left out. */
  readonly reach?: Reach;
}

/** What a start message or a status page says of a running relay. */
export interface RelayFacts extends RelayStats {
  readonly version: string;
  readonly supportedNips: readonly number[];
  /** How signatures are checked, and with what. */
  readonly signatures: string;
  /** One line for the operator when a faster way is missing. */
  readonly notice: string | undefined;
  readonly dataFolder: string;
}

/** A running relay as a value: mount it in Bun.serve, beside a hono app, or its handler in Elysia's .ws(). */
export interface Relay {
  /** For Bun.serve. Undefined means that the request became a WebSocket. */
  readonly fetch: (request: Request, server: HostServer) => Response | Promise<Response> | undefined;
  readonly websocket: RelayWebSocketHandler;
  readonly metrics: Metrics;
  facts(): RelayFacts;
  /** Stops taking connections, says goodbye to clients, writes what is queued, and closes the stores. */
  stop(): Promise<void>;
}

/** How often readers that ride native topics are looked at for being too slow. */
const BACKLOG_CHECK_MS = 500;
const NIPS_WITH_SEARCH = [...NIPS_ALWAYS, 50].sort((a, b) => a - b);

/**
 * Starts a relay on its data folder. Throws an error whose message says what to do when the folder, the database or the
 * signature backend cannot be used; then nothing of it is left running.
 */
export async function createRelay(config: Config, extras: RelayExtras = {}): Promise<Relay> {
  const running = new AsyncDisposableStack();
  try {
    return await startRelay(config, extras, running);
  } catch (error) {
    await running.disposeAsync();
    throw error;
  }
}

/** What every part is started with. */
interface Ground {
  readonly config: Config;
  readonly logger: Logger;
  /** Unix seconds. */
  readonly now: () => number;
  readonly metrics: Metrics;
  /** Takes each part when it has started, and stops the last first. */
  readonly running: AsyncDisposableStack;
}

async function startRelay(
  config: Config,
  extras: RelayExtras,
  running: AsyncDisposableStack,
): Promise<Relay> {
  const logger = extras.logger ?? createLogger({ level: config.log.level, format: config.log.format });
  const now = extras.now ?? (() => Math.floor(Date.now() / 1000));
  const metrics = createMetrics();
  running.defer(() => metrics.stop());
  const ground: Ground = { config, logger, now, metrics, running };
  const stores = await startStores(ground, extras.reach);
  const traffic = openTraffic(ground, stores);
  const { gateway, servers, writing } = traffic;
  let stopping: Promise<void> | undefined;
  const door = openDoor(config, gateway, {
    met: (server) => servers.add(server),
    isShut: () => stopping !== undefined,
    page: (request, address) => http.fetch(request, address),
    refused: () => metrics.closes.add("refused"),
    logger,
  });
  const { connections } = door;
  const facts = factsOf(ground, stores, traffic, connections);
  watchGauges(metrics, { ...stores, ...traffic, connections }, facts);

  const fault = (): string | undefined => {
    if (stopping !== undefined) return "the relay is stopping";
    return stores.hot.writerFault ?? writing.fault();
  };
  const http = openPages(ground, stores, facts, fault);
  const stop = async (): Promise<void> => {
    // What was let in still gets its OK: verify, write, answer, then close. What comes later is told to come back.
    await writing.admission.close(config.server.drain_seconds * 1000);
    gateway.closeAll();
    await running.disposeAsync();
  };
  return { fetch: door.fetch, websocket: door.websocket, metrics, facts, stop: () => (stopping ??= stop()) };
}

/** What answers questions: the stores, and what reads them. */
type Stores = Awaited<ReturnType<typeof startStores>>;

async function startStores({ config, logger, now, running }: Ground, reach: Reach | undefined) {
  const verifier = await openVerifier(config);
  running.defer(() => verifier.stop());
  const hot = await openStore(config, logger);
  running.defer(() => hot.stop());
  const pool = new ReaderPool({
    path: hot.path,
    tagSeed: hot.tagSeed,
    workers: config.readers.workers,
    depthMax: config.limits.reader_queue,
    onTrouble: (reason) => logger.error({ part: "readers", reason }, "a reader thread was restarted"),
  });
  running.defer(() => pool.stop());
  const hotCount = countStored(hot);
  const cold = await startCold(config, hot, logger);
  running.defer(() => cold?.stop());
  const { history, retention, evicted } = startHistory(config, hot, cold, logger);
  running.defer(() => retention?.stop());
  const vanishing = watchVanishing(hot, ownUrls(config));
  const identity = startIdentity(config, hot, logger, now, reach);
  running.defer(() => identity?.stop());
  const hides = (hit: Hit): boolean => vanishing.hides(hit);
  const search = await startSearch({ config, hot, cold, history, identity, hides, logger, now });
  running.defer(() => search?.service.stop());
  const trends = startTrends(config, hot, logger, now);
  running.defer(() => trends?.service.stop());
  const eventsStored = (): number => hotCount() + evicted();
  return { verifier, hot, pool, cold, history, vanishing, identity, search, trends, eventsStored };
}

/** What clients talk to: live delivery, the way of events in, and the gateway before both. */
type Traffic = ReturnType<typeof openTraffic>;

function openTraffic(ground: Ground, stores: Stores) {
  const { config, logger, now, metrics, running } = ground;
  const { hot, pool, vanishing, history, search } = stores;
  const servers = new Set<HostServer>();
  const live: Live = new Live({
    publish: (topic, frame) => {
      const threshold = config.server.compression_threshold_bytes;
      const compress = threshold > 0 && frame.length >= threshold;
      for (const server of servers) server.publish(topic, frame, compress);
      gateway.topicPublished(frame.length);
    },
    now,
    stands: (event) => event.seq === 0 || (isKept(hot, event) && !vanishing.hides(event)),
    overflowed: (subscription) => gateway.overflowed(subscription),
    flush: () => gateway.flush(),
  });
  followCommits(ground, stores, live);
  const prompt = new PromptVerifier(stores.verifier, verifierChoice(config));
  const writing = openWriting(config, { hot, verifier: prompt, live, now });
  const { admission } = writing;
  const gateway: Gateway = new Gateway(gatewayOptions(config), {
    admission,
    live,
    stores: {
      reader: hot.reader,
      pool,
      hides: (hit) => vanishing.hides(hit),
      hidesAny: () => vanishing.isErasing,
      budgetMs: config.limits.query_budget_ms,
      ...(search === undefined ? {} : { search: search.port }),
      ...(history === undefined ? {} : { history }),
    },
    ...(search === undefined ? {} : { searchMatcher: search.matcher }),
    publishedSeq: () => hot.lastSeq,
    now,
    failed: (error) => logger.error({ error }, "a message could not be handled: a defect of this program"),
    meters: createGatewayMeters(metrics),
  });
  const backlogTimer = setInterval(() => gateway.checkBacklogs(), BACKLOG_CHECK_MS);
  backlogTimer.unref();
  running.defer(() => clearInterval(backlogTimer));
  return { servers, live, writing, admission, gateway };
}

/** What one commit sets in motion. */
function followCommits({ metrics }: Ground, { hot, search, trends }: Stores, live: Live): void {
  hot.onCommitted(({ stored, removed }) => {
    live.publish(stored);
    if (stored.length > 0) metrics.commitEvents.observe(stored.length);
    search?.service.committed(stored.length);
    if (removed.length > 0) trends?.service.removed();
  });
}

/** `fault` says why the relay is not ready, if it is not. */
function openPages(
  { config, logger, metrics }: Ground,
  { trends }: Stores,
  facts: () => RelayFacts,
  fault: () => string | undefined,
): ReturnType<typeof createHttp> {
  return createHttp({
    config,
    information: () => {
      const { supportedNips, version } = facts();
      return { supportedNips, version, self: trends?.pubkey };
    },
    stats: facts,
    ...(trends === undefined ? {} : { trends: trends.service }),
    readiness: () => {
      const reason = fault();
      return { reasons: reason === undefined ? [] : [reason] };
    },
    metrics,
    onError: (error) => logger.error({ error }, "an HTTP request failed"),
  });
}

function factsOf(
  { config, metrics }: Ground,
  { verifier, search, eventsStored }: Stores,
  { live }: Traffic,
  connections: Connections,
): () => RelayFacts {
  const startedMs = performance.now();
  return () => ({
    version: packageJson.version,
    supportedNips: search === undefined ? NIPS_ALWAYS : NIPS_WITH_SEARCH,
    signatures: `${verifier.backend} (${verifier.origin}), ${verifier.workers} worker${verifier.workers === 1 ? "" : "s"}`,
    notice: verifier.notice,
    dataFolder: config.data.dir,
    connections: connections.count,
    subscriptions: live.subscriptions,
    eventsStored: eventsStored(),
    eventsReceived: metrics.verbs.count("EVENT"),
    deliveries: live.deliveries + metrics.deliveries.count("stored"),
    uptimeSeconds: (performance.now() - startedMs) / 1000,
  });
}
