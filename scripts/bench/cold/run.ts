// One run of the cold bench: a store without OpenSearch first, then the same store with it, then what has left, then an outage.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FreshEvents } from "../corpus/fresh.ts";
import { openSigner } from "../corpus/signer.ts";
import type { GoalResult } from "../report/goals.ts";
import { environment, type Environment } from "../report/environment.ts";
import { LocalRelay } from "../target/local-relay.ts";
import type { Row } from "../workloads/workload.ts";
import { countOnce } from "./ask-once.ts";
import { gauge } from "./gauges.ts";
import { judgeCold } from "./goals.ts";
import { History } from "./history.ts";
import { catchUp } from "./measure-catch-up.ts";
import { measureOutage } from "./measure-outage.ts";
import { measurePages } from "./measure-pages.ts";
import { measurePaced, measureSaturated } from "./measure-publishing.ts";
import { measureReads } from "./measure-reads.ts";
import { measureRepeats, measureSearches, measureTypeahead } from "./measure-searches.ts";
import { measureTrends } from "./measure-trends.ts";
import { NodeUnderTest } from "./node-under-test.ts";
import type { ColdName } from "./options.ts";
import { readShares, type Shares, sharesBetween } from "./shares.ts";
import { type ColdScale, type ColdStage, COUNTED_KINDS, type Measurement } from "./stage.ts";

export interface ColdRunOptions {
  readonly size: number;
  readonly seed: string;
  readonly scale: ColdScale;
  readonly only: ReadonlySet<ColdName> | undefined;
  readonly heap: string;
  /** A node that is there already; undefined starts one. */
  readonly node?: NodeUnderTest;
  readonly profileFolder?: string | undefined;
  readonly signal?: AbortSignal;
  readonly tell: (line: string) => void;
  readonly row: (row: Row) => void;
}

export interface ColdReport {
  readonly environment: Environment;
  readonly node: string;
  readonly seed: string;
  readonly size: number;
  readonly rows: readonly Row[];
  /** Who used this machine during each measurement, in their order. */
  readonly shares: readonly Shares[];
  readonly goals: readonly GoalResult[];
  readonly isRight: boolean;
}

/** Fresh events are dated before now, or a long run would date them beyond what a relay takes. */
const FRESH_SECONDS = 3 * 3_600;
const ARCHIVE_MAX = 200_000;

/** Resolves with what there is when the signal aborts, once everything that was started has ended. */
export async function runCold(options: ColdRunOptions): Promise<ColdReport> {
  const { size, seed, tell, signal } = options;
  const folder = mkdtempSync(join(tmpdir(), "thermocline-bench-cold-"));
  const node = options.node ?? (await NodeUnderTest.start(options.heap, tell));
  let relay: LocalRelay | undefined;
  try {
    relay = await LocalRelay.start({ profileFolder: options.profileFolder });
    // What is being measured then fails at once, and nothing more is begun.
    signal?.addEventListener("abort", () => void relay?.stop(), { once: true });
    const stage = stageOf(options, relay, node);
    const run = new ColdRun(stage, options);
    const { history } = stage;
    tell(`making ${(size + history.size.archive).toLocaleString("en")} events`);
    const path = join(folder, "history.jsonl");
    await run.all(path, await history.writeTo(path));
    const { rows, shares } = run;
    const isRight = signal?.aborted !== true && rows.every(({ faults }) => faults.length === 0);
    const goals = judgeCold(size, rows);
    return { environment: environment(undefined), node: node.way, seed, size, rows, shares, goals, isRight };
  } finally {
    await relay?.stop();
    await node.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function stageOf(
  { size, seed, scale, tell }: ColdRunOptions,
  relay: LocalRelay,
  node: NodeUnderTest,
): ColdStage {
  const signer = openSigner();
  const now = Math.floor(Date.now() / 1_000);
  const archive = Math.min(ARCHIVE_MAX, Math.floor(size / 5));
  const history = new History({ seed, events: size, archive, end: now - 600 }, signer);
  const fresh = new FreshEvents(`${seed} ${now}`, now - FRESH_SECONDS, signer);
  return { relay, node, history, fresh, scale, tell };
}

class ColdRun {
  private readonly stage: ColdStage;
  private readonly options: ColdRunOptions;
  readonly rows: Row[] = [];
  readonly shares: Shares[] = [];

  constructor(stage: ColdStage, options: ColdRunOptions) {
    this.stage = stage;
    this.options = options;
  }

  async all(path: string, lines: number): Promise<void> {
    await this.load(path, lines);
    await this.withoutCold();
    if (this.options.signal?.aborted === true) return;
    await this.withCold();
    await this.measure("pages", measurePages);
    await this.measure("outage", measureOutage);
  }

  private async load(path: string, lines: number): Promise<void> {
    const { relay, tell } = this.stage;
    tell(`importing ${lines.toLocaleString("en")} events`);
    // Signatures are made up; who imports a dump of a relay that has looked at them does the same.
    const loaded = await relay.importFile(path, lines, ["--no-verify"]);
    const stored = await countOnce(relay.url, { kinds: COUNTED_KINDS });
    const faults = [...loaded.faults];
    if (stored !== lines) faults.push(`the hot store has ${stored} events instead of ${lines}`);
    const rate = loaded.events / loaded.seconds;
    this.add({
      name: "import",
      load: "command line, unverified",
      rate,
      unit: "events/s",
      figures: { "s of work in the background after it": Math.round(loaded.settledSeconds ?? 0) },
      faults,
    });
  }

  private async withoutCold(): Promise<void> {
    await this.measure("search", (stage) => measureSearches(stage, "FTS5"));
    await this.measure("typeahead", (stage) => measureTypeahead(stage, "FTS5"));
    await this.measure("paced", (stage) => measurePaced(stage, "paced without cold", false));
    await this.measure("saturated", (stage) => measureSaturated(stage, "saturated without cold", false));
    await this.stage.relay.untilQuiet();
    await this.measure("reads", (stage) => measureReads(stage, "without cold"));
  }

  private async withCold(): Promise<void> {
    const { stage } = this;
    const expected = (await gauge(stage.relay.url, "events_stored")) ?? 0;
    stage.tell(`catching up with ${expected.toLocaleString("en")} events`);
    await this.measure("catch-up", async () => [await catchUp(stage, expected)]);
    await stage.relay.untilQuiet();
    await this.measure("reads", (on) => measureReads(on, "with cold"));
    await this.measure("trends", (on) => measureTrends(on, "24h"));
    await this.measure("trends", (on) => measureTrends(on, "7d"));
    await this.measure("search", (on) => measureSearches(on, "OpenSearch"));
    await this.measure("typeahead", (on) => measureTypeahead(on, "OpenSearch"));
    await this.measure("repeats", measureRepeats);
    await this.measure("paced", (on) => measurePaced(on, "paced with cold", true));
    await this.measure("saturated", (on) => measureSaturated(on, "saturated with cold", true));
  }

  /** A measurement that breaks is a row with a fault, and the next one goes on. */
  private async measure(name: ColdName | "catch-up", measurement: Measurement): Promise<void> {
    const { only, signal } = this.options;
    const isChosen = name === "catch-up" || only === undefined || only.has(name);
    if (signal?.aborted === true || !isChosen) return;
    this.stage.tell(name);
    const before = await readShares(this.stage);
    try {
      for (const row of await measurement(this.stage)) this.add(row);
      this.shares.push(sharesBetween(name, before, await readShares(this.stage)));
    } catch (error) {
      this.add({ name, load: "", faults: [error instanceof Error ? error.message : String(error)] });
    }
  }

  private add(row: Row): void {
    this.rows.push(row);
    this.options.row(row);
  }
}
