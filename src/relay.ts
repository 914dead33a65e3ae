// The composition root: builds every part from one config value, wires them, and orders start and stop.

import { mkdirSync } from "node:fs";
import packageJson from "../package.json" with { type: "json" };
import { Admission } from "./admission/pipeline.ts";
import type { Config } from "./config/settings.ts";
import { PromptVerifier } from "./ffi/prompt-verifier.ts";
import { type StartedVerifierPool, startVerifierPool } from "./ffi/verifier-pool.ts";
import { Gateway } from "./gateway/gateway.ts";
import { createGatewayMeters } from "./gateway/meters.ts";
import type { HostServer } from "./gateway/upgrade.ts";
import type { RelayWebSocketHandler } from "./gateway/websocket.ts";
import type { Hit, StoredEvent } from "./hot/contract.ts";
import { pageCacheBytesFor, sizeOf, tailBytesFor } from "./hot/memory-shares.ts";
import { type HotStore, openHotStore } from "./hot/hot-store.ts";
import { asStoreError } from "./hot/store-error.ts";
import type { Reach } from "./identity/reach.ts";
import { createHttp } from "./http/http.ts";
import { NIPS_ALWAYS } from "./http/nip11.ts";
import type { RelayStats } from "./http/stats.ts";
import { Kind } from "./nostr/kind.ts";
import { vanishesHere } from "./nostr/vanish.ts";
import { Vanishing } from "./policy/vanishing.ts";
import { Live } from "./live/live.ts";
import { expirationOf, NEVER_EXPIRES } from "./nostr/expiration.ts";
import { ReaderPool } from "./query/reader-pool.ts";
import { startCold } from "./relay-cold.ts";
import { openDoor } from "./relay-door.ts";
import { watchGauges } from "./relay-gauges.ts";
import { startHistory } from "./relay-history.ts";
import { startIdentity } from "./relay-identity.ts";
import {
  admissionOptions,
  gatewayOptions,
  ownUrls,
  verifierChoice,
  verifierThreads,
} from "./relay-options.ts";
import { startSearch } from "./relay-search.ts";
import { startTrends } from "./relay-trends.ts";
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
    onTrouble: (reason) => logger.error({ part: "readers", reason }, "a reader thread was restarted"),
  });

  const eventsStored = countStored(hot);
  const cold = await startCold(config, hot, logger);
  const past = startHistory(config, hot, cold, logger);
  const vanishing = watchVanishing(hot, ownUrls(config));
  const hides = (hit: Hit): boolean => vanishing.hides(hit);
  const identity = startIdentity(config, hot, logger, now, extras.reach);
  const { history } = past;
  const search = await startSearch({ config, hot, cold, history, identity, hides, logger, now });
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
    stands: (event) => event.seq === 0 || (isKept(hot, event) && !vanishing.hides(event)),
    overflowed: (subscription) => gateway.overflowed(subscription),
    flush: () => gateway.flush(),
  });
  hot.onCommitted(({ stored, removed }) => {
    live.publish(stored);
    if (stored.length > 0) metrics.commitEvents.observe(stored.length);
    search?.service.committed(stored.length);
    if (removed.length > 0) trends?.service.removed();
  });

  const writing = openAdmission(config, { hot, prompt, live, now });
  const { admission } = writing;
  const gateway: Gateway = new Gateway(gatewayOptions(config), {
    admission,
    live,
    stores: {
      reader: hot.reader,
      pool,
      hides,
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

  const supportedNips = search === undefined ? NIPS_ALWAYS : [...NIPS_ALWAYS, 50].sort((a, b) => a - b);
  const startedMs = performance.now();
  let isStopping = false;
  const door = openDoor(config, gateway, {
    met: (server) => servers.add(server),
    isShut: () => isStopping,
    page: (request, address) => http.fetch(request, address),
    refused: () => metrics.closes.add("refused"),
    logger,
  });
  const { connections } = door;
  const facts = (): RelayFacts => ({
    version: packageJson.version,
    supportedNips,
    signatures: `${verifier.backend} (${verifier.origin}), ${verifier.workers} worker${verifier.workers === 1 ? "" : "s"}`,
    notice: verifier.notice,
    dataFolder: config.data.dir,
    connections: connections.count,
    subscriptions: live.subscriptions,
    eventsStored: eventsStored() + past.evicted(),
    eventsReceived: metrics.verbs.count("EVENT"),
    deliveries: live.deliveries + metrics.deliveries.count("stored"),
    uptimeSeconds: (performance.now() - startedMs) / 1000,
  });
  const parts = {
    hot,
    admission,
    verifier,
    pool,
    live,
    gateway,
    connections,
    search,
    cold,
    trends,
    identity,
  };
  watchGauges(metrics, parts, facts);

  const http = createHttp({
    config,
    information: () => ({ supportedNips, version: packageJson.version, self: trends?.pubkey }),
    stats: facts,
    ...(trends === undefined ? {} : { trends: trends.service }),
    readiness: () => {
      const reason = isStopping ? "the relay is stopping" : (hot.writerFault ?? writing.fault());
      return { reasons: reason === undefined ? [] : [reason] };
    },
    metrics,
    onError: (error) => logger.error({ error }, "an HTTP request failed"),
  });
  const backlogTimer = setInterval(() => gateway.checkBacklogs(), BACKLOG_CHECK_MS);
  backlogTimer.unref();

  return {
    fetch: door.fetch,
    websocket: door.websocket,
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

/** Is it stored, here or in the cold store alone? */
function isKept({ reader }: HotStore, { event }: StoredEvent): boolean {
  return reader.has(event.id, event.created_at) || reader.evictions.evictedIds([event.id]).length > 0;
}

/** Events in the hot store, kept up to date: to count them walks an index. */
function countStored(hot: HotStore): () => number {
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
 * Before live delivery hears of the same commit: what a request to vanish names is hidden while it is being erased, also
 * where a stop came in between.
 */
function watchVanishing(hot: HotStore, own: ReadonlySet<string>): Vanishing {
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

interface AdmissionGround {
  readonly hot: HotStore;
  readonly prompt: PromptVerifier;
  readonly live: Live;
  readonly now: () => number;
}

interface Writing {
  readonly admission: Admission;
  /** Why the last event could not be stored; undefined while writing works. */
  fault(): string | undefined;
}

function openAdmission(config: Config, { hot, prompt, live, now }: AdmissionGround): Writing {
  let fault: string | undefined;
  const admission = new Admission(
    {
      has: (id, createdAt) => hot.reader.has(id, createdAt),
      verify: (signed, settle) => prompt.offer(signed, settle),
      store: (event, settle) =>
        hot.write(event, (outcome) => {
          fault = outcome.type === "failed" ? `the last write failed: ${outcome.error}` : undefined;
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
  return { admission, fault: () => fault };
}
