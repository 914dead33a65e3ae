// What the relay is meant to reach, and whether it does. Throughput goals follow the machine: they were set where one
// core checks 29,700 signatures a second.

import type { Row } from "../workloads/workload.ts";

const REFERENCE_SIGNATURES = 29_700;
/** At a million events no read may be slower than this share of its speed at a hundred thousand. */
const LARGE_STORE_SHARE = 0.5;

export interface Ceilings {
  readonly signatures: number;
  readonly echoOneByOne: number;
  readonly echoPipelined: number;
  readonly sqliteInserts: number;
  readonly sqliteCommitMs: number;
}

/** Rows by the number of events in the store. */
export type RowsBySize = ReadonlyMap<number, readonly Row[]>;

export interface GoalResult {
  readonly goal: string;
  readonly size: number;
  readonly wanted: number;
  readonly reached: number;
  /** How many times the goal was reached: 1 and more is a pass, whichever way round the figure is read. */
  readonly times: number;
  readonly isMet: boolean;
}

interface Goal {
  readonly goal: string;
  readonly row: string;
  readonly figure: (row: Row) => number | undefined;
  readonly wanted: (ceilings: Ceilings) => number;
  /** Smaller is better, and the machine does not scale it. */
  readonly isCost?: boolean;
}

const rate = (row: Row): number | undefined => row.rate;
const p50 = (row: Row): number | undefined => row.latency?.p50;
const scaled =
  (wanted: number) =>
  ({ signatures }: Ceilings): number =>
    (wanted * signatures) / REFERENCE_SIGNATURES;

const GOALS: readonly Goal[] = [
  {
    goal: "stored publishes 8×64 ≥ 0.6 × signature ceiling",
    row: "publish 8×64",
    figure: rate,
    wanted: ({ signatures }) => 0.6 * signatures,
  },
  { goal: "one id a second", row: "id", figure: rate, wanted: scaled(50_000) },
  { goal: "100-event pages a second", row: "global", figure: rate, wanted: scaled(10_000) },
  { goal: "author pages a second", row: "author", figure: rate, wanted: scaled(14_000) },
  { goal: "150-author feeds a second", row: "feed", figure: rate, wanted: scaled(4_000) },
  { goal: "deliveries/s, 500 of one id", row: "fan-out 500 one id", figure: rate, wanted: scaled(1_000_000) },
  { goal: "deliveries/s, 500 own ids", row: "fan-out 500 own ids", figure: rate, wanted: scaled(400_000) },
  { goal: "EVENT→OK p50, ms", row: "latency EVENT→OK", figure: p50, wanted: () => 0.5, isCost: true },
  {
    goal: "EVENT→subscriber p50, ms",
    row: "latency EVENT→subscriber by kinds",
    figure: p50,
    wanted: () => 1,
    isCost: true,
  },
  { goal: "import, verified events a second", row: "import", figure: rate, wanted: scaled(25_000) },
  {
    goal: "bytes an idle connection",
    row: "idle",
    figure: (row) => row.figures?.["bytes a connection"],
    wanted: () => 12_000,
    isCost: true,
  },
  {
    goal: "page 400 against page 1, times",
    row: "paging page 400",
    figure: (row) => row.figures?.["times page 1"],
    wanted: () => 2,
    isCost: true,
  },
];

const READ_ROWS = new Set("id ids author thread global feed notifications range profiles count".split(" "));

export function judge(rows: RowsBySize, ceilings: Ceilings): GoalResult[] {
  const results: GoalResult[] = [];
  for (const [size, ofSize] of rows) {
    for (const { goal, row: name, figure, wanted, isCost = false } of GOALS) {
      const row = ofSize.find((candidate) => candidate.name === name);
      const reached = row === undefined ? undefined : figure(row);
      if (reached !== undefined) results.push(result(goal, size, wanted(ceilings), reached, isCost));
    }
  }
  return [...results, ...judgeLargeStore(rows)];
}

/** Each read on the largest store against the same read on the smallest. */
function judgeLargeStore(rows: RowsBySize): GoalResult[] {
  const sizes = [...rows.keys()].toSorted((a, b) => a - b);
  const [small, large] = [sizes[0], sizes.at(-1)];
  if (small === undefined || large === undefined || small === large) return [];
  return rows.get(large)!.flatMap((row) => {
    const before = rows.get(small)!.find((candidate) => candidate.name === row.name)?.rate;
    if (!READ_ROWS.has(row.name) || row.rate === undefined || before === undefined) return [];
    return [
      result(`${row.name}: half its speed at ${small}`, large, before * LARGE_STORE_SHARE, row.rate, false),
    ];
  });
}

function result(goal: string, size: number, wanted: number, reached: number, isCost: boolean): GoalResult {
  const times = isCost ? wanted / Math.max(reached, Number.MIN_VALUE) : reached / wanted;
  return { goal, size, wanted, reached, times, isMet: times >= 1 };
}
