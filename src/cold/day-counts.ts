// What a comparison of both stores found, by day of created_at (UTC).

import type { DayCounts } from "./contract.ts";

const DAY_SECONDS = 86_400;

/** Dates outside of these years, which anybody may write, share a row at either end. */
const FIRST_SECOND = Date.UTC(2020, 0) / 1000;
const LAST_SECOND = Date.UTC(2100, 0) / 1000 - 1;

export type DayColumn = Exclude<keyof DayCounts, "day">;

const NOTHING: Omit<DayCounts, "day"> = {
  hot: 0,
  evicted: 0,
  indexed: 0,
  missing: 0,
  surplus: 0,
  repaired: 0,
};

export class DayTable {
  private readonly rows = new Map<string, { -readonly [K in DayColumn]: number }>();

  add(column: DayColumn, createdAt: number): void {
    const day = dayOf(createdAt);
    const row = this.rows.get(day) ?? { ...NOTHING };
    row[column]++;
    this.rows.set(day, row);
  }

  total(column: DayColumn): number {
    return this.rows.values().reduce((sum, row) => sum + row[column], 0);
  }

  /** Oldest first. */
  days(): DayCounts[] {
    return [...this.rows]
      .map(([day, counts]) => ({ day, ...counts }))
      .sort((a, b) => order(a.day) - order(b.day));
  }
}

function dayOf(createdAt: number): string {
  if (createdAt < FIRST_SECOND) return "earlier";
  if (createdAt > LAST_SECOND) return "later";
  const start = Math.floor(createdAt / DAY_SECONDS) * DAY_SECONDS;
  return new Date(start * 1000).toISOString().slice(0, 10);
}

function order(day: string): number {
  if (day === "earlier") return Number.NEGATIVE_INFINITY;
  return day === "later" ? Number.POSITIVE_INFINITY : Date.parse(day);
}
