// Our own relay as a child process on a data folder of its own: started, imported into, measured and stopped.

import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../free-port.ts";
import { endpointOf } from "../wire/connection.ts";
import { cpuOf, residentBytesOf } from "./process-cost.ts";
import type { Loaded, LocalControl, Target } from "./target.ts";

const ROOT = join(import.meta.dir, "../../..");
const ENTRY = join(ROOT, "src/cli/thermocline.ts");
const READY_SECONDS = 120;
const STOP_SECONDS = 40;
/** Background work, such as indexing what was imported, counts as over when it takes less than this share of a core. */
const QUIET_SHARE = 0.05;
const QUIET_STRETCH_MS = 300;
const QUIET_SECONDS_MAX = 300;

/** Everything as an operator gets it, but for the limits that would refuse a load from one address. */
const ENVIRONMENT = {
  THERMOCLINE_SERVER_MAX_CONNECTIONS: "100000",
  THERMOCLINE_SERVER_MAX_CONNECTIONS_PER_IP: "100000",
  THERMOCLINE_LIMITS_INVALID_EVENTS_PER_MINUTE_PER_CONNECTION: "0",
  THERMOCLINE_LIMITS_EVENTS_PER_SECOND_PER_IP: "0",
  THERMOCLINE_LIMITS_REQUESTS_PER_SECOND_PER_IP: "0",
  // A cold store is measured only by who asks for one.
  OPENSEARCH_URL: "",
};

export interface LocalRelayOptions {
  /** Where each of its processes leaves a profile of its main thread when it ends. */
  readonly profileFolder?: string | undefined;
  /** Time for an orderly stop; then it is killed, which must not lose anything. */
  readonly stopSeconds?: number;
  /** Settings beyond those, as variables of the environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

export class LocalRelay implements Target, LocalControl {
  readonly url: string;
  readonly endpoint;
  readonly local = this;
  private readonly folder: string;
  private readonly port: number;
  private readonly runtimeFlags: readonly string[];
  private readonly stopSeconds: number;
  private environment: Readonly<Record<string, string>>;
  private child: Bun.Subprocess | undefined;

  private constructor(folder: string, port: number, options: LocalRelayOptions) {
    this.folder = folder;
    this.port = port;
    this.stopSeconds = options.stopSeconds ?? STOP_SECONDS;
    this.environment = options.environment ?? {};
    this.runtimeFlags =
      options.profileFolder === undefined ? [] : ["--cpu-prof-md", `--cpu-prof-dir=${options.profileFolder}`];
    this.url = `ws://127.0.0.1:${port}/`;
    this.endpoint = endpointOf(this.url);
  }

  /** Starts a relay on an empty store in a new temporary folder. */
  static async start(options: LocalRelayOptions = {}): Promise<LocalRelay> {
    const folder = mkdtempSync(join(tmpdir(), "thermocline-bench-relay-"));
    const relay = new LocalRelay(folder, freePort(), options);
    mkdirSync(relay.data);
    await Bun.write(relay.settingsFile, "");
    await relay.up();
    return relay;
  }

  cpu(): number | undefined {
    return this.child === undefined ? undefined : cpuOf(this.child.pid);
  }

  residentBytes(): number | undefined {
    return this.child === undefined ? undefined : residentBytesOf(this.child.pid);
  }

  /** With other settings from then on, where some are given. */
  async restart(environment = this.environment): Promise<number> {
    await this.down();
    this.environment = environment;
    return this.up();
  }

  async importFile(path: string, events: number, flags: readonly string[] = []): Promise<Loaded> {
    await this.down();
    const started = performance.now();
    const child = this.spawn(["import", path, "--data", this.data, ...flags], "import.log");
    const code = await child.exited;
    const seconds = (performance.now() - started) / 1_000;
    const cpu = Number(child.resourceUsage()?.cpuTime.total ?? 0);
    await this.up();
    const settledSeconds = await this.untilQuiet();
    const faults = code === 0 ? [] : [`import ended with ${code}: ${this.lastLines("import.log")}`];
    return { events, seconds, cpuPerEvent: cpu / events, settledSeconds, faults };
  }

  /** Waits until the relay has nothing left to do; answers the seconds. */
  async untilQuiet(): Promise<number> {
    const started = performance.now();
    const seconds = (): number => (performance.now() - started) / 1_000;
    let before = this.cpu();
    while (before !== undefined && seconds() < QUIET_SECONDS_MAX) {
      await Bun.sleep(QUIET_STRETCH_MS);
      const now = this.cpu();
      if (now === undefined || now - before < QUIET_SHARE * QUIET_STRETCH_MS * 1_000) break;
      before = now;
    }
    return seconds();
  }

  storedBytes(): number {
    const sizes = readdirSync(this.data).map((name) => statSync(join(this.data, name)).size);
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  async stop(): Promise<void> {
    await this.down();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Folder of its database. */
  get data(): string {
    return join(this.folder, "data");
  }

  private get settingsFile(): string {
    return join(this.folder, "bench.toml");
  }

  /** Answers the seconds until the relay answered. */
  private async up(): Promise<number> {
    const started = performance.now();
    const child = this.spawn(["serve", "--data", this.data, "--port", String(this.port)], "relay.log");
    this.child = child;
    while (performance.now() - started < READY_SECONDS * 1_000) {
      if (child.exitCode !== null) break;
      if (await this.answers()) return (performance.now() - started) / 1_000;
      await Bun.sleep(10);
    }
    await this.down();
    throw new Error(`the relay did not start: ${this.lastLines("relay.log")}`);
  }

  private async answers(): Promise<boolean> {
    try {
      const headers = { accept: "application/nostr+json" };
      return (await fetch(`http://127.0.0.1:${this.port}/`, { headers })).ok;
    } catch {
      return false;
    }
  }

  private async down(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    this.child = undefined;
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), this.stopSeconds * 1_000);
    await child.exited;
    clearTimeout(timer);
  }

  private spawn(words: readonly string[], log: string): Bun.Subprocess {
    const output = openSync(join(this.folder, log), "a");
    const child = Bun.spawn([process.execPath, ...this.runtimeFlags, ENTRY, ...words], {
      cwd: ROOT,
      // An empty settings file of our own, so that nobody's thermocline.toml is measured by mistake.
      env: { ...process.env, ...ENVIRONMENT, ...this.environment, THERMOCLINE_CONFIG: this.settingsFile },
      stdin: "ignore",
      stdout: output,
      stderr: output,
    });
    closeSync(output);
    return child;
  }

  private lastLines(log: string): string {
    return readFileSync(join(this.folder, log), "utf8").trimEnd().split("\n").slice(-5).join(" | ");
  }
}
