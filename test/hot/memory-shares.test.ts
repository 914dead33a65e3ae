// What the hot store takes of the memory where nobody names a size.

import { expect, test } from "bun:test";
import { totalmem } from "node:os";
import { memoryBytes, pageCacheBytesFor, sizeOf, tailBytesFor } from "../../src/hot/memory-shares.ts";

const MEBIBYTE = 2 ** 20;
const GIBIBYTE = 2 ** 30;

test("a sixteenth of the memory for the tail, within bounds", () => {
  expect(tailBytesFor(8 * GIBIBYTE)).toBe(GIBIBYTE / 2);
  expect(tailBytesFor(GIBIBYTE)).toBe(GIBIBYTE / 8);
  expect(tailBytesFor(0)).toBe(GIBIBYTE / 8);
  expect(tailBytesFor(512 * GIBIBYTE)).toBe(GIBIBYTE);
});

test("a thirty-second of it for pages, within bounds", () => {
  expect(pageCacheBytesFor(4 * GIBIBYTE)).toBe(128 * MEBIBYTE);
  expect(pageCacheBytesFor(GIBIBYTE)).toBe(64 * MEBIBYTE);
  expect(pageCacheBytesFor(0)).toBe(64 * MEBIBYTE);
  expect(pageCacheBytesFor(512 * GIBIBYTE)).toBe(256 * MEBIBYTE);
});

test("a size that is named is taken as it is", () => {
  expect(sizeOf(MEBIBYTE, tailBytesFor)).toBe(MEBIBYTE);
  expect(sizeOf("auto", tailBytesFor)).toBe(tailBytesFor(memoryBytes()));
});

test("never more memory than the machine has", () => {
  expect(memoryBytes()).toBeGreaterThan(0);
  expect(memoryBytes()).toBeLessThanOrEqual(totalmem());
});
