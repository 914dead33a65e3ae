// The size of the recent tail where nobody names one.

import { expect, test } from "bun:test";
import { totalmem } from "node:os";
import { memoryBytes, tailBytesFor } from "../../src/hot/tail-size.ts";

const GIBIBYTE = 2 ** 30;

test("a sixteenth of the memory, within bounds", () => {
  expect(tailBytesFor(8 * GIBIBYTE)).toBe(GIBIBYTE / 2);
  expect(tailBytesFor(GIBIBYTE)).toBe(GIBIBYTE / 8);
  expect(tailBytesFor(0)).toBe(GIBIBYTE / 8);
  expect(tailBytesFor(512 * GIBIBYTE)).toBe(GIBIBYTE);
});

test("never more memory than the machine has", () => {
  expect(memoryBytes()).toBeGreaterThan(0);
  expect(memoryBytes()).toBeLessThanOrEqual(totalmem());
});
