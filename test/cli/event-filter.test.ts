// Filters as people give them.

import { describe, expect, test } from "bun:test";
import { filterFromJson, filterOf } from "../../src/cli/event-filter.ts";

const NPUB = "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6";
const HEX = "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d";
const NOW = 1_800_000_000;

describe("options", () => {
  test("are added to the JSON, and npub counts as hex everywhere", () => {
    const filter = filterOf(
      { filter: `{"#p":["${NPUB}"],"limit":3}`, kinds: "1, 7", authors: `${NPUB},${HEX}` },
      NOW,
    );
    expect(filter).toEqual({
      tags: [{ name: "p", mode: "any", values: [HEX] }],
      limit: 3,
      kinds: [1, 7],
      authors: [HEX],
    });
  });

  test.each<[string, number]>([
    ["1700000000", 1_700_000_000],
    ["90s", NOW - 90],
    ["36h", NOW - 129_600],
    ["2w", NOW - 1_209_600],
    ["9999y", 0],
    ["2026-01-31", 1_769_817_600],
    ["2026-01-31T10:00:00Z", 1_769_853_600],
    ["2026-01-31T10:00:00.000Z", 1_769_853_600],
    ["2026-01-31T10:00", 1_769_853_600],
    ["2026-01-31 10:00:00", 1_769_853_600],
    ["2026-01-31T12:00+02:00", 1_769_853_600],
  ])("--since %p is second %p, wherever the machine stands", (since, seconds) => {
    const zone = process.env["TZ"];
    process.env["TZ"] = "America/New_York";
    try {
      expect(filterOf({ since }, NOW)).toEqual({ tags: [], since: seconds });
    } finally {
      process.env["TZ"] = zone ?? "Etc/UTC";
    }
  });

  test.each([
    { since: "yesterday" },
    { until: "2026-13-45" },
    { until: "2026-02-31" },
    { until: "2026-01-31T25:00" },
    { until: "2026-01-31 noon" },
    { kinds: "1,x" },
    { kinds: "" },
    { authors: "me" },
    { filter: "[1]" },
    { filter: "null" },
    { filter: '{"ids":["zz"]}' },
  ])("%p is refused in words", (options) => {
    expect(filterOf(options, NOW)).toBeString();
  });
});

test("a JSON argument is read like a REQ", () => {
  expect(filterFromJson(`{"authors":["${NPUB}"]}`)).toEqual({ tags: [], authors: [HEX] });
  expect(filterFromJson('{"#t":[1]}')).toBe("#t must be a list of strings");
});
