// The kill drill: a relay under load is killed at random moments, again and again, and held to every promise it made.

import { Kind } from "../../src/nostr/kind.ts";
import { prng } from "../support/prng.ts";
import { isSigningFast } from "./authors.ts";
import { Ledger } from "./ledger.ts";
import { LoadConnection, writeScript } from "./load.ts";
import { Ground, type RelayProcess } from "./relay-process.ts";
import { compareAnswers, readStore } from "./stored-events.ts";

export interface DrillOptions {
  readonly kills: number;
  readonly seed: number;
  readonly tell?: (line: string) => void;
}

export interface DrillReport {
  kills: number;
  /** Events that were answered OK true. */
  acknowledged: number;
  /** Events that were under way, without an answer, when the relay died. */
  unanswered: number;
  restartMsMax: number;
  readonly faults: string[];
}

/** What the relay is doing when it is killed. */
type Moment = "under load" | "while it starts" | "while it stops";

const KILLS_PER_FOLDER = 10;
const CONNECTIONS = 4;
const WINDOW = 64;
const EVENTS_PER_CONNECTION = isSigningFast ? 600 : 60;
const CLEARING_PATIENCE_MS = 10_000;

/** Runs until the first fault: what comes after it would only tell of the same. */
export async function runKillDrill(options: DrillOptions): Promise<DrillReport> {
  const report: DrillReport = { kills: 0, acknowledged: 0, unanswered: 0, restartMsMax: 0, faults: [] };
  for (let round = 0; report.kills < options.kills && report.faults.length === 0; round++) {
    await new Round(options, round, report).run();
    options.tell?.(
      `${report.kills} kills, ${report.acknowledged} acknowledged, ${report.faults.length} faults`,
    );
  }
  return report;
}

/** Some kills on one folder. */
class Round {
  private readonly ground = new Ground();
  private readonly ledger = new Ledger();
  private readonly random: () => number;
  private readonly data: string;
  private readonly options: DrillOptions;
  private readonly number: number;
  private readonly report: DrillReport;
  private cycle = 0;

  constructor(options: DrillOptions, number: number, report: DrillReport) {
    this.options = options;
    this.number = number;
    this.report = report;
    this.random = prng(options.seed + number);
    this.data = this.ground.path("data");
  }

  async run(): Promise<void> {
    const { kills } = this.report;
    try {
      const last = Math.min(this.options.kills, kills + KILLS_PER_FOLDER);
      while (this.report.kills < last && this.report.faults.length === 0) await this.kill();
      const relay = await this.start();
      relay?.relay.signal("SIGTERM");
      const ending = await relay?.relay.ended();
      if (ending !== undefined && ending.code !== 0)
        this.fault(`the last stop ended with ${ending.code}: ${ending.err}`);
    } finally {
      this.report.acknowledged += this.ledger.count("stored");
      await this.ground.clear();
    }
  }

  private fault(...texts: string[]): void {
    const where = `seed ${this.options.seed}, folder ${this.number}, cycle ${this.cycle}`;
    this.report.faults.push(...texts.slice(0, 10).map((text) => `${text} (${where})`));
  }

  private async kill(): Promise<void> {
    this.cycle++;
    const draw = this.random();
    const moment: Moment = draw < 0.1 ? "while it starts" : draw < 0.2 ? "while it stops" : "under load";
    if (moment === "while it starts") {
      const relay = this.ground.relay({ data: this.data });
      await Bun.sleep(this.random() * 500);
      await relay.destroy();
    } else {
      const started = await this.start();
      if (started === undefined) return;
      await this.killUnderLoad(started, moment);
    }
    this.report.kills++;
  }

  private async killUnderLoad({ relay, url }: Started, moment: Moment): Promise<void> {
    const again = this.ledger.unanswered();
    const connections = Array.from({ length: CONNECTIONS }, (_, index) => {
      const name = `seed ${this.options.seed} round ${this.number} cycle ${this.cycle} connection ${index}`;
      const events = writeScript({ name, events: EVENTS_PER_CONNECTION, random: this.random });
      const entries = events.map((event) => this.ledger.add(event));
      // As a client does: what was not answered is sent again after connecting again.
      const resent = again.filter((_, at) => at % CONNECTIONS === index);
      return new LoadConnection(url, [...resent, ...entries], this.ledger, WINDOW);
    });
    const all = Promise.all(connections.map((connection) => connection.over));
    while (connections.every(({ answered }) => answered === 0)) await Bun.sleep(1);
    await Promise.race([all, Bun.sleep(this.random() * (isSigningFast ? 250 : 60))]);
    if (moment === "while it stops") {
      relay.signal("SIGTERM");
      await Bun.sleep(this.random() * 60);
    }
    await relay.destroy();
    for (const connection of connections) connection.close();
    this.report.unanswered += this.ledger.unanswered().length;
    const surprises = connections.flatMap((connection) => connection.surprises);
    // A relay that is stopping may well say so.
    if (moment === "under load") this.fault(...surprises, ...relay.warnings());
  }

  /** Starts the relay by itself and checks all that is in its folder. */
  private async start(): Promise<Started | undefined> {
    const startedMs = performance.now();
    const relay = this.ground.relay({ data: this.data });
    try {
      const url = await relay.ready();
      this.report.restartMsMax = Math.max(this.report.restartMsMax, performance.now() - startedMs);
      await this.cleared();
      const { events, faults } = readStore(this.data);
      this.fault(...faults, ...this.ledger.faultsOf(events), ...(await compareAnswers(url, events)));
      return { relay, url };
    } catch (error) {
      this.fault(`it does not start again: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  /** Large removals go on in the background, also after a restart. */
  private async cleared(): Promise<void> {
    const deadlineMs = performance.now() + CLEARING_PATIENCE_MS;
    const isLeft = (): boolean => {
      const { events } = readStore(this.data);
      const gone = new Map(
        events.filter(({ kind }) => kind === Kind.vanish).map((event) => [event.pubkey, event]),
      );
      return events.some(
        (event) =>
          event.kind !== Kind.vanish && event.created_at <= (gone.get(event.pubkey)?.created_at ?? -1),
      );
    };
    while (isLeft() && performance.now() < deadlineMs) await Bun.sleep(20);
  }
}

interface Started {
  readonly relay: RelayProcess;
  readonly url: string;
}
