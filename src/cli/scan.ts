// `thermocline scan`: asks the stored events one filter, as a client would, and can tell how it is answered.

import type { Filter } from "../nostr/filter.ts";
import type { HotReader } from "../hot/contract.ts";
import { filterFromJson } from "./event-filter.ts";
import { matchingEvents } from "./matching-events.ts";
import { type Options, settingsOf } from "./settings-flags.ts";
import { openReader } from "./store-access.ts";
import { counted, emit, emitJson, type ExitCode, refuse, say, type Terminal, unixNow } from "./terminal.ts";

export async function runScan(
  given: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const filter = filterFromJson(given[0] ?? "");
  if (typeof filter === "string") return refuse(terminal, "scan", filter);
  const loaded = settingsOf(options, terminal);
  if (loaded === undefined) return 2;
  const reader = openReader(loaded.config);
  try {
    const json = options["json"] === true;
    if (options["explain"] === true) await explain(reader, filter, json, terminal);
    else if (options["count"] === true) await count(reader, filter, json, terminal);
    else await print(reader, filter, terminal);
  } finally {
    reader.close();
  }
  return 0;
}

async function explain(reader: HotReader, filter: Filter, json: boolean, terminal: Terminal): Promise<void> {
  const scan = reader.scan(filter);
  // The number of streams is known once the scan has opened them.
  scan.run(() => false, { deadlineMs: Number.POSITIVE_INFINITY });
  const { plan } = scan;
  if (json) await emitJson(terminal, plan);
  else await emit(terminal.output, `${plan.source}, ${counted(plan.streams, "stream")}: ${plan.because}\n`);
  say(terminal, "A running relay answers from its memory of the newest events first, then this way.");
}

async function count(reader: HotReader, filter: Filter, json: boolean, terminal: Terminal): Promise<void> {
  let found = 0;
  for (const batch of matchingEvents(reader, filter, { nowSeconds: unixNow() })) found += batch.length;
  if (json) await emitJson(terminal, { count: found });
  else await emit(terminal.output, `${found}\n`);
}

async function print(reader: HotReader, filter: Filter, terminal: Terminal): Promise<void> {
  for (const batch of matchingEvents(reader, filter, { nowSeconds: unixNow() })) {
    if (!(await emit(terminal.output, batch.map(({ json }) => `${json}\n`).join("")))) return;
  }
}
