// A relay as a process of its own, as an operator starts it: so that it can be killed, starved and measured.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
export const ENTRY = join(ROOT, "src/cli/thermocline.ts");
const START_PATIENCE_MS = 60_000;

export interface RelayProcessOptions {
  /** Folder of the database. */
  readonly data: string;
  /** Settings by path, such as `limits.max_filters`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** 0 lets the system choose. */
  readonly port?: number;
  /** Words before the command, such as those of runuser. */
  readonly prefix?: readonly string[];
  /** More words behind `serve`. */
  readonly words?: readonly string[];
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | number | null;
  readonly out: string;
  readonly err: string;
}

export class RelayProcess {
  out = "";
  err = "";
  readonly pid: number;
  private readonly child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  private readonly streams: Promise<unknown>;
  private url: string | undefined;
  private readonly started = Promise.withResolvers<string>();

  constructor(options: RelayProcessOptions) {
    const settings = Object.entries(options.settings ?? {}).flatMap(([path, value]) => [
      `--${path}`,
      String(value),
    ]);
    const port = String(options.port ?? 0);
    const words = ["serve", "--port", port, "--data", options.data, ...settings, ...(options.words ?? [])];
    this.child = Bun.spawn([...(options.prefix ?? []), process.execPath, ENTRY, ...words], {
      // No settings file of somebody's project is found here.
      cwd: tmpdir(),
      env: { ...environment(), THERMOCLINE_LOG_FORMAT: "json" },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.pid = this.child.pid;
    this.started.promise.catch(() => {});
    this.streams = Promise.all([
      collect(this.child.stdout, (text) => this.heard(text)),
      collect(this.child.stderr, (text) => {
        this.err += text;
      }),
    ]);
    void this.ended().then(({ code, signal, err }) =>
      this.started.reject(new Error(`the relay ended (${signal ?? code}) before it listened: ${err}`)),
    );
  }

  /** The WebSocket URL, once it listens. Rejects with what the relay said when it ends instead. */
  async ready(): Promise<string> {
    const timer = setTimeout(
      () => this.started.reject(new Error("the relay did not start")),
      START_PATIENCE_MS,
    );
    try {
      return await this.started.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Its exit code and all that it said. */
  async ended(): Promise<Ending> {
    await Promise.all([this.child.exited, this.streams]);
    return { code: this.child.exitCode, signal: this.child.signalCode, out: this.out, err: this.err };
  }

  /** SIGKILL, for whatever is left after a test. */
  async destroy(): Promise<void> {
    this.signal("SIGKILL");
    await this.child.exited;
  }

  /** Log lines of level warn and above. */
  warnings(): string[] {
    return `${this.out}\n${this.err}`
      .split("\n")
      .filter((line) => line.startsWith("{") && /"level":"?(?:warn|error|fatal|[456]0)\b/.test(line));
  }

  private heard(text: string): void {
    this.out += text;
    if (this.url !== undefined) return;
    // The address is the first line; the last one of the greeting follows it in the same write.
    const found = /on wss?:\/\/[^\s]+:(\d+)\n/.exec(this.out);
    if (found === null) return;
    this.url = `ws://127.0.0.1:${found[1]}/`;
    this.started.resolve(this.url);
  }
}

/** Without variables that would be taken for settings: the tests have some of their own. */
function environment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("THERMOCLINE_")));
}

async function collect(stream: ReadableStream<Uint8Array>, heard: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) heard(decoder.decode(chunk, { stream: true }));
}

/** Everything that a test starts and makes, and how to be rid of it. */
export class Ground {
  readonly folder: string;
  private readonly relays: RelayProcess[] = [];
  private readonly undo: (() => unknown)[] = [];

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "thermocline-faults-"));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** A new folder in here. */
  dir(name: string): string {
    const path = this.path(name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  relay(options: RelayProcessOptions): RelayProcess {
    const relay = new RelayProcess(options);
    this.relays.push(relay);
    return relay;
  }

  /** Undone before the folder is removed, latest first. */
  later(undo: () => unknown): void {
    this.undo.push(undo);
  }

  async clear(): Promise<void> {
    await Promise.all(this.relays.map((relay) => relay.destroy()));
    for (const undo of this.undo.toReversed()) await undo();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
