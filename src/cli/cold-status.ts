// `thermocline cold status`: how far the cold store is, from what the indexer wrote down and what OpenSearch says now.

import type { ColdStatus } from "../cold/contract.ts";
import type { Job, Ledger } from "../cold/ledger.ts";
import { maskUrl } from "../config/masking.ts";
import type { Config } from "../config/settings.ts";
import { type LiveFacts, liveFacts, type LiveFault } from "./cold-live.ts";
import { coldSettingsOf, openLedgerIfThere, SILENT_SECONDS } from "./cold-settings.ts";
import { coldStatusText } from "./cold-status-text.ts";
import type { Options } from "./settings-flags.ts";
import { openReader } from "./store-access.ts";
import { emit, emitJson, type ExitCode, type Terminal, unixNow } from "./terminal.ts";

export interface ColdReport {
  /** Without a password. */
  readonly url: string;
  readonly prefix: string;
  /** Has an indexer written its status down within the last seconds? */
  readonly running: boolean;
  /** Age of the status in seconds; undefined when there has never been one. */
  readonly age: number | undefined;
  /** What the indexer last said of itself. */
  readonly status: ColdStatus | undefined;
  readonly hot: { readonly events: number; readonly lastSeq: number };
  /** The cursor as it is saved, and how many log entries are behind it. */
  readonly cursor: number;
  readonly behind: number;
  readonly deadLetters: number;
  /** The job that is running or waiting. */
  readonly job: Job | undefined;
  readonly openSearch: LiveFacts | LiveFault;
}

/** Fails when OpenSearch does not answer, or when the running indexer says that it cannot write. */
export async function runColdStatus(
  _given: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const config = coldSettingsOf("cold status", options, terminal);
  if (config === undefined) return 2;
  const report = await coldReport(config);
  if (options["json"] === true) await emitJson(terminal, report);
  else await emit(terminal.output, `${coldStatusText(report)}\n`);
  return isWell(report) ? 0 : 1;
}

export async function coldReport(config: Config): Promise<ColdReport> {
  const openSearch = await liveFacts(config);
  const hot = hotFacts(config);
  const ledger = openLedgerIfThere(config);
  try {
    const { status, at } = ledger?.status() ?? {};
    const age = at === undefined ? undefined : Math.max(0, unixNow() - at);
    const running = age !== undefined && age <= SILENT_SECONDS;
    const cursor = cursorOf(ledger, running ? status : undefined);
    return {
      url: maskUrl(config.cold.url),
      prefix: config.cold.index_prefix,
      running,
      age,
      status,
      hot,
      cursor,
      behind: Math.max(0, hot.lastSeq - cursor),
      deadLetters: ledger?.deadCount() ?? 0,
      job: ledger?.nextJob(),
      openSearch,
    };
  } finally {
    ledger?.close();
  }
}

/** The saved cursor moves with every bulk, the status every two seconds: the further one is right. */
function cursorOf(ledger: Ledger | undefined, status: ColdStatus | undefined): number {
  return Math.max(ledger?.progress()?.cursor ?? 0, status?.cursor ?? 0);
}

function hotFacts(config: Config): ColdReport["hot"] {
  const reader = openReader(config);
  try {
    return { events: reader.eventCount(), lastSeq: reader.lastSeq() };
  } finally {
    reader.close();
  }
}

function isWell({ openSearch, running, status }: ColdReport): boolean {
  if ("fault" in openSearch) return false;
  return !running || status?.state === "up" || status?.state === "lagging";
}
