// The waiting line against an array that is shifted.

import { expect, test } from "bun:test";
import { WaitingLine } from "../../src/channel/waiting-line.ts";
import { prng, testSeed } from "../support/prng.ts";

const seed = testSeed();

test(`first in, first out, SEED=${seed}`, () => {
  const random = prng(seed);
  const line = new WaitingLine<number>();
  const model: number[] = [];
  let next = 0;
  for (let step = 0; step < 4_000; step++) {
    // Long growths and long shrinks, so that the cut happens at many places.
    if (random() < (step % 800 < 400 ? 0.9 : 0.4)) {
      for (let i = Math.floor(random() * 12); i >= 0; i--) {
        line.push(next);
        model.push(next++);
      }
    } else {
      const count = Math.floor(random() * 64);
      expect(line.take(count)).toEqual(model.splice(0, count));
      expect(line.first).toBe(model[0] as number);
      expect(line.shift()).toBe(model.shift() as number);
      expect(line.pop()).toBe(model.pop() as number);
    }
    expect(line.length).toBe(model.length);
  }
  expect(line.take(line.length)).toEqual(model);
  expect(line.length).toBe(0);
});
