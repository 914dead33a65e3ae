// A fresh relay on a free port and a temporary folder, for protocol tests over a real WebSocket.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../scripts/free-port.ts";
import { defaultConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/settings.ts";
import { DATABASE_FILE, openDatabase } from "../../src/hot/database.ts";
import { createWriter } from "../../src/hot/writer.ts";
import type { Reach } from "../../src/identity/reach.ts";
import type { VerifiedEvent } from "../../src/nostr/event.ts";
import { createRelay, type Relay } from "../../src/relay.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { TestClient } from "./client.ts";

/** The public URL that AUTH and vanish requests name. */
export const RELAY_URL = "wss://relay.example";

export interface TestRelayOptions {
  /** Settings that differ from the defaults. */
  readonly config?: Parameters<typeof defaultConfig>[0];
  /** Unix seconds; the system's clock when left out. */
  readonly now?: () => number;
  /** Count the address under which the test reaches the relay as its own, for clients that name it in AUTH. */
  readonly knowsItsAddress?: boolean;
  /** How domains of NIP-05 identifiers are reached. */
  readonly reach?: Reach;
  /** Put into the store before the relay starts, without a look at their signatures. */
  readonly stored?: readonly VerifiedEvent[];
}

function store(folder: string, events: readonly VerifiedEvent[]): void {
  const database = openDatabase(join(folder, DATABASE_FILE), { synchronous: "off" });
  const writer = createWriter(database, { ownUrls: new Set([RELAY_URL]) });
  for (let start = 0; start < events.length; start += 5000) writer.apply(events.slice(start, start + 5000));
  writer.close();
}

export class TestRelay {
  readonly url: string;
  readonly httpUrl: string;
  readonly folder: string;
  readonly relay: Relay;
  readonly config: Config;
  /** Log lines of level warn and above. */
  readonly warnings: string[];
  private readonly server: ReturnType<typeof Bun.serve>;
  private readonly clients: TestClient[] = [];

  private constructor(relay: Relay, config: Config, folder: string, warnings: string[], port: number) {
    this.relay = relay;
    this.config = config;
    this.folder = folder;
    this.warnings = warnings;
    this.server = Bun.serve({
      port,
      hostname: "127.0.0.1",
      fetch: relay.fetch,
      websocket: relay.websocket,
    } as never);
    this.url = `ws://127.0.0.1:${this.server.port}/`;
    this.httpUrl = `http://127.0.0.1:${this.server.port}/`;
  }

  static async start(options: TestRelayOptions = {}, folder = mkdtempSync(join(tmpdir(), "thermocline-"))) {
    const given = options.config ?? {};
    const port = options.knowsItsAddress === true ? freePort() : 0;
    const config = defaultConfig({
      ...given,
      data: { dir: folder },
      relay: { urls: port === 0 ? [RELAY_URL] : [RELAY_URL, `ws://127.0.0.1:${port}`], ...given.relay },
      verify: { workers: 1, ...given.verify },
    });
    if (options.stored !== undefined) store(folder, options.stored);
    const warnings: string[] = [];
    const logger = createLogger({
      level: "warn",
      format: "json",
      destination: { write: (line) => void warnings.push(line) },
    });
    const relay = await createRelay(config, {
      logger,
      ...(options.now === undefined ? {} : { now: options.now }),
      ...(options.reach === undefined ? {} : { reach: options.reach }),
    });
    return new TestRelay(relay, config, folder, warnings, port);
  }

  /** A new connection; the AUTH challenge that greets it is its first frame. */
  async connect(): Promise<TestClient> {
    const client = await TestClient.connect(this.url);
    this.clients.push(client);
    return client;
  }

  /** Stops the relay and leaves its folder, so that another can be started on it. */
  async halt(): Promise<void> {
    for (const client of this.clients) client.close();
    await this.relay.stop();
    await this.server.stop(true);
  }

  async stop(): Promise<void> {
    await this.halt();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Stops a relay that was to have nothing to warn of, and throws what it warned of all the same. */
  async stopUnwarned(): Promise<void> {
    await this.stop();
    if (this.warnings.length > 0) throw new Error(`the relay warned:\n${this.warnings.join("")}`);
  }
}
