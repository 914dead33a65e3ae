// What the relay is meant to reach with OpenSearch beside it on the same machine; nothing scales these figures.

import type { GoalResult } from "../report/goals.ts";
import type { Row } from "../workloads/workload.ts";
import { SEARCH_KINDS } from "./searches.ts";

type Rows = ReadonlyMap<string, Row>;

interface Goal {
  readonly goal: string;
  readonly reached: (rows: Rows) => number | undefined;
  readonly wanted: number;
  /** Larger is better; otherwise smaller is. */
  readonly isFloor?: boolean;
}

const p95 =
  (name: string) =>
  (rows: Rows): number | undefined =>
    rows.get(name)?.latency?.p95;
const figure =
  (row: string, name: string) =>
  (rows: Rows): number | undefined =>
    rows.get(row)?.figures?.[name];
const share =
  (row: string, of: string) =>
  (rows: Rows): number | undefined => {
    const [rate, before] = [rows.get(row)?.rate, rows.get(of)?.rate];
    return rate === undefined || before === undefined ? undefined : rate / before;
  };

const GOALS: readonly Goal[] = [
  {
    goal: "catch-up, events a second",
    reached: (rows) => rows.get("catch-up")?.rate,
    wanted: 9_000,
    isFloor: true,
  },
  { goal: "OK→searchable p95 at 3,000/s, ms", reached: p95("OK→searchable"), wanted: 8_000 },
  {
    goal: "EVENT→OK p99 at 3,000/s with a cold store, ms",
    reached: (rows) => rows.get("paced with cold")?.latency?.p99,
    wanted: 20,
  },
  {
    goal: "saturated publisher, share of its rate without a cold store",
    reached: share("saturated with cold", "saturated without cold"),
    wanted: 0.7,
    isFloor: true,
  },
  ...SEARCH_KINDS.map((kind) => ({
    goal: `search p95 at 8 clients, ${kind}, ms`,
    reached: p95(`OpenSearch ${kind}`),
    wanted: 50,
  })),
  { goal: "typeahead p95, ms", reached: p95("OpenSearch typeahead"), wanted: 50 },
  { goal: "repeated search p95, ms", reached: p95("search repeated"), wanted: 10 },
  { goal: "cold page of 100 p95, ms", reached: p95("cold page of 100, 1 clients"), wanted: 40 },
  {
    goal: "far end of a long author against the border, times",
    reached: figure("walk across the border", "times the nearest"),
    wanted: 1.5,
  },
  {
    goal: "trends of a day, uncached, slowest, ms",
    reached: (rows) => rows.get("trends 24h")?.latency?.max,
    wanted: 300,
  },
  ...["global", "author"].map((page) => ({
    goal: `hot ${page} pages beside an idle indexer, share`,
    reached: share(`${page} page, with cold`, `${page} page, without cold`),
    wanted: 0.9,
    isFloor: true,
  })),
  {
    goal: "memory while OpenSearch is down, times before",
    reached: figure("outage", "times before"),
    wanted: 1.5,
  },
];

/** Goals whose rows are there; those that were left out are not judged. */
export function judgeCold(size: number, rows: readonly Row[]): GoalResult[] {
  const byName = new Map(rows.map((row) => [row.name, row]));
  return GOALS.flatMap(({ goal, reached: read, wanted, isFloor = false }) => {
    const reached = read(byName);
    if (reached === undefined || Number.isNaN(reached)) return [];
    const times = isFloor ? reached / wanted : wanted / Math.max(reached, Number.MIN_VALUE);
    return [{ goal, size, wanted, reached, times, isMet: times >= 1 }];
  });
}
