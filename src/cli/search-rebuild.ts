// `thermocline search rebuild`: fills the full-text index of the hot store anew, or asks the relay that has it open to.

import type { Config } from "../config/settings.ts";
import { signatureCheck } from "../ffi/signature-check.ts";
import { openFulltext, removeFulltext } from "../hot/fulltext-database.ts";
import { FULLTEXT_FOLLOWER } from "../hot/follower.ts";
import { FulltextFeed } from "../hot/fulltext-feed.ts";
import { FulltextFollower } from "../hot/fulltext-follower.ts";
import { loadDetectors } from "../query/detectors.ts";
import { searchCapabilities, verifierChoice } from "../relay-options.ts";
import { startJobProgress } from "./job-progress.ts";
import { type Interruption, listenForInterruption } from "./interruption.ts";
import { rebuildBeside } from "./search-rebuild-beside.ts";
import { type Options, settingsOf } from "./settings-flags.ts";
import { lockUnlessServed, openForWriting, openReader } from "./store-access.ts";
import { emit, emitJson, type ExitCode, say, type Terminal, unixNow } from "./terminal.ts";

/** Log entries of one transaction; larger than the relay's, because nobody searches meanwhile. */
const BATCH_ENTRIES = 2000;

const SERVED = `A relay is running here and has the index open. Without --remove-only it is asked to fill another one beside it,
and answers searches meanwhile.`;

interface Filled {
  readonly cursor: number;
  readonly lastSeq: number;
  readonly seconds: number;
  /** Does the index have everything? */
  readonly complete: boolean;
}

/** Fails when it was interrupted. */
export async function runSearchRebuild(
  _given: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const loaded = settingsOf(options, terminal);
  if (loaded === undefined) return 2;
  const { config } = loaded;
  // A folder without a store is told as such, before anything is removed.
  openReader(config).close();
  const lock = lockUnlessServed(config);
  if (lock === undefined) {
    if (options["removeOnly"] !== true) return rebuildBeside(config, options["json"] === true, terminal);
    say(terminal, SERVED);
    return 1;
  }
  try {
    removeFulltext(config.data.dir);
    if (options["removeOnly"] === true) {
      say(terminal, "The index is removed. The relay fills it again when it starts, while it serves.");
      return 0;
    }
    return await tell(await fill(config, terminal), options["json"] === true, terminal);
  } finally {
    lock.release();
  }
}

async function fill(config: Config, terminal: Terminal): Promise<Filled> {
  const startMs = performance.now();
  const detectors = await loadDetectors(searchCapabilities(config));
  const reader = openReader(config);
  const database = openFulltext(config.data.dir);
  const feed = new FulltextFeed(database, signatureCheck(verifierChoice(config)), detectors);
  const leave = listenForInterruption();
  const follower = new FulltextFollower(reader, feed, { now: unixNow, batchEntries: BATCH_ENTRIES });
  try {
    await follow(follower, feed, leave, terminal);
    const [cursor, lastSeq] = [feed.cursor(), reader.lastSeq()];
    noteProgress(config, cursor);
    const complete = follower.lag() === 0;
    return { cursor, lastSeq, seconds: (performance.now() - startMs) / 1000, complete };
  } finally {
    leave.stop();
    database.close();
    reader.close();
  }
}

/** Batch after batch; in between the signals and the progress have their turn. */
async function follow(
  follower: FulltextFollower,
  feed: FulltextFeed,
  leave: Interruption,
  terminal: Terminal,
): Promise<void> {
  const progress = startJobProgress("full-text", terminal);
  while (!leave.asked.aborted && follower.step()) {
    const cursor = feed.cursor();
    progress.update({ done: cursor, total: cursor + follower.lag(), message: "" });
    await new Promise((resolve) => setImmediate(resolve));
  }
  progress.stop();
}

/** What the index has seen, the log need not keep for it. */
function noteProgress(config: Config, cursor: number): void {
  const writer = openForWriting(config);
  writer.moveFollower(FULLTEXT_FOLLOWER, cursor);
  writer.close();
}

async function tell(filled: Filled, json: boolean, terminal: Terminal): Promise<ExitCode> {
  const { cursor, lastSeq, seconds, complete } = filled;
  if (json) await emitJson(terminal, filled);
  else {
    const rate = Math.round(cursor / Math.max(seconds, 0.001));
    await emit(
      terminal.output,
      `full-text index filled up to ${cursor} of ${lastSeq} in ${seconds.toFixed(1)} s (${rate}/s)\n`,
    );
  }
  if (!complete) say(terminal, "Interrupted; the relay goes on from here when it starts.");
  return complete ? 0 : 1;
}
