// `thermocline export`: writes stored events, one JSON text a line, while a relay may be running.

import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { filterOf } from "./event-filter.ts";
import { about } from "./fault-line.ts";
import { matchingEvents, matchingEventsOldestFirst, unfitForStore } from "./matching-events.ts";
import { type Options, settingsOf } from "./settings-flags.ts";
import { openReader } from "./store-access.ts";
import { counted, emit, type ExitCode, say, type Terminal, unixNow } from "./terminal.ts";

export async function runExport(
  given: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const nowSeconds = unixNow();
  const filter = filterOf(options, nowSeconds);
  const fault = typeof filter === "string" ? filter : unfitForStore(filter);
  const { order } = options;
  const limit = limitOf(options);
  if (fault !== undefined || typeof filter === "string") return refuse(terminal, fault);
  if (order !== "newest" && order !== "oldest") return refuse(terminal, "--order is newest or oldest");
  if (limit === undefined) return refuse(terminal, "--limit is a whole number");
  const loaded = settingsOf(options, terminal);
  if (loaded === undefined) return 2;

  const reader = openReader(loaded.config);
  const file = given[0] ?? "-";
  const target: Writable = file === "-" ? terminal.output : createWriteStream(file);
  let count = 0;
  try {
    const walk = order === "newest" ? matchingEvents : matchingEventsOldestFirst;
    for (const batch of walk(reader, filter, { limit, nowSeconds })) {
      if (!(await emit(target, batch.map(({ json }) => `${json}\n`).join("")))) return 0;
      count += batch.length;
    }
    if (file !== "-") await ended(target);
  } catch (error) {
    throw about(file === "-" ? "standard output" : file, error);
  } finally {
    reader.close();
  }
  say(terminal, `${counted(count, "event")} exported.`);
  return 0;
}

function limitOf({ limit }: Options): number | undefined {
  if (limit === undefined) return Number.POSITIVE_INFINITY;
  return typeof limit === "string" && /^\d{1,15}$/.test(limit) ? Number(limit) : undefined;
}

function refuse(terminal: Terminal, fault: string | undefined): ExitCode {
  say(terminal, `thermocline export: ${fault}`);
  return 2;
}

/** Resolves once all is written; a file that could not even be opened fails here, also when there was nothing to write. */
function ended(stream: Writable): Promise<void> {
  stream.end();
  return finished(stream);
}
