// `thermocline search rebuild`: forgets the full-text index of the hot store and fills it again from the log.

import type { Config } from "../config/settings.ts";
import { openFulltext, removeFulltext } from "../hot/fulltext-database.ts";
import { FULLTEXT_FOLLOWER, FulltextFeed } from "../hot/fulltext-feed.ts";
import { FulltextFollower } from "../hot/fulltext-follower.ts";
import { loadDetectors } from "../query/detectors.ts";
import { searchCapabilities } from "../relay-options.ts";
import { lockUnlessServed } from "./cold-indexing.ts";
import { startJobProgress } from "./cold-job-progress.ts";
import { type Interruption, listenForInterruption } from "./interruption.ts";
import { unixNow } from "./cold-settings.ts";
import { type Options, settingsOf } from "./settings-flags.ts";
import { openForWriting, openReader } from "./store-access.ts";
import { emit, emitJson, type ExitCode, say, type Terminal } from "./terminal.ts";

/** Log entries of one transaction; larger than the relay's, because nobody searches meanwhile. */
const BATCH_ENTRIES = 2000;

const SERVED = `A relay is running here and has the index open. Either stop it, run this, and start it again; or stop it, run
thermocline search rebuild --remove-only, and start it at once: it then fills the index while it serves, and searches
find what has been filled so far.`;

interface Filled {
  readonly cursor: number;
  readonly lastSeq: number;
  readonly seconds: number;
  /** Does the index have everything? */
  readonly complete: boolean;
}

/** Fails while a relay runs, and when it was interrupted. */
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
  const feed = new FulltextFeed(database, detectors);
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
