// How crowds weigh, what may have a place, and which of two subjects stands first.

import { describe, expect, test } from "bun:test";
import { normalLink } from "../../src/search/link.ts";
import {
  crowdWeight,
  decay,
  mayPlace,
  type Standing,
  surpriseScore,
  velocityOf,
} from "../../src/search/trend-score.ts";

const crowd = (trusted: number, known = 0, fresh = 0) => ({ trusted, known, fresh });

describe("crowds", () => {
  const weights: readonly (readonly [Standing, ReturnType<typeof crowd>, number])[] = [
    ["settled", crowd(3), 3],
    ["settled", crowd(0, 4), 1],
    ["settled", crowd(0, 1000), 2.5],
    ["settled", crowd(0, 0, 10), 0.2],
    ["settled", crowd(0, 0, 1_000_000), 0.5],
    ["settled", crowd(2, 1000, 1_000_000), 4.5],
    ["young", crowd(0, 3, 500), 3.5],
    ["nobody", crowd(0, 0, 7), 7],
  ];
  for (const [standing, of, weight] of weights)
    test(`${standing}: ${JSON.stringify(of)} weighs ${weight}`, () =>
      expect(crowdWeight(of, standing)).toBeCloseTo(weight, 9));

  const places: readonly (readonly [Standing, ReturnType<typeof crowd>, boolean])[] = [
    ["settled", crowd(2), false],
    ["settled", crowd(3), true],
    ["settled", crowd(0, 1e6, 1e6), false],
    ["settled", crowd(1, 8), true],
    ["young", crowd(0, 0, 1e6), false],
    ["young", crowd(0, 1, 2), true],
    ["young", crowd(0, 2, 0), false],
    ["nobody", crowd(0, 0, 3), true],
    ["nobody", crowd(0, 0, 2), false],
  ];
  for (const [standing, of, may] of places)
    test(`${standing}: ${JSON.stringify(of)} ${may ? "may" : "may not"} have a place`, () =>
      expect(mayPlace(of, standing)).toBe(may));

  test("one more person never weighs less", () => {
    for (const standing of ["settled", "young", "nobody"] as const) {
      for (let size = 0; size < 60; size++) {
        const weight = crowdWeight(crowd(1, size, size), standing);
        expect(crowdWeight(crowd(1, size + 1, size), standing)).toBeGreaterThanOrEqual(weight - 1e-9);
        expect(crowdWeight(crowd(1, size, size + 1), standing)).toBeGreaterThanOrEqual(weight - 1e-9);
      }
    }
  });
});

describe("order", () => {
  test("what is unusual stands before what is usual, and among equals what gathers pace", () => {
    expect(surpriseScore(10, 0, 1)).toBeGreaterThan(surpriseScore(12, 10, 1));
    expect(surpriseScore(10, 2, 1.5)).toBeGreaterThan(surpriseScore(10, 2, 1));
    expect(surpriseScore(5, 9, 1)).toBeLessThan(0);
  });

  test("pace: steady is one, and it rises and falls with the end of the window", () => {
    expect(velocityOf(new Array<number>(24).fill(3))).toBeCloseTo(1, 1);
    expect(velocityOf([...new Array<number>(20).fill(1), 5, 5, 5, 5])).toBeGreaterThan(1.3);
    expect(velocityOf([...new Array<number>(4).fill(5), ...new Array<number>(20).fill(0)])).toBeLessThan(0.7);
    // Nothing falls because an hour has only begun, nor rises because the one before was full.
    expect(velocityOf([3, 3, 3, 3, 0], 0)).toBeCloseTo(1, 1);
    expect(velocityOf([3, 3, 3, 3, 2], 1 / 3)).toBeCloseTo(velocityOf([3, 3, 3, 3, 4]), 5);
    expect(velocityOf([])).toBe(1);
    expect(velocityOf([0, 0])).toBe(1);
  });

  test("half of what was done counts after half a window", () => {
    expect(decay(0, 24)).toBe(1);
    expect(decay(12, 24)).toBeCloseTo(0.5, 9);
  });
});

describe("links", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["https://Example.com/a/?utm_source=x&id=1#top", "https://example.com/a/?id=1"],
    ["https://example.com/a/", "https://example.com/a"],
    ["http://user:secret@example.com/", undefined],
    ["javascript:alert(1)", undefined],
    ["not a link", undefined],
    [`https://example.com/${"x".repeat(600)}`, undefined],
  ];
  for (const [written, link] of cases)
    test(written.slice(0, 50), () => expect(normalLink(written)).toBe(link as string));
});
