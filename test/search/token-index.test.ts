// Words, beginnings and phrases in fields: the plain meaning, and one walk over the text whatever is asked.

import { expect, test } from "bun:test";
import { TokenIndex } from "../../src/search/token-index.ts";
import { prng, testSeed } from "../support/prng.ts";

const SEED = testSeed();

/** Tries every place. */
function naive(fields: readonly (readonly string[])[], tokens: readonly string[], prefix: boolean): boolean {
  return fields.some((field) =>
    field.some((_, at) =>
      tokens.every((token, offset) => {
        const found = field[at + offset];
        const mayGoOn = prefix && offset === tokens.length - 1;
        return found === token || (mayGoOn && found?.startsWith(token) === true);
      }),
    ),
  );
}

test(`finds what trying every place finds (SEED=${SEED})`, () => {
  const random = prng(SEED);
  const words = (max: number): string[] =>
    Array.from(
      { length: Math.floor(random() * max) },
      () => ["a", "b", "ab", "abc", "ß"][Math.floor(random() * 5)]!,
    );
  for (let round = 0; round < 3000; round++) {
    const fields = [words(3), words(30), words(12)];
    const tokens = ["a", ...words(6)].slice(random() < 0.3 ? 0 : -3);
    const prefix = random() < 0.5;
    expect({ fields, tokens, prefix, found: new TokenIndex(fields).has({ tokens, prefix }) }).toEqual({
      fields,
      tokens,
      prefix,
      found: naive(fields, tokens, prefix),
    });
  }
});

test("a phrase that nearly fits everywhere costs one walk over the text", () => {
  let reads = 0;
  const text = new Proxy(Array<string>(8192).fill("a").with(-1, "b"), {
    get: (target, key) => {
      if (typeof key === "string" && /^\d+$/.test(key)) reads++;
      return Reflect.get(target, key) as unknown;
    },
  });
  const index = new TokenIndex([text]);
  reads = 0;
  expect(index.has({ tokens: [...Array<string>(400).fill("a"), "b", "a"], prefix: false })).toBe(false);
  expect(reads).toBeLessThanOrEqual(2 * 8192);
});
