// `thermocline export`: writes stored events, one JSON text a line, while a relay may be running.

import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { filterOf } from "./event-filter.ts";
import { about } from "./fault-line.ts";
import { matchingEvents, matchingEventsOldestFirst } from "./matching-events.ts";
import { type Options, settingsOf } from "./settings-flags.ts";
import { openReader } from "./store-access.ts";
import { counted, emit, type ExitCode, refuse, say, type Terminal, unixNow } from "./terminal.ts";

export async function runExport(
  given: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const nowSeconds = unixNow();
  const filter = filterOf(options, nowSeconds);
  const { order } = options;
  const limit = limitOf(options);
  if (typeof filter === "string") return refuse(terminal, "export", filter);
  if (order !== "newest" && order !== "oldest")
    return refuse(terminal, "export", "--order is newest or oldest");
  if (limit === undefined) return refuse(terminal, "export", "--limit is a whole number");
  const loaded = settingsOf(options, terminal);
  if (loaded === undefined) return 2;

  const reader = openReader(loaded.config);
  const file = given[0] ?? "-";
  const target: Writable = file === "-" ? terminal.output : createWriteStream(file);
  let count = 0;
  let evicted = 0;
  try {
    evicted = reader.evictions.matching(filter, nowSeconds).length;
    const walk = order === "newest" ? matchingEvents : matchingEventsOldestFirst;
    for (const batch of walk(reader, filter, { limit, nowSeconds })) {
      if (!(await emit(target, batch.map(({ json }) => `${json}\n`).join("")))) return 0;
      count += batch.length;
    }
    if (file !== "-") await ended(target);
  } catch (error) {
    throw about(file, error);
  } finally {
    reader.close();
  }
  say(terminal, `${counted(count, "event")} exported.`);
  if (evicted > 0) {
    say(
      terminal,
      `Up to ${counted(evicted, "event")} that OpenSearch alone holds are not among them: only a snapshot of its indexes keeps those.`,
    );
  }
  return 0;
}

function limitOf({ limit }: Options): number | undefined {
  if (limit === undefined) return Number.POSITIVE_INFINITY;
  return typeof limit === "string" && /^\d{1,15}$/.test(limit) ? Number(limit) : undefined;
}

/** Resolves once all is written; a file that could not even be opened fails here, also when there was nothing to write. */
function ended(stream: Writable): Promise<void> {
  stream.end();
  return finished(stream);
}
