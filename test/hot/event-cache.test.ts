// The cache keeps its bound and what is used; the key table agrees with a plain map of sets.

import { expect, test } from "bun:test";
import type { Hit } from "../../src/hot/contract.ts";
import { EventCache } from "../../src/hot/event-cache.ts";
import { hitBytes } from "../../src/hot/hit-bytes.ts";
import { KeyTable } from "../../src/hot/key-table.ts";
import { prng, testSeed } from "../support/prng.ts";

const hit = (seq: number, length = 100): Hit => ({
  seq,
  createdAt: seq,
  kind: 1,
  expiresAt: 0,
  json: "x".repeat(length),
});
const ONE = hitBytes(hit(1).json);

test("texts beyond Latin-1 count two bytes a character", () => {
  expect(hitBytes("漢".repeat(50)) - hitBytes("")).toBe(100);
  expect(hitBytes("x".repeat(50)) - hitBytes("")).toBe(50);
});

test("the bound holds whatever comes", () => {
  const cache = new EventCache(ONE * 10);
  for (let seq = 1; seq <= 1000; seq++) {
    cache.put(hit(seq));
    expect(cache.bytes).toBeLessThanOrEqual(ONE * 10);
  }
  expect(cache.get(1000)).toEqual(hit(1000));
  expect(cache.get(1)).toBeUndefined();
});

test("what is asked for again stays", () => {
  const cache = new EventCache(ONE * 10);
  cache.put(hit(1));
  for (let seq = 2; seq <= 200; seq++) {
    cache.put(hit(seq));
    expect(cache.get(1)).toEqual(hit(1));
  }
});

test("an event larger than half of the cache is not kept, and a cache of nothing keeps nothing", () => {
  const cache = new EventCache(ONE * 10);
  cache.put(hit(1, ONE * 6));
  const none = new EventCache(0);
  none.put(hit(1));
  expect([cache.get(1), none.get(1), none.bytes]).toEqual([undefined, undefined, 0]);
});

const seed = testSeed();

test(`the key table is a multimap (SEED=${seed})`, () => {
  const random = prng(seed);
  const table = new KeyTable(seed);
  const model = new Map<number, Set<number>>();
  for (let step = 0; step < 20_000; step++) {
    // Few fingerprints, some of them neighbours and extremes: clusters, doubles, and gaps that must be closed.
    const fingerprint = random() < 0.2 ? 0xffff_ffff - Math.floor(random() * 4) : Math.floor(random() * 3000);
    const slots = model.get(fingerprint) ?? new Set();
    model.set(fingerprint, slots);
    const slot = (Math.floor(random() * 8) + fingerprint * 8) % 0x7fff_fff0;
    if (!slots.has(slot) && random() < 0.7) {
      slots.add(slot);
      table.add(fingerprint, slot);
    } else if (slots.delete(slot)) table.remove(fingerprint, slot);
  }
  for (const [fingerprint, slots] of model) {
    const found: number[] = [];
    for (let at = table.next(fingerprint, -1); at !== -1; at = table.next(fingerprint, at))
      found.push(table.slotAt(at));
    expect(found.sort()).toEqual([...slots].sort());
  }
});
