// Searches of every sort at eight clients, typeahead, and the same few asked again and again.

import { Tape } from "../wire/tape.ts";
import { loopRow, type Row } from "../workloads/workload.ts";
import { SEARCH_LOAD, searchLoop } from "./search-loop.ts";
import { probeSearches } from "./search-probe.ts";
import { type Search, SEARCH_KINDS, searchesOf, typeaheads } from "./searches.ts";
import type { ColdStage } from "./stage.ts";
import { warmUp } from "./warm-up.ts";

const REPEATED = 20;

/** `store` names who answers: it begins the names of the rows. */
export async function measureSearches(stage: ColdStage, store: string): Promise<Row[]> {
  const sorts = SEARCH_KINDS.map((kind) => ({
    kind,
    searches: searchesOf(stage.history, kind, wanted(stage)),
  }));
  const tapes = sorts
    .filter(({ searches }) => searches.length > 0)
    .map(({ searches }) => tapeOf(parted(stage, searches).warming));
  const rows = await warmUp(stage, store, tapes);
  for (const { kind, searches } of sorts)
    rows.push(await searchRow(stage, `${store} ${kind}`, searches, false));
  return rows;
}

export async function measureTypeahead(stage: ColdStage, store: string): Promise<Row[]> {
  return [await searchRow(stage, `${store} typeahead`, typeaheads(stage.history, wanted(stage)), false)];
}

/** What many people ask at once when something happens. */
export async function measureRepeats(stage: ColdStage): Promise<Row[]> {
  const searches = searchesOf(stage.history, "two words", REPEATED);
  return [await searchRow(stage, "search repeated", searches, true)];
}

function wanted({ scale }: ColdStage): number {
  return scale.searches + scale.warming;
}

async function searchRow(
  stage: ColdStage,
  name: string,
  searches: readonly Search[],
  isEndless: boolean,
): Promise<Row> {
  const { relay, scale } = stage;
  if (searches.length === 0) return { name, load: "", faults: [], note: "left out: nothing to look for" };
  const { warming, measured } = isEndless
    ? { warming: searches, measured: searches }
    : parted(stage, searches);
  const faults = await probeSearches(relay.url, warming.slice(0, scale.probes));
  const once = { warmUpMs: 0, windowMs: scale.warmingMs, windows: 1 };
  await searchLoop(stage, tapeOf(warming), once, false);
  const result = await searchLoop(stage, tapeOf(measured), { ...scale.phases, warmUpMs: 0 }, isEndless);
  const { note: _, ...row } = loopRow(name, SEARCH_LOAD, "searches/s", result);
  return {
    ...row,
    faults: [...faults, ...row.faults],
    figures: { "hits an answer": Math.round(result.eventsPerAnswer * 10) / 10 },
  };
}

/** Where there are fewer than wanted, what warms up leaves enough to measure. */
function parted(
  { scale }: ColdStage,
  searches: readonly Search[],
): Record<"warming" | "measured", readonly Search[]> {
  const spare = Math.max(scale.probes, Math.min(scale.warming, searches.length >> 1));
  return { warming: searches.slice(-spare), measured: searches.slice(0, -spare) };
}

function tapeOf(searches: readonly Search[]): Tape {
  const tape = new Tape();
  for (const { filter, expected } of searches) tape.req([filter], expected);
  return tape;
}
