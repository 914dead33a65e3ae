// Figures as tables for people.

import type { Row } from "../workloads/workload.ts";
import type { GoalResult } from "./goals.ts";

export function rowsTable(rows: readonly Row[]): string {
  const head = [
    "workload",
    "load",
    "rate",
    "unit",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "relay µs",
    "client µs",
    "",
  ];
  const body = rows.map((row) => [
    row.name,
    row.load,
    row.rate === undefined ? "" : number(row.rate),
    row.unit ?? "",
    milliseconds(row.latency?.p50),
    milliseconds(row.latency?.p95),
    milliseconds(row.latency?.p99),
    row.cost?.relay === undefined ? "" : number(row.cost.relay),
    row.cost === undefined ? "" : number(row.cost.client),
    row.cost?.others === undefined ? "" : `${Math.round(row.cost.others * 100)}`,
    remarks(row),
  ]);
  return table([head, ...body], new Set([2, 4, 5, 6, 7, 8, 9]));
}

export function goalsTable(goals: readonly GoalResult[]): string {
  const head = ["goal", "events", "wanted", "reached", "times", ""];
  const body = goals.map(({ goal, size, wanted, reached, times, isMet }) => [
    goal,
    number(size),
    number(wanted),
    number(reached),
    `${times.toFixed(2)}×`,
    isMet ? "pass" : "FAIL",
  ]);
  return table([head, ...body], new Set([1, 2, 3, 4]));
}

function remarks(row: Row): string {
  const figures = Object.entries(row.figures ?? {}).map(([name, value]) => `${number(value)} ${name}`);
  const note = row.note === undefined ? [] : [row.note];
  return [...figures, ...note, ...row.faults.map((fault) => `WRONG: ${fault}`)].join("; ");
}

/** Three digits are read, whatever the size. */
export function number(value: number): string {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : value >= 0.1 ? 2 : 3;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? "" : number(value);
}

function table(lines: readonly (readonly string[])[], isNumber: ReadonlySet<number>): string {
  const widths = lines[0]!.map((_, column) =>
    Math.max(...lines.map((line) => Bun.stringWidth(line[column]!))),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => {
          const gap = " ".repeat(widths[column]! - Bun.stringWidth(cell));
          return isNumber.has(column) ? gap + cell : cell + gap;
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
