// What a command says of a job of the indexer: at its beginning, when somebody leaves, and at its end.

import type { DayCounts } from "../cold/contract.ts";
import type { Job, JobKind } from "../cold/ledger.ts";
import { daysText, unrepaired } from "./cold-days.ts";
import { type ExitCode, say, type Terminal } from "./terminal.ts";

/** Who does the job: a relay that runs, or the command itself. */
export type Doer = "relay" | "command";

/** How things stood with a job when the command had done watching it. */
export interface JobEnd {
  readonly kind: JobKind;
  /** Undefined where it was not even begun. */
  readonly job: Job | undefined;
  /** What it found by day, where it compared. */
  readonly days: readonly DayCounts[] | undefined;
  /** Did the person leave before it was over? */
  readonly hasLeft: boolean;
}

/** What people call it. */
const NAMES: Readonly<Record<JobKind, string>> = {
  reindex: "reindex",
  reconcile: "reconcile",
  compare: "comparison",
  "retry-dead": "retry of dead letters",
};

export function openingLine(kind: JobKind, doer: Doer): string {
  const name = NAMES[kind];
  return doer === "command"
    ? `No relay is running here: the ${name} is done by this command.`
    : `A relay is running here and does the ${name}; it goes on serving. Ctrl-C stops watching, not the ${name}.`;
}

export function leftLine({ kind, job }: JobEnd, doer: Doer): string {
  const name = NAMES[kind];
  if (job === undefined) return `\nStopped before the ${name} began.`;
  return doer === "relay"
    ? `\nLeft: the relay goes on with the ${name}. thermocline cold status tells how far it is.`
    : `\nStopped. The ${name} is begun again by the next start of the relay, or by this command.`;
}

export function jobDocument({ kind, job, days }: JobEnd): object {
  return { ...(job ?? { kind, state: "not begun" }), ...(days && { days }) };
}

/** For people, of a job that is done. */
export function resultText({ job, days }: JobEnd): string {
  return `${days === undefined ? "" : `${daysText(days)}\n`}${job?.message ?? ""}\n`;
}

/** Says what a person has to know or do where it is not done as it should be. */
export function judge({ kind, job, days, hasLeft }: JobEnd, terminal: Terminal): ExitCode {
  if (job?.state === "done") return kind === "reconcile" ? wholeOrNot(days ?? [], terminal) : 0;
  if (job?.state === "failed") say(terminal, `The ${NAMES[kind]} failed: ${job.message}`);
  else if (job !== undefined && !hasLeft) {
    say(
      terminal,
      `The process that serves this data folder does not index: it was started without cold.url, or hangs. The ${NAMES[kind]} stays queued for the next relay that does.`,
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
