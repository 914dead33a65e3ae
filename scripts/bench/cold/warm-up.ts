// Searches of all sorts, round after round, until they get no faster: a node that has just started runs uncompiled.

// On two cores the first thousand searches cost a node four times what they cost after twenty thousand, and its compiler takes
// from the same cores. Nodes run for months, so what is measured is the node that has settled; the row says where it began.

import type { Tape } from "../wire/tape.ts";
import type { Row } from "../workloads/workload.ts";
import { SEARCH_LOAD, searchLoop } from "./search-loop.ts";
import { type ColdStage, rounded } from "./stage.ts";

const STILL_FASTER = 1.05;
/** Rounds in a row that beat the best before them by less than that; one alone may have been disturbed. */
const SETTLED_ROUNDS = 2;

export async function warmUp(stage: ColdStage, name: string, tapes: readonly Tape[]): Promise<Row[]> {
  if (tapes.length === 0) return [];
  const { roundsMax } = stage.scale.warmUp;
  const rates: number[] = [];
  const faults = new Set<string>();
  while (rates.length < roundsMax && !isSettled(rates)) {
    const round = await oneRound(stage, tapes);
    rates.push(round.rate);
    for (const fault of round.faults) faults.add(fault);
  }
  const first = rounded(rates[0]!);
  return [
    {
      name: `${name} warming up`,
      load: SEARCH_LOAD,
      rate: rates.at(-1)!,
      unit: "searches/s",
      figures: { rounds: rates.length, "searches/s in the first": first },
      faults: [...faults],
    },
  ];
}

export function isSettled(rates: readonly number[]): boolean {
  const best = Math.max(...rates.slice(0, -SETTLED_ROUNDS));
  return (
    rates.length > SETTLED_ROUNDS && rates.slice(-SETTLED_ROUNDS).every((rate) => rate <= best * STILL_FASTER)
  );
}

/** The rate is that of one search of each sort after another: the slow sorts count, and not only the quick ones. */
async function oneRound(
  stage: ColdStage,
  tapes: readonly Tape[],
): Promise<{ rate: number; faults: readonly string[] }> {
  const phases = { warmUpMs: 0, windowMs: stage.scale.warmUp.sortMs, windows: 1 };
  const faults: string[] = [];
  let seconds = 0;
  for (const tape of tapes) {
    const result = await searchLoop(stage, tape, phases, true);
    seconds += 1 / result.rate;
    faults.push(...result.faults);
  }
  return { rate: tapes.length / seconds, faults };
}
