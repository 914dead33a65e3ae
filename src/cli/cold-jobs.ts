// `thermocline cold reindex` and `reconcile`: asks the indexer for a job and watches it; without a relay it indexes itself.

import { join } from "node:path";
import { type Job, type JobKind, Ledger, LEDGER_FILE } from "../cold/ledger.ts";
import { maskUrl } from "../config/masking.ts";
import type { Config } from "../config/settings.ts";
import { type Indexing, startIndexing } from "./cold-indexing.ts";
import { type JobEnd, jobDocument, judge, leftLine, openingLine, resultText } from "./cold-job-report.ts";
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
    say(terminal, `OpenSearch at ${maskUrl(config.cold.url)} cannot be used, so nothing was begun: ${fault}`);
    return 1;
  }
  const lock = lockUnlessServed(config);
  const ledger = new Ledger(join(config.data.dir, LEDGER_FILE));
  const indexing = lock === undefined ? undefined : startIndexing(config, lock, terminal);
  const doer = indexing === undefined ? "relay" : "command";
  try {
    say(terminal, openingLine(kind, doer));
    const end = await seeThrough(ledger, kind, indexing, terminal);
    if (end.hasLeft && end.job?.state !== "done") say(terminal, leftLine(end, doer));
    if (json) await emitJson(terminal, jobDocument(end));
    else if (end.job?.state === "done") await emit(terminal.output, resultText(end));
    return judge(end, terminal);
  } finally {
    await indexing?.stop();
    if (indexing !== undefined) noteEnd(ledger, indexing);
    ledger.close();
  }
}

/** Until the job is over, the person leaves, or nobody does it. */
async function seeThrough(
  ledger: Ledger,
  kind: JobKind,
  indexing: Indexing | undefined,
  terminal: Terminal,
): Promise<JobEnd> {
  const leave = listenForInterruption();
  const { asked } = leave;
  try {
    // A comparison looks no further than the cursor.
    if (isComparison(kind) && indexing !== undefined) await catchUp(indexing, asked, terminal);
    const job = asked.aborted ? undefined : await watchJob(ledger, kind, asked, terminal);
    const days = job !== undefined && isComparison(kind) ? ledger.days(job.id) : undefined;
    return { kind, job, days, hasLeft: asked.aborted };
  } finally {
    leave.stop();
  }
}

/** Does it look at both stores event by event? */
function isComparison(kind: JobKind): boolean {
  return kind === "reconcile" || kind === "compare";
}

/** Nobody shall take the last word of an indexer that ends here for that of a running relay. */
function noteEnd(ledger: Ledger, indexing: Indexing): void {
  const last = indexing.status() ?? ledger.status()?.status;
  if (last !== undefined) ledger.saveStatus(last, unixNow() - SILENT_SECONDS - 1);
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
