// `thermocline delete`: takes matching events out of the store, after telling how many there are.

import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import type { Config } from "../config/settings.ts";
import { type Filter, matchesNothing } from "../nostr/filter.ts";
import { filterOf } from "./event-filter.ts";
import { matchingEvents } from "./matching-events.ts";
import { type Options, settingsOf } from "./settings-flags.ts";
import { openForWriting, openReader } from "./store-access.ts";
import { counted, emitJson, type ExitCode, refuse, say, type Terminal, unixNow } from "./terminal.ts";

/** Rows of one transaction: a relay that runs beside us waits no longer than that. */
const TRANSACTION_ROWS = 500;
const FILTER_OPTIONS = ["filter", "kinds", "authors", "since", "until"] as const;

export async function runDelete(
  _given: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  if (FILTER_OPTIONS.every((name) => options[name] === undefined)) {
    return refuse(
      terminal,
      "delete",
      "say which events, with --filter, --kinds, --authors, --since or --until",
    );
  }
  const filter = filterOf(options, unixNow());
  if (typeof filter === "string") return refuse(terminal, "delete", filter);
  const loaded = settingsOf(options, terminal);
  if (loaded === undefined) return 2;

  const { seqs, hidden } = findSeqs(loaded.config, filter);
  say(terminal, `${counted(seqs.length, "event")} found.`);
  if (hidden > 0) {
    say(
      terminal,
      `Of ${counted(hidden, "event")} that OpenSearch alone holds, the tags are not known here: leave tags out of the filter, or name ids, to delete those.`,
    );
  }
  const isWanted = options["dryRun"] !== true && seqs.length > 0;
  const isAllowed = isWanted && (options["yes"] === true || (await isConfirmed(seqs.length, terminal)));
  const deleted = isAllowed ? removeAll(loaded.config, seqs) : 0;
  if (isAllowed) {
    say(
      terminal,
      `${counted(deleted, "event")} deleted. They may be published again; policy.blocked_pubkeys keeps a key out.`,
    );
  } else if (isWanted) say(terminal, "Nothing was deleted. --yes deletes without asking.");
  if (options["json"] === true) await emitJson(terminal, { matching: seqs.length, deleted });
  return isAllowed === isWanted ? 0 : 1;
}

interface Found {
  readonly seqs: readonly number[];
  /** Events that have left the hot store and match as far as is known. */
  readonly hidden: number;
}

function findSeqs(config: Config, filter: Filter): Found {
  const reader = openReader(config);
  const nowSeconds = unixNow();
  try {
    const found: { readonly seq: number; readonly createdAt: number }[] = [];
    for (const batch of matchingEvents(reader, filter, { nowSeconds })) {
      for (const { seq, createdAt } of batch) found.push({ seq, createdAt });
    }
    const evicted = matchesNothing(filter) ? [] : reader.evictions.matching(filter, nowSeconds);
    if (filter.tags.length > 0) return { seqs: found.map(({ seq }) => seq), hidden: evicted.length };
    const all = [...found, ...evicted].sort((a, b) => b.createdAt - a.createdAt);
    return { seqs: all.slice(0, filter.limit).map(({ seq }) => seq), hidden: 0 };
  } finally {
    reader.close();
  }
}

/** Answers how many rows went: fewer than asked when a relay beside us was quicker. */
function removeAll(config: Config, seqs: readonly number[]): number {
  const writer = openForWriting(config);
  try {
    let removed = 0;
    for (let at = 0; at < seqs.length; at += TRANSACTION_ROWS) {
      // Each removal is an entry of the log, also that of an event which only the cold store holds.
      const { before, lastSeq } = writer.removeMany(seqs.slice(at, at + TRANSACTION_ROWS), "deleted");
      removed += lastSeq - before;
    }
    return removed;
  } finally {
    writer.close();
  }
}

async function isConfirmed(count: number, terminal: Terminal): Promise<boolean> {
  if (!terminal.watched) return false;
  const lines = createInterface({ input: terminal.input, output: terminal.talk });
  // Where the input ends without an answer, the question alone would wait for ever.
  const silence = once(lines, "close").then(() => "");
  const answer = await Promise.race([lines.question(`Type ${count} to delete them for good: `), silence]);
  lines.close();
  return answer.trim() === String(count);
}
