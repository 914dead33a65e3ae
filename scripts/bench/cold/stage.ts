// What every measurement of the cold store works with, and how much of everything a run does.

import type { FreshEvents } from "../corpus/fresh.ts";
import type { Phases } from "../load/run-clock.ts";
import type { LocalRelay } from "../target/local-relay.ts";
import type { Row } from "../workloads/workload.ts";
import type { History } from "./history.ts";
import type { NodeUnderTest } from "./node-under-test.ts";

export interface ColdScale {
  readonly phases: Phases;
  /** Windows of a saturated publisher are longer: the indexer must have time to get in its way. */
  readonly saturated: Phases;
  /** Different searches of each sort; a run ends early when they are used up. */
  readonly searches: number;
  /** Rounds of all sorts before any is measured, at most, and milliseconds for each sort in a round (see warm-up.ts). */
  readonly warmUp: { readonly roundsMax: number; readonly sortMs: number };
  /** Searches of each sort that go before those of that sort, as long as they take no more than so many milliseconds. */
  readonly warming: number;
  readonly warmingMs: number;
  /** Answers of each sort that are read in full. */
  readonly probes: number;
  readonly pace: number;
  readonly pacedSeconds: number;
  /** Events published while OpenSearch is down. */
  readonly outageEvents: number;
  /** Seconds that the store may take to catch up, and to let events leave. */
  readonly patienceSeconds: number;
}

export interface ColdStage {
  readonly relay: LocalRelay;
  readonly node: NodeUnderTest;
  readonly history: History;
  readonly fresh: FreshEvents;
  readonly scale: ColdScale;
  readonly tell: (line: string) => void;
}

export type Measurement = (stage: ColdStage) => Promise<readonly Row[]>;

export const SMALL_EVENTS = 20_000;

export const FULL: ColdScale = {
  phases: { warmUpMs: 500, windowMs: 1_000, windows: 4 },
  saturated: { warmUpMs: 1_000, windowMs: 1_000, windows: 6 },
  searches: 1_500,
  warmUp: { roundsMax: 8, sortMs: 2_000 },
  warming: 2_000,
  warmingMs: 5_000,
  probes: 10,
  pace: 3_000,
  pacedSeconds: 20,
  outageEvents: 100_000,
  patienceSeconds: 420,
};

export const QUICK: ColdScale = {
  phases: { warmUpMs: 200, windowMs: 500, windows: 2 },
  saturated: { warmUpMs: 500, windowMs: 700, windows: 3 },
  searches: 400,
  warmUp: { roundsMax: 2, sortMs: 500 },
  warming: 200,
  warmingMs: 1_000,
  probes: 4,
  pace: 3_000,
  pacedSeconds: 8,
  outageEvents: 20_000,
  patienceSeconds: 120,
};

export const TINY: ColdScale = {
  phases: { warmUpMs: 0, windowMs: 20, windows: 1 },
  saturated: { warmUpMs: 0, windowMs: 50, windows: 1 },
  searches: 12,
  warmUp: { roundsMax: 2, sortMs: 20 },
  warming: 4,
  warmingMs: 200,
  probes: 3,
  pace: 500,
  pacedSeconds: 0.4,
  outageEvents: 300,
  patienceSeconds: 40,
};

/** Kinds of the history and of what is published on top: the relay's own trend events are not counted. */
export const COUNTED_KINDS = [0, 1, 3, 6, 7, 9735, 30_023];

/** Settings with which the relay uses the node. */
export function withCold({ node }: Pick<ColdStage, "node">, url = node.url): Record<string, string> {
  return {
    OPENSEARCH_URL: url,
    THERMOCLINE_COLD_INDEX_PREFIX: node.prefix,
  };
}

export function rounded(value: number, digits = 1): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
