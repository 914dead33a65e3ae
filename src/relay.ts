// The composition root: builds every part from one config value, wires them, and orders start and stop.

import { mkdirSync } from "node:fs";
import packageJson from "../package.json" with { type: "json" };
import { Admission } from "./admission/pipeline.ts";
import type { Config } from "./config/settings.ts";
import { PromptVerifier } from "./ffi/prompt-verifier.ts";
import { type StartedVerifierPool, startVerifierPool } from "./ffi/verifier-pool.ts";
import { createClientAddress } from "./gateway/client-address.ts";
import { Connections } from "./gateway/connections.ts";
import { Gateway, type GatewayPorts } from "./gateway/gateway.ts";
import { createGatewayMeters } from "./gateway/meters.ts";
import { type HostServer, upgrade, wantsWebSocket } from "./gateway/upgrade.ts";
import { createWebSocketHandler, type RelayWebSocketHandler } from "./gateway/websocket.ts";
import { claimedDomainOf } from "./hot/claimed-domain.ts";
import type { Hit } from "./hot/contract.ts";
import { pageCacheBytesFor, sizeOf, tailBytesFor } from "./hot/memory-shares.ts";
import { type HotStore, openHotStore } from "./hot/hot-store.ts";
import { asStoreError, faultText } from "./hot/store-error.ts";
import type { Reach } from "./identity/reach.ts";
import { createHttp } from "./http/http.ts";
import { NIPS_ALWAYS } from "./http/nip11.ts";
import { Kind } from "./nostr/kind.ts";
import { vanishesHere } from "./nostr/vanish.ts";
import { Vanishing } from "./policy/vanishing.ts";
import { Live } from "./live/live.ts";
import { expirationOf, NEVER_EXPIRES } from "./nostr/expiration.ts";
import { loadDetectors } from "./query/detectors.ts";
import { FulltextService } from "./query/fulltext-service.ts";
import type { SearchPort } from "./query/planner.ts";
import { ReaderPool } from "./query/reader-pool.ts";
import { TieredSearch } from "./query/tiered-search.ts";
import { SearchCache } from "./query/search-cache.ts";
import { createSearchMatcher } from "./query/search-matcher.ts";
import { SearchNumbers } from "./query/search-numbers.ts";
import { createSearchPort } from "./query/search-source.ts";
import { verifiedDomains } from "./query/verified-domains.ts";
import { type ColdStore, startCold } from "./relay-cold.ts";
import { type RelayHistory, startHistory } from "./relay-history.ts";
import { type Identity, startIdentity } from "./relay-identity.ts";
import {
  admissionOptions,
  gatewayOptions,
  ownUrls,
  searchCapabilities,
  verifierThreads,
  trustSeeds,
  verifierChoice,
} from "./relay-options.ts";
import { startTrends } from "./relay-trends.ts";
import type { Oracles } from "./search/match.ts";
import { createLogger, type Logger } from "./telemetry/logger.ts";
import { createMetrics, type Metrics } from "./telemetry/metrics.ts";

export type { HostServer } from "./gateway/upgrade.ts";

export interface RelayExtras {
  readonly logger?: Logger;
  /** Unix seconds; the system's clock when left out. */
  readonly now?: () => number;
  /** How domains of NIP-05 identifiers are reached; the public internet when left out. */
  readonly reach?: Reach;
}

/** What a start message or a status page says of a running relay. */
export interface RelayFacts {
  readonly version: string;
  readonly supportedNips: readonly number[];
  /** How signatures are checked, and with what. */
  readonly signatures: string;
  /** One line for the operator when a faster way is missing. */
  readonly notice: string | undefined;
  readonly dataFolder: string;
  readonly connections: number;
  readonly subscriptions: number;
  readonly eventsStored: number;
  readonly eventsReceived: number;
  readonly deliveries: number;
  readonly uptimeSeconds: number;
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
/** What one full-text search may take, and how many hits one without a limit looks at. */
const SEARCH_BUDGET_MS = 2000;
const SEARCH_HITS_MAX = 10_000;
/** Answers that a repeated search may use again. */
const SEARCH_FRESH_MS = 10_000;
const SEARCH_ANSWERS_MAX = 500;

/**
 * Starts a relay on its data folder. Throws an error whose message says what to do when the folder, the database or the
 * signature backend cannot be used.
 */
export async function createRelay(config: Config, extras: RelayExtras = {}): Promise<Relay> {
  const logger = extras.logger ?? createLogger({ level: config.log.level, format: config.log.format });
  const now = extras.now ?? (() => Math.floor(Date.now() / 1000));
  const metrics = createMetrics();
  const verifier = await openVerifier(config);
  const prompt = new PromptVerifier(verifier, verifierChoice(config));
  const hot = await openStore(config, verifier, logger);
  const pool = new ReaderPool({
    path: hot.path,
    tagSeed: hot.tagSeed,
    workers: config.readers.workers,
    depthMax: config.limits.reader_queue,
  });

  const cold = startCold(config, hot, logger);
  const past = startHistory(config, hot, cold, logger);
  const vanishing = new Vanishing();
  const hides = (hit: Hit): boolean => vanishing.hides(hit);
  const own = ownUrls(config);
  const identity = startIdentity(config, hot, logger, now, extras.reach);
  const search = config.search.enabled
    ? await startSearch(config, hot, cold, past, identity, hides, logger)
    : undefined;
  const trends = startTrends(config, hot, logger, now);
  const servers = new Set<HostServer>();
  const live: Live = new Live({
    publish: (topic, frame) => {
      const threshold = config.server.compression_threshold_bytes;
      const compress = threshold > 0 && frame.length >= threshold;
      for (const server of servers) server.publish(topic, frame, compress);
      gateway.topicPublished(frame.length);
    },
    now,
    overflowed: (subscription) => gateway.overflowed(subscription),
    flush: () => gateway.flush(),
  });
  let eventsStored = hot.reader.eventCount();
  let countedSeq = hot.lastSeq;
  hot.onCommitted(({ lastSeq, stored, removed }) => {
    // What one commit stored and removed again stands in `removed` only.
    eventsStored += stored.length - removed.filter((seq) => seq <= countedSeq).length;
    countedSeq = lastSeq;
    for (const { kind, event } of stored) {
      if (kind === Kind.vanish && vanishesHere(event, own)) {
        vanishing.add(event.pubkey, event.created_at, performance.now());
      }
    }
    live.publish(stored);
    search?.service.committed(stored.length);
    if (removed.length > 0) trends?.service.removed();
  });

  /** Why the last event could not be stored; undefined while writing works. */
  let writeFault: string | undefined;
  const admission = new Admission(
    {
      has: (id, createdAt) => hot.reader.has(id, createdAt),
      verify: (signed, settle) => prompt.offer(signed, settle),
      store: (event, settle) =>
        hot.write(event, (outcome) => {
          writeFault = outcome.type === "failed" ? outcome.error : undefined;
          settle(outcome);
        }),
      deliver: ({ event, json }) =>
        live.publishEphemeral({
          seq: 0,
          createdAt: event.created_at,
          kind: event.kind,
          expiresAt: expirationOf(event) ?? NEVER_EXPIRES,
          json,
          event,
        }),
      now,
    },
    admissionOptions(config),
  );

  const gateway: Gateway = new Gateway(gatewayOptions(config), {
    admission,
    live,
    stores: {
      reader: hot.reader,
      pool,
      hides,
      hidesAny: () => vanishing.hidesAny,
      budgetMs: config.limits.query_budget_ms,
      ...(search === undefined ? {} : { search: search.port }),
      ...(past.history === undefined ? {} : { history: past.history }),
    },
    ...(search === undefined ? {} : { searchMatcher: search.matcher }),
    publishedSeq: () => hot.lastSeq,
    verify: (signed, settle) => prompt.offer(signed, settle),
    now,
    failed: (error) => logger.error({ error }, "a message could not be handled: a defect of this program"),
    meters: createGatewayMeters(metrics),
  });

  const connections = new Connections({
    connectionsMax: config.server.max_connections,
    connectionsPerAddressMax: config.server.max_connections_per_ip,
  });
  const supportedNips = search === undefined ? NIPS_ALWAYS : [...NIPS_ALWAYS, 50].sort((a, b) => a - b);
  const startedMs = performance.now();
  let isStopping = false;
  const facts = (): RelayFacts => ({
    version: packageJson.version,
    supportedNips,
    signatures: `${verifier.backend} (${verifier.origin}), ${verifier.workers} worker${verifier.workers === 1 ? "" : "s"}`,
    notice: verifier.notice,
    dataFolder: config.data.dir,
    connections: connections.count,
    subscriptions: live.subscriptions,
    eventsStored: eventsStored + past.evicted(),
    eventsReceived: metrics.verbs.count("EVENT"),
    deliveries: live.deliveries + metrics.deliveries.count("stored"),
    uptimeSeconds: (performance.now() - startedMs) / 1000,
  });
  watchGauges(metrics, {
    hot,
    admission,
    verifier,
    pool,
    live,
    gateway,
    connections: () => connections.count,
    eventsStored: () => eventsStored + past.evicted(),
    search,
    cold,
    identity,
  });

  const http = createHttp({
    config,
    information: () => ({ supportedNips, version: packageJson.version, self: trends?.pubkey }),
    stats: facts,
    ...(trends === undefined ? {} : { trends: trends.service }),
    readiness: () => ({
      reasons: isStopping
        ? ["the relay is stopping"]
        : hot.writerFault !== undefined
          ? [hot.writerFault]
          : writeFault === undefined
            ? []
            : [`the last write failed: ${writeFault}`],
    }),
    metrics,
    onError: (error) => logger.error({ error }, "an HTTP request failed"),
  });
  const clientAddress = createClientAddress({
    trustedProxies: config.server.trusted_proxies,
    header: config.server.client_ip_header,
    onUntrustedProxy: (peer) =>
      logger.warn(
        { peer },
        `a proxy names its clients, but is not trusted: all of them count as one address. If it is yours, set server.trusted_proxies = ["${peer}"]`,
      ),
  });
  const backlogTimer = setInterval(() => gateway.checkBacklogs(), BACKLOG_CHECK_MS);
  backlogTimer.unref();

  return {
    fetch: (request, server) => {
      servers.add(server);
      const peer = server.requestIP(request)?.address ?? "";
      const address = clientAddress(peer, request.headers);
      if (!wantsWebSocket(request)) return http.fetch(request, address);
      if (isStopping)
        return new Response("the relay is stopping\n", { status: 503, headers: { "retry-after": "5" } });
      return upgrade(request, server, address, connections);
    },
    websocket: createWebSocketHandler(gateway, {
      messageBytesMax: config.limits.max_message_length,
      idleTimeoutSeconds: config.server.idle_timeout_seconds,
      sendBufferBytesMax: config.server.send_buffer_bytes,
      compressionThresholdBytes: config.server.compression_threshold_bytes,
      closed: (address) => connections.leave(address),
    }),
    metrics,
    facts,
    stop: async () => {
      if (isStopping) return;
      isStopping = true;
      clearInterval(backlogTimer);
      // What was let in still gets its OK: verify, write, answer, then close. What comes later is told to come back.
      await admission.close(config.server.drain_seconds * 1000);
      gateway.closeAll();
      pool.stop();
      await trends?.service.stop();
      await search?.service.stop();
      identity?.stop();
      await past.retention?.stop();
      await cold?.stop();
      await verifier.stop();
      await hot.stop();
      metrics.stop();
    },
  };
}

function openVerifier(config: Config): Promise<StartedVerifierPool> {
  return startVerifierPool({
    workers: verifierThreads(config),
    depthMax: config.limits.verify_queue,
    ...verifierChoice(config),
  });
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw asStoreError(error, path);
  }
}

/** A store that cannot be opened leaves no thread behind. */
async function openStore(config: Config, verifier: StartedVerifierPool, logger: Logger): Promise<HotStore> {
  const { data, hot, limits } = config;
  try {
    makeFolder(data.dir);
    return await openHotStore({
      folder: data.dir,
      synchronous: hot.synchronous,
      tailBytesMax: sizeOf(hot.tail_bytes, tailBytesFor),
      readerCacheBytes: hot.cache_bytes,
      writerCacheBytes: sizeOf(hot.page_cache_bytes, pageCacheBytesFor),
      writeDepthMax: limits.write_queue,
      ownUrls: [...ownUrls(config)],
      onTrouble: (text) => logger.error({ part: "hot" }, text),
    });
  } catch (error) {
    await verifier.stop();
    throw error;
  }
}

interface Search {
  readonly service: FulltextService;
  readonly port: SearchPort;
  readonly matcher: NonNullable<GatewayPorts["searchMatcher"]>;
}

/** Full-text search of the hot store: an index in a file of its own, filled and asked on a thread of its own. */
async function startSearch(
  config: Config,
  hot: HotStore,
  cold: ColdStore | undefined,
  { history }: RelayHistory,
  identity: Identity | undefined,
  hides: (hit: Hit) => boolean,
  logger: Logger,
): Promise<Search> {
  const capabilities = searchCapabilities(config);
  const oracles: Oracles = {
    ...(await loadDetectors(capabilities)),
    ...(identity === undefined
      ? { domainOf: (pubkey) => claimedDomainOf(hot.reader, pubkey) }
      : verifiedDomains(identity.directory)),
  };
  const service = new FulltextService({
    folder: config.data.dir,
    path: hot.path,
    tagSeed: hot.tagSeed,
    detect: capabilities,
    verifyDomains: identity !== undefined,
    seeds: trustSeeds(config),
    signatures: verifierChoice(config),
    depthMax: config.limits.reader_queue,
    // What is not noted now is noted with the next progress; until then the log keeps more than it must.
    onProgress: (cursor) => {
      hot.moveFollower("fulltext", cursor).catch((error: unknown) => {
        logger.warn(
          { part: "search", reason: faultText(error) },
          "the index's place in the log was not noted",
        );
      });
    },
    onTrouble: (reason) => logger.error({ part: "search", reason }, "the full-text thread was restarted"),
  });
  const engine =
    cold === undefined
      ? service
      : new TieredSearch({
          hot: service,
          cold: cold.search,
          visibleSeq: () => cold.feed.visibleSeq,
          history,
        });
  const cache = new SearchCache(engine, {
    reader: hot.reader,
    freshMs: SEARCH_FRESH_MS,
    answersMax: SEARCH_ANSWERS_MAX,
    oracles,
  });
  return {
    service,
    port: createSearchPort(cache, {
      numbers: new SearchNumbers({
        hot: service,
        past: history && { cold: cold?.search, visibleSeq: () => cold?.feed.visibleSeq },
      }),
      budgetMs: SEARCH_BUDGET_MS,
      hitsMax: SEARCH_HITS_MAX,
      hides,
      capabilities,
    }),
    matcher: createSearchMatcher(() => Math.floor(Date.now() / 1000), capabilities, oracles),
  };
}

interface Gauged {
  readonly hot: HotStore;
  readonly admission: Admission;
  readonly verifier: StartedVerifierPool;
  readonly pool: ReaderPool;
  readonly live: Live;
  readonly gateway: Gateway;
  readonly connections: () => number;
  readonly eventsStored: () => number;
  readonly search: Search | undefined;
  readonly cold: ColdStore | undefined;
  readonly identity: Identity | undefined;
}

function watchGauges(
  metrics: Metrics,
  {
    hot,
    admission,
    verifier,
    pool,
    live,
    gateway,
    connections,
    eventsStored,
    search,
    cold,
    identity,
  }: Gauged,
): void {
  metrics.watch({
    connections,
    subscriptions: () => live.subscriptions,
    eventsStored,
    channels: () => [
      { name: "admission", ...admission.waiting },
      { name: "verifier", depth: verifier.depth, depthMax: verifier.depthMax },
      { name: "writer", depth: hot.writeDepth, depthMax: hot.writeDepthMax },
      { name: "inbox-bytes", depth: gateway.inboxBytes, depthMax: gateway.inboxBytesMax },
      { name: "readers", depth: pool.depth, depthMax: pool.depthMax },
      ...(search === undefined
        ? []
        : [{ name: "search", depth: search.service.depth, depthMax: search.service.depthMax }]),
      ...(identity === undefined
        ? []
        : [{ name: "identities", depth: identity.checks.depth, depthMax: identity.checks.depthMax }]),
    ],
    writerRestarts: () => hot.writerRestarts,
    coldLag: () => cold?.feed.status?.lagEvents,
  });
}
