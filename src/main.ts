// The process: starts the relay on its port, says so in a few lines, and stops it when told.

import type { Config } from "./config/settings.ts";
import { listen, type Listener } from "./listener.ts";
import { createRelay, type Relay } from "./relay.ts";
import { onStopSignals } from "./stop-signals.ts";
import { createLogger, type Logger } from "./telemetry/logger.ts";

/** What the start message says beyond the settings. */
export interface StartContext {
  /** Path of the settings file, if there is one. */
  readonly file?: string | undefined;
}

/** Runs until it is told to stop by a signal; a second one exits at once. Resolves when everything is stopped. */
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

/** Every log.summary_seconds one line with what has happened since the last. */
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
    onStopSignals(resolve, () => process.exit(1));
  });
}
