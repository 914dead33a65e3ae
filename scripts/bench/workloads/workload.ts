// What a workload is given and what it reports.

import type { CachedArchive, CachedCorpus } from "../corpus/cache.ts";
import type { FreshEvents } from "../corpus/fresh.ts";
import type { Cost } from "../load/cost-meter.ts";
import type { LoopResult } from "../load/closed-loop.ts";
import type { Phases } from "../load/run-clock.ts";
import type { Quantiles } from "../load/samples.ts";
import type { LocalControl, Target } from "../target/target.ts";

/** How much of everything: full, quick, or tiny for tests. */
export interface Scale {
  readonly phases: Phases;
  /** Fresh events for one second of each load; when they run out the run ends early with what it has. */
  readonly freshPerSecond: (connections: number, inFlight: number) => number;
  readonly archiveEvents: number;
  readonly subscribers: readonly number[];
  readonly loneEvents: number;
  readonly idleConnections: number;
  /** Milliseconds for each of the ceilings. */
  readonly ceilingMs: number;
  /** Questions whose answers are read in full and compared before the load. */
  readonly probes: number;
}

export interface Stage {
  readonly target: Target;
  readonly corpus: CachedCorpus;
  readonly fresh: FreshEvents;
  readonly archive: () => Promise<CachedArchive>;
  readonly scale: Scale;
  readonly tell: (line: string) => void;
}

export interface Row {
  /** Stable name, by which targets and comparisons find the row. */
  readonly name: string;
  /** Connections × requests under way on each. */
  readonly load: string;
  readonly rate?: number;
  readonly rates?: readonly number[];
  readonly unit?: string;
  readonly latency?: Quantiles | undefined;
  readonly cost?: Cost | undefined;
  /** Further numbers, named with their unit. */
  readonly figures?: Readonly<Record<string, number>>;
  /** Wrong or missing answers: any of them fails the run. */
  readonly faults: readonly string[];
  readonly note?: string;
}

interface Described {
  readonly name: string;
  readonly about: string;
}

/** Needs a socket only, or a relay of our own. */
export type Workload =
  | (Described & { readonly needs: "socket"; run(stage: Stage): Promise<readonly Row[]> })
  | (Described & {
      readonly needs: "local";
      run(stage: Stage, local: LocalControl): Promise<readonly Row[]>;
    });

/** The row of a closed loop. */
export function loopRow(name: string, load: string, unit: string, result: LoopResult): Row {
  const faults = result.rates.length === 0 ? [...result.faults, "no window was finished"] : result.faults;
  return {
    name,
    load,
    rate: result.rate,
    rates: result.rates,
    unit,
    latency: result.latency,
    cost: result.cost,
    faults,
    ...(result.ranDry ? { note: `ended after ${result.operations} operations: no more fresh events` } : {}),
  };
}
