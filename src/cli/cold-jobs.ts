// `thermocline cold reindex` and `reconcile`: asks the indexer for a job and watches it; without a relay it indexes itself.

import { join } from "node:path";
import type { DayCounts } from "../cold/contract.ts";
import { type Job, type JobKind, Ledger, LEDGER_FILE } from "../cold/ledger.ts";
import { maskUrl } from "../config/masking.ts";
import type { Config } from "../config/settings.ts";
import { daysText, unrepaired } from "./cold-days.ts";
import { type Indexing, startIndexing } from "./cold-indexing.ts";
import { type JobStep, startJobProgress } from "./job-progress.ts";
import { listenForInterruption } from "./interruption.ts";
import { coldFault } from "./cold-live.ts";
import { coldSettingsOf, SILENT_SECONDS } from "./cold-settings.ts";
import type { Options } from "./settings-flags.ts";
import { lockUnlessServed, openReader } from "./store-access.ts";
import { emit, emitJson, type ExitCode, say, type Terminal, unixNow } from "./terminal.ts";

const LOOK_MS = 200;
/** Longer than an indexer takes to start and say its first word. */
const PATIENCE_SECONDS = SILENT_SECONDS + 5;

export function runColdReindex(_given: readonly string[], options: Options, terminal: Terminal) {
  return runJobCommand("cold reindex", "reindex", options, terminal);
}

export function runColdReconcile(_given: readonly string[], options: Options, terminal: Terminal) {
  return runJobCommand(
    "cold reconcile",
    options["dryRun"] === true ? "compare" : "reconcile",
    options,
    terminal,
  );
}

async function runJobCommand(
  command: string,
  kind: JobKind,
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const config = coldSettingsOf(command, options, terminal);
  return config === undefined ? 2 : performJob(config, kind, options["json"] === true, terminal);
}

/** Fails when the job fails, when nobody does it, or when it was left to go on by itself. */
export async function performJob(
  config: Config,
  kind: JobKind,
  json: boolean,
  terminal: Terminal,
): Promise<ExitCode> {
  // A folder without a store is told as such, before anything is made in it.
  openReader(config).close();
  const fault = await coldFault(config);
  if (fault !== undefined) {
    say(
      terminal,
      `OpenSearch at ${maskUrl(config.cold.url)} does not answer, so nothing was begun: ${fault}`,
    );
    return 1;
  }
  const lock = lockUnlessServed(config);
  const ledger = new Ledger(join(config.data.dir, LEDGER_FILE));
  const leave = listenForInterruption();
  const indexing = lock === undefined ? undefined : startIndexing(config, lock, terminal);
  try {
    say(terminal, openingLine(kind, indexing !== undefined));
    // A comparison looks no further than the cursor.
    if (isComparison(kind) && indexing !== undefined) await catchUp(indexing, leave.asked, terminal);
    const end = leave.asked.aborted ? undefined : await watchJob(ledger, kind, leave.asked, terminal);
    if (leave.asked.aborted && end?.state !== "done")
      say(terminal, leftLine(kind, end, indexing !== undefined));
    const days = end !== undefined && isComparison(kind) ? ledger.days(end.id) : undefined;
    return await told({ job: end, days }, kind, json, leave.asked.aborted, terminal);
  } finally {
    leave.stop();
    await indexing?.stop();
    if (indexing !== undefined) noteEnd(ledger, indexing);
    ledger.close();
  }
}

/** Nobody shall take the last word of an indexer that ends here for that of a running relay. */
function noteEnd(ledger: Ledger, indexing: Indexing): void {
  const last = indexing.status() ?? ledger.status()?.status;
  if (last !== undefined) ledger.saveStatus(last, unixNow() - SILENT_SECONDS - 1);
}

function openingLine(kind: JobKind, isAlone: boolean): string {
  return isAlone
    ? `No relay is running here: ${kind} is done by this command.`
    : `A relay is running here and does the ${kind}; it goes on serving. Ctrl-C stops watching, not the ${kind}.`;
}

function leftLine(kind: JobKind, job: Job | undefined, isAlone: boolean): string {
  if (job === undefined) return `\nStopped before the ${kind} began.`;
  if (!isAlone)
    return `\nLeft: the relay goes on with the ${kind}. thermocline cold status tells how far it is.`;
  return `\nStopped. The ${kind} is begun again by the next start of the relay, or by this command.`;
}

/** Until the indexer is level with the log, or says that it cannot be. */
async function catchUp(indexing: Indexing, asked: AbortSignal, terminal: Terminal): Promise<void> {
  const progress = startJobProgress("catching up", terminal);
  let most = 0;
  while (!asked.aborted) {
    const status = indexing.status();
    if (status?.state === "stopped") break;
    if (status !== undefined && status.generation > 0) {
      if (status.lagEvents === 0) break;
      most = Math.max(most, status.lagEvents);
      progress.update({ done: most - status.lagEvents, total: most, message: status.reason });
    }
    await Bun.sleep(LOOK_MS);
  }
  progress.stop();
}

/** Queues the job and answers it as it stands when it ended, when the person left, or when nobody does it. */
async function watchJob(
  ledger: Ledger,
  kind: JobKind,
  asked: AbortSignal,
  terminal: Terminal,
): Promise<Job | undefined> {
  const id = ledger.requestJob(kind);
  const since = unixNow();
  const progress = startJobProgress(kind, terminal);
  try {
    for (;;) {
      const job = ledger.job(id);
      if (job === undefined || isOver(job) || asked.aborted) return job;
      if (unixNow() - Math.max(since, ledger.status()?.at ?? 0) > PATIENCE_SECONDS) return job;
      progress.update(stepOf(job));
      await Bun.sleep(LOOK_MS);
    }
  } finally {
    progress.stop();
  }
}

function stepOf({ done, total, message }: Job): JobStep {
  return { done, total, message };
}

function isOver({ state }: Job): boolean {
  return state === "done" || state === "failed";
}

/** How a job ended, and what it found by day where it compared. */
interface End {
  readonly job: Job | undefined;
  readonly days: readonly DayCounts[] | undefined;
}

async function told(
  { job, days }: End,
  kind: JobKind,
  json: boolean,
  hasLeft: boolean,
  terminal: Terminal,
): Promise<ExitCode> {
  if (json) await emitJson(terminal, { ...(job ?? { kind, state: "not begun" }), ...(days && { days }) });
  if (job === undefined) return 1;
  if (job.state === "done") {
    if (!json && days !== undefined) await emit(terminal.output, `${daysText(days)}\n`);
    if (!json) await emit(terminal.output, `${job.message}\n`);
    return kind === "reconcile" ? wholeOrNot(days ?? [], terminal) : 0;
  }
  if (job.state === "failed") say(terminal, `The ${kind} failed: ${job.message}`);
  else if (!hasLeft) {
    say(
      terminal,
      `The process that serves this data folder does not index: it was started without cold.url, or hangs. The ${kind} stays queued for the next relay that does.`,
    );
  }
  return 1;
}

function wholeOrNot(days: readonly DayCounts[], terminal: Terminal): ExitCode {
  const left = unrepaired(days);
  if (left === 0) return 0;
  say(
    terminal,
    `${left} differences could not be repaired: look at thermocline cold dead; events that were evicted and are missing in the index are in no store any more, but for a snapshot of it.`,
  );
  return 1;
}

/** Does it look at both stores event by event? */
function isComparison(kind: JobKind): boolean {
  return kind === "reconcile" || kind === "compare";
}
