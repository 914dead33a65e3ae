// The filter over tombstones never misses one, and is seldom wrong about the rest.

import { expect, test } from "bun:test";
import { BarredKeys } from "../../src/hot/barred-keys.ts";
import { prng, testSeed } from "../support/prng.ts";

const seed = testSeed();

function trusted(expected = 0): BarredKeys {
  const barred = new BarredKeys(expected);
  barred.trusted = true;
  return barred;
}

test(`every key added is held, and few others (SEED=${seed})`, () => {
  const random = prng(seed);
  const key = () => Math.floor(random() * 2 ** 24) * 2 ** 24 + Math.floor(random() * 2 ** 24);
  const barred = trusted(20_000);
  const added = Array.from({ length: 20_000 }, key);
  for (const one of added) barred.add(one);
  expect(added.every((one) => barred.mayHold(one))).toBe(true);
  const mistaken = Array.from({ length: 20_000 }, key).filter((one) => barred.mayHold(one)).length;
  expect(mistaken).toBeLessThan(400);
  expect(barred.crowded).toBe(false);
});

test("keys that differ in their last or first bits only are told apart", () => {
  const barred = trusted();
  for (let n = 0; n < 1000; n++) barred.add(n * 2);
  let mistaken = 0;
  for (let n = 0; n < 1000; n++) {
    if (barred.mayHold(n * 2 + 1)) mistaken++;
    if (barred.mayHold((n + 1) * 2 ** 33)) mistaken++;
  }
  expect(mistaken).toBeLessThan(40);
});

test("an empty filter holds nothing, an untrusted one may hold anything", () => {
  const barred = trusted();
  expect(barred.mayHold(7)).toBe(false);
  barred.trusted = false;
  expect(barred.mayHold(7)).toBe(true);
});

test("a filter that outgrows its size says so", () => {
  const barred = trusted();
  for (let n = 0; n < 20_000; n++) barred.add(n * 7919);
  expect(barred.crowded).toBe(true);
});
