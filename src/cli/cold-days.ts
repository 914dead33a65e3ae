// What a comparison of both stores found, as a table by day.

import type { DayCounts } from "../cold/contract.ts";

const COLUMNS = ["hot", "evicted", "indexed", "missing", "surplus", "repaired"] as const;
const WIDTH = 12;

/** One line a day, oldest first, and their sum; the dates are those of created_at. */
export function daysText(days: readonly DayCounts[]): string {
  const total = Object.fromEntries(COLUMNS.map((name) => [name, sumOf(days, name)])) as Omit<
    DayCounts,
    "day"
  >;
  const lines = [...days, { day: "total", ...total }].map(
    (row) => row.day.padEnd(WIDTH) + COLUMNS.map((name) => String(row[name]).padStart(WIDTH)).join(""),
  );
  const head = "day (UTC)".padEnd(WIDTH) + COLUMNS.map((name) => name.padStart(WIDTH)).join("");
  return [head, ...lines].join("\n");
}

/** Differences that are left: what was evicted and is not in the index is nowhere any more. */
export function unrepaired(days: readonly DayCounts[]): number {
  return sumOf(days, "missing") + sumOf(days, "surplus") - sumOf(days, "repaired");
}

function sumOf(days: readonly DayCounts[], name: (typeof COLUMNS)[number]): number {
  return days.reduce((sum, day) => sum + day[name], 0);
}
