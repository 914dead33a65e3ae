// What a count over several filters remembers: the same as a set of numbers, in a fraction of its memory.

import { expect, test } from "bun:test";
import { SeqSet } from "../../src/query/seq-set.ts";
import { prng, testSeed } from "../support/prng.ts";

const SEED = testSeed();

test(`tells what is new as a set of numbers does (SEED=${SEED})`, () => {
  const random = prng(SEED);
  const known = new Set<number>();
  const seqs = new SeqSet();
  for (let step = 0; step < 20_000; step++) {
    const seq = Math.floor(random() * (random() < 0.5 ? 10_000 : 2 ** 40));
    expect(seqs.add(seq)).toBe(!known.has(seq));
    known.add(seq);
  }
});

test("a million events take less than a fifth of a megabyte", () => {
  const seqs = new SeqSet();
  let added = 0;
  for (let seq = 1; seq <= 1_000_000; seq++) if (seqs.add(seq)) added++;
  expect(added).toBe(1_000_000);
  expect(seqs.bytes).toBeLessThan(200_000);
});
