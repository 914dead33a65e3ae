// `thermocline search rebuild` while a relay runs: it is asked to fill a new index beside the old one, and is watched.

import type { Config } from "../config/settings.ts";
import { fulltextNumber, openFulltextForReading } from "../hot/fulltext-database.ts";
import { readRebuild, type RebuildState, requestRebuild } from "../hot/fulltext-rebuild.ts";
import { isDamage } from "../hot/store-error.ts";
import { listenForInterruption } from "./interruption.ts";
import { startJobProgress } from "./job-progress.ts";
import { emit, emitJson, type ExitCode, say, type Terminal } from "./terminal.ts";

const LOOK_MS = 500;

const NEVER_ASKED: RebuildState = { mark: "", state: "done", done: 0, total: 0, reason: "" };

const LEFT = "The relay goes on with it; thermocline search status tells how far it is.";

/** Fails when it failed, when there is nothing to do it with, or when it was left to go on by itself. */
export async function rebuildBeside(config: Config, json: boolean, terminal: Terminal): Promise<ExitCode> {
  if (!config.search.enabled) {
    say(terminal, "search.enabled is off: the relay has no index to fill.");
    return 1;
  }
  if (fulltextNumber(config.data.dir) === undefined) {
    say(terminal, "There is no index yet: the relay that runs here is about to make it.");
    return 1;
  }
  const mark = crypto.randomUUID();
  try {
    requestRebuild(config.data.dir, mark);
  } catch (error) {
    if (!isDamage(error)) throw error;
    say(terminal, "The index is damaged: the relay that runs here makes it anew as soon as it meets that.");
    return 1;
  }
  say(
    terminal,
    "The relay that runs here fills a new index beside the old one, which answers until it is full.",
  );
  const last = await watch(config, mark, terminal);
  if (json) await emitJson(terminal, last);
  if (last?.state === "done") {
    if (!json) await emit(terminal.output, `full-text index filled up to ${last.done} of ${last.total}\n`);
    return 0;
  }
  say(terminal, last?.state === "failed" ? `It failed, and the old index stays: ${last.reason}` : LEFT);
  return 1;
}

/** How it stood when it was over, or when the person left. */
async function watch(config: Config, mark: string, terminal: Terminal): Promise<RebuildState | undefined> {
  const leave = listenForInterruption();
  const progress = startJobProgress("full-text", terminal);
  let last: RebuildState | undefined;
  while (!leave.asked.aborted && !isOver(last)) {
    const seen = stateOf(config);
    // An index that was damaged is made anew without being asked, and the request is gone with the old one.
    if (seen !== undefined && seen.mark !== mark) break;
    last = seen ?? last;
    if (last !== undefined) progress.update({ ...last, message: last.state });
    await Bun.sleep(isOver(last) ? 0 : LOOK_MS);
  }
  progress.stop();
  leave.stop();
  return last;
}

function isOver(state: RebuildState | undefined): boolean {
  return state?.state === "done" || state?.state === "failed";
}

/** Undefined while it cannot be read: for a moment there is neither the old file nor the new one. */
function stateOf(config: Config): RebuildState | undefined {
  try {
    const database = openFulltextForReading(config.data.dir);
    try {
      return readRebuild(database) ?? NEVER_ASKED;
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}
