// Counts by day: UTC days in order, and one row at either end for dates that nobody believes.

import { expect, test } from "bun:test";
import { DayTable } from "../../src/cold/day-counts.ts";

test("days are those of UTC, oldest first, with far dates at the ends", () => {
  const table = new DayTable();
  const midnight = Date.UTC(2024, 1, 29) / 1000;
  for (const at of [Number.MAX_SAFE_INTEGER, midnight, midnight - 1, 0, midnight + 86_399, 1_500_000_000]) {
    table.add("hot", at);
  }
  table.add("missing", midnight);
  expect(table.days().map(({ day, hot, missing }) => [day, hot, missing])).toEqual([
    ["earlier", 2, 0],
    ["2024-02-28", 1, 0],
    ["2024-02-29", 2, 1],
    ["later", 1, 0],
  ]);
  expect([table.total("hot"), table.total("missing"), table.total("surplus")]).toEqual([6, 1, 0]);
});
