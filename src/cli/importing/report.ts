// What an import says when it is over.

import { counted, emitJson, say, type Terminal } from "../terminal.ts";
import type { PipelineEnd } from "./pipeline.ts";
import { FATES, type Fate, type Tally } from "./tally.ts";

export interface ImportReport {
  readonly end: PipelineEnd;
  readonly tally: Tally;
  readonly seconds: number;
  readonly dryRun: boolean;
  /** A file that can be gone on with, unlike a pipe. */
  readonly resumable: boolean;
}

const MEANING: Readonly<Record<Fate, string>> = {
  accepted: "stored",
  duplicate: "stored already",
  superseded: "a newer version is stored",
  deleted: "deleted by their authors",
  vanished: "their authors have vanished",
  banned: "banned here",
  expired: "expired",
  ephemeral: "ephemeral, never stored",
  protected: "only their authors may publish them; --protected is for a backup of this relay",
  invalid: "not valid",
  failed: "could not be written",
};

/** For people on the talk stream; with `json` also as one document on the output. */
export async function reportImport(report: ImportReport, json: boolean, terminal: Terminal): Promise<void> {
  const { tally, seconds, end, dryRun, resumable } = report;
  const rate = Math.round(tally.total / Math.max(seconds, 0.001));
  say(
    terminal,
    `${counted(tally.total, "event")} in ${seconds.toFixed(1)} s (${rate}/s)${dryRun ? ", nothing written" : ""}:`,
  );
  for (const fate of FATES) {
    if (tally.counts[fate] === 0) continue;
    const meaning = dryRun && fate === "accepted" ? "valid" : MEANING[fate];
    say(terminal, `  ${String(tally.counts[fate]).padStart(10)}  ${fate.padEnd(10)} ${meaning}`);
  }
  for (const { reason, count, line } of tally.topReasons()) {
    say(terminal, `  ${String(count).padStart(10)}  invalid: ${reason} (first on line ${line})`);
  }
  for (const failure of tally.failures) say(terminal, `  ${failure}`);
  if (end !== "complete") {
    const what = end === "interrupted" ? "Interrupted." : "Stopped.";
    say(terminal, dryRun ? what : `${what} ${howToGoOn(resumable)}`);
  }
  if (json) {
    const invalidReasons = tally.topReasons(20);
    await emitJson(terminal, {
      end,
      seconds,
      total: tally.total,
      ...tally.counts,
      invalidReasons,
      failures: [...tally.failures],
    });
  }
}

function howToGoOn(resumable: boolean): string {
  return resumable
    ? "The same command goes on from here."
    : "A pipe cannot be gone on with; given again, what is stored counts as duplicate.";
}
