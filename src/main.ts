// The process: starts the relay on its port, says so in a few lines, and stops it when told.

import { statSync } from "node:fs";
import type { Config } from "./config/settings.ts";
import { createRelay, type Relay } from "./relay.ts";
import { createLogger, type Logger } from "./telemetry/logger.ts";

/** What the start message says beyond the settings. */
export interface StartContext {
  /** Path of the settings file, if there is one. */
  readonly file?: string | undefined;
}

/** How often the files of a certificate are looked at. What changed is read when it has stood for one look more. */
const TLS_LOOK_MS = 1000;

/** Some supervisors send a signal to the process and to its group: both copies are one signal. */
const SAME_SIGNAL_MS = 100;

/** Runs until SIGTERM or SIGINT; a second signal exits at once. Resolves when everything is stopped. */
export async function serve(config: Config, context: StartContext = {}): Promise<void> {
  const logger = createLogger({ level: config.log.level, format: config.log.format });
  const relay = await createRelay(config, { logger });
  // Heard from before the first client can come: a signal right after the start must not cut anybody off.
  const told = untilTold();
  const listener = await listenOrStop(config, relay, logger);
  announce(config, context, relay, listener.port);
  const summary = startSummary(config, relay, logger);
  await told;
  logger.info({}, "stopping");
  clearInterval(summary);
  await relay.stop();
  await listener.stop();
  logger.info({}, "stopped");
}

/** A relay that cannot listen is stopped again, so that its threads do not keep the process alive. */
async function listenOrStop(config: Config, relay: Relay, logger: Logger): Promise<Listener> {
  try {
    return listen(config, relay, logger);
  } catch (error) {
    await relay.stop();
    throw error;
  }
}

interface Listener {
  readonly port: number;
  stop(): Promise<void>;
}

function listen(config: Config, relay: Relay, logger: Logger): Listener {
  const { host, port } = config.server;
  const { cert, key } = config.tls;
  const options = {
    hostname: host,
    fetch: relay.fetch,
    websocket: relay.websocket,
    // The runtime's own answer to a defect is a page for developers, with paths and source.
    development: false,
    // Without development it would share its port with another relay: each would get some of the clients.
    reusePort: false,
    error: (error: unknown) => {
      logger.error({ error }, "a request met a defect");
      return new Response("Something went wrong here; it was logged.\n", { status: 500 });
    },
  } as const;
  if (cert === "") {
    const server = startServer(() => Bun.serve({ ...options, port } as never), host, port);
    return { port: server.port!, stop: () => server.stop(true) };
  }
  // The runtime cannot change a listener's certificate, so a new listener takes the port over and the old one keeps its
  // connections until they end.
  const start = (onPort: number) =>
    startServer(
      () =>
        Bun.serve({
          ...options,
          port: onPort,
          reusePort: true,
          tls: { cert: Bun.file(cert), key: Bun.file(key) },
        } as never),
      host,
      onPort,
    );
  startServer(() => tryPort(host, port), host, port);
  const servers = [start(port)];
  const reload = (): void => {
    try {
      const fresh = start(servers[0]!.port!);
      void servers.shift()!.stop(false);
      servers.unshift(fresh);
      logger.info({}, "the TLS certificate was read again");
    } catch (error) {
      logger.error({ error }, "the changed TLS certificate cannot be used; the old one stays");
    }
  };
  const stopWatching = watchFiles([cert, key], reload);
  return {
    port: servers[0]!.port!,
    stop: async () => {
      stopWatching();
      await Promise.all(servers.map((server) => server.stop(true)));
    },
  };
}

/** A listener that shares its port with its successor would share it with another relay too. */
function tryPort(hostname: string, port: number): void {
  Bun.listen({ hostname, port, socket: { data() {} } }).stop(true);
}

function startServer<T>(start: () => T, host: string, port: number): T {
  try {
    return start();
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === "EADDRINUSE") {
      throw new Error(
        `port ${port} on ${host} is in use; stop what listens there, or choose another with --port`,
      );
    }
    if (code === "EACCES")
      throw new Error(`port ${port} needs rights this user does not have; choose one above 1023`);
    if (code === "EADDRNOTAVAIL" || code === "EINVAL" || code === "ENOTFOUND") {
      throw new Error(
        `this machine has no address ${host} to listen on; set server.host to one of its own, or to 0.0.0.0 for all`,
      );
    }
    if (code?.startsWith("ERR_OSSL") === true) {
      const { message } = error as Error;
      throw new Error(`tls.cert and tls.key must be PEM files that belong together: ${message}`);
    }
    throw error;
  }
}

/**
 * Looks at what the paths lead to: a certificate is mostly renewed by turning a link to a new file (certbot), or by a file
 * that takes the place of the old one. A watch of the system would stay with the old file.
 */
function watchFiles(paths: readonly string[], changed: () => void): () => void {
  const look = (): string => paths.map(stateOf).join("\n");
  let known = look();
  let last = known;
  const timer = setInterval(() => {
    const now = look();
    if (now === last && now !== known) {
      known = now;
      changed();
    }
    last = now;
  }, TLS_LOOK_MS);
  return () => clearInterval(timer);
}

/** Another one whenever a path leads to another file, or to one that was written again. */
function stateOf(path: string): string {
  try {
    const { dev, ino, size, mtimeMs } = statSync(path);
    return `${dev} ${ino} ${size} ${mtimeMs}`;
  } catch {
    return "out of reach";
  }
}

function announce(config: Config, context: StartContext, relay: Relay, port: number): void {
  const { server, tls, relay: shown } = config;
  const facts = relay.facts();
  const host = server.host.includes(":") ? `[${server.host}]` : server.host;
  const lines = [
    `Thermocline ${facts.version} on ${tls.cert === "" ? "ws" : "wss"}://${host}:${port}`,
    `  public     ${shown.urls.join(", ")}`,
    `  data       ${facts.dataFolder} (${facts.eventsStored} events)`,
    `  settings   ${context.file ?? "defaults (no thermocline.toml)"}`,
    `  signatures ${facts.signatures}`,
    `  stores     SQLite${config.cold.url === "" ? "" : `, OpenSearch at ${new URL(config.cold.url).host}`}`,
    `  NIPs       ${facts.supportedNips.join(", ")}`,
    ...(facts.notice === undefined ? [] : [`  note       ${facts.notice}`]),
  ];
  // A full disk, or nobody who reads: the relay serves all the same.
  process.stdout.on("error", () => {});
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** One line a minute with what has happened since the last. */
function startSummary(config: Config, relay: Relay, logger: Logger): Timer | undefined {
  const seconds = config.log.summary_seconds;
  if (seconds === 0) return undefined;
  let last = relay.facts();
  const timer = setInterval(() => {
    const facts = relay.facts();
    logger.info(
      {
        connections: facts.connections,
        subscriptions: facts.subscriptions,
        received: facts.eventsReceived - last.eventsReceived,
        delivered: facts.deliveries - last.deliveries,
        stored: facts.eventsStored,
      },
      "summary",
    );
    last = facts;
  }, seconds * 1000);
  timer.unref();
  return timer;
}

function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    let toldMs: number | undefined;
    const tell = (): void => {
      const nowMs = performance.now();
      toldMs ??= nowMs;
      if (nowMs - toldMs > SAME_SIGNAL_MS) process.exit(1);
      resolve();
    };
    process.on("SIGTERM", tell);
    process.on("SIGINT", tell);
  });
}
