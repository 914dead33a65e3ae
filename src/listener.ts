// The port that clients come to, with the certificate of the day.

import { statSync } from "node:fs";
import type { Config } from "./config/settings.ts";
import type { Relay } from "./relay.ts";
import type { Logger } from "./telemetry/logger.ts";

/** How often the files of a certificate are looked at. What changed is read when it has stood for one look more. */
const TLS_LOOK_MS = 1000;

export interface Listener {
  readonly port: number;
  stop(): Promise<void>;
}

type Server = ReturnType<typeof Bun.serve>;

/** Throws an error whose message says what to do where the address or the certificate cannot be used. */
export function listen(config: Config, relay: Relay, logger: Logger): Listener {
  const { host, port } = config.server;
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
  };
  const start = (more: object): Server =>
    startServer(() => Bun.serve({ ...options, port, ...more } as never), host, port);
  if (config.tls.cert !== "") return listenWithCertificate(config, start, logger);
  const server = start({});
  return { port: server.port!, stop: () => server.stop(true) };
}

/**
 * The runtime cannot change a listener's certificate, so a new listener takes the port over and the old one keeps its
 * connections until they end.
 */
function listenWithCertificate(
  { server: { host, port }, tls: { cert, key } }: Config,
  start: (more: object) => Server,
  logger: Logger,
): Listener {
  const startOn = (onPort: number): Server =>
    start({ port: onPort, reusePort: true, tls: { cert: Bun.file(cert), key: Bun.file(key) } });
  startServer(() => tryPort(host, port), host, port);
  let server = startOn(port);
  const reload = (): void => {
    try {
      const fresh = startOn(server.port!);
      void server.stop(false);
      server = fresh;
      logger.info({}, "the TLS certificate was read again");
    } catch (error) {
      logger.error({ error }, "the changed TLS certificate cannot be used; the old one stays");
    }
  };
  const stopWatching = watchFiles([cert, key], reload);
  return {
    port: server.port!,
    stop: () => {
      stopWatching();
      return server.stop(true);
    },
  };
}

/** Throws where we cannot listen: one that shares its port with its successor would share it with another relay too. */
export function tryPort(hostname: string, port: number): void {
  Bun.listen({ hostname, port, socket: { data() {} } }).stop(true);
}

function startServer<T>(start: () => T, host: string, port: number): T {
  try {
    return start();
  } catch (error) {
    const refusal = listenRefusal(error, host, port);
    throw refusal === undefined ? error : new Error(refusal);
  }
}

/** What to do where the system does not let us listen; undefined for what it has no reason of its own for. */
export function listenRefusal(error: unknown, host: string, port: number): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code?.startsWith("ERR_OSSL") === true) {
    return `tls.cert and tls.key must be PEM files that belong together: ${message}`;
  }
  switch (code) {
    case "EADDRINUSE":
      return `port ${port} on ${host} is in use; stop what listens there, or choose another with --port`;
    case "EACCES":
      return `port ${port} needs rights this user does not have; choose one above 1023`;
    case "EADDRNOTAVAIL":
    case "EINVAL":
    case "ENOTFOUND":
      return `this machine has no address ${host} to listen on; set server.host to one of its own, or to 0.0.0.0 for all`;
    default:
      return undefined;
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
