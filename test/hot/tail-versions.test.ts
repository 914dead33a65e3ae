// Which authors are still looked for below the recent tail.

import { expect, test } from "bun:test";
import { authorKey } from "../../src/hot/keys.ts";
import { createTail } from "../../src/hot/tail.ts";
import { keysBelowTail } from "../../src/hot/tail-versions.ts";
import { hitOf } from "../support/insert-rows.ts";
import { prng, testSeed } from "../support/prng.ts";
import { RandomWorld } from "../support/random-events.ts";

const seed = testSeed();

test(`only authors with all of the kinds in the tail are done, whoever shares their keys (SEED=${seed})`, () => {
  const world = new RandomWorld(prng(seed));
  const [one, other] = world.authors as [string, string];
  // The last two share 48 bits with the first, and 32 with the second.
  const [twin, cousin] = world.authors.slice(-2) as [string, string];
  const tail = createTail({ bytesMax: 2 ** 20 });
  const version = (seq: number, pubkey: string, kind: number) =>
    hitOf({ seq, event: { ...world.event(), pubkey, kind, created_at: 1000 + seq } });
  tail.extend([version(1, one, 0), version(2, one, 3), version(3, other, 0)], 1000);
  const below = (authors: readonly string[], kinds: readonly number[]) =>
    keysBelowTail(tail, authors, authors.map(authorKey), kinds);

  expect(below([one, other], [0])).toEqual([]);
  expect(below([one, other], [0, 3])).toEqual([authorKey(other)]);
  expect(below([one, twin, cousin], [0])).toEqual([authorKey(twin), authorKey(cousin)]);
  expect(below([one], [0, 10_002])).toEqual([authorKey(one)]);
});
