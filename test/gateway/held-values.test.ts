// Bounds of what subscriptions hold: a connection, its address, everybody; and what is given back is there again.

import { expect, test } from "bun:test";
import { type Holder, HeldValues } from "../../src/gateway/held-values.ts";

const connection = (address: string): Holder => ({ address, held: 0 });
const prefixOf = (held: HeldValues, holder: Holder, weight: number): string | undefined =>
  held.reserve(holder, weight)?.text;

test("a connection, an address and all together have their bounds", () => {
  const held = new HeldValues();
  const one = connection("192.0.2.1");
  expect(prefixOf(held, one, 100_000)).toBeUndefined();
  expect(prefixOf(held, one, 1)).toContain("this connection");
  for (let count = 1; count < 50; count++)
    expect(prefixOf(held, connection("192.0.2.1"), 100_000)).toBeUndefined();
  expect(prefixOf(held, connection("192.0.2.1"), 1)).toContain("this address");
  for (let count = 0; count < 150; count++)
    expect(prefixOf(held, connection(`192.0.2.${2 + (count % 3)}`), 100_000)).toBeUndefined();
  expect(prefixOf(held, connection("192.0.2.9"), 1)).toContain("as many subscriptions as it can");
  expect(one.held).toBe(100_000);
});

test("what is released can be held again, and what was refused holds nothing", () => {
  const held = new HeldValues();
  const one = connection("192.0.2.1");
  for (let round = 0; round < 1000; round++) {
    expect(prefixOf(held, one, 100_000)).toBeUndefined();
    expect(prefixOf(held, one, 100_000)).toContain("this connection");
    held.release(one, 100_000);
  }
  expect(one.held).toBe(0);
});
