// Texts of a search: each event is fetched once, and a page is filled past those that have gone.

import { expect, test } from "bun:test";
import type { Hit } from "../../src/hot/contract.ts";
import { HitTexts } from "../../src/query/hit-texts.ts";

function textsOf(stored: readonly number[], jsonOf: (seq: number) => string = String) {
  const asked: number[][] = [];
  const hit = (seq: number): Hit => ({ seq, createdAt: 0, kind: 1, expiresAt: 0, json: jsonOf(seq) });
  const texts = new HitTexts({
    getMany: (seqs) => {
      asked.push([...seqs]);
      return seqs.filter((seq) => stored.includes(seq)).map(hit);
    },
  });
  const first = (seqs: readonly number[], limit: number) => {
    const { hits, isAll } = texts.first(seqs, limit);
    return { seqs: hits.map(({ seq }) => seq), isAll };
  };
  return { texts, first, asked };
}

test("a page is filled past what has gone, and nothing is fetched twice", () => {
  const { texts, first, asked } = textsOf([9, 7, 5, 4]);
  expect(texts.get(7)?.json).toBe("7");
  expect(first([9, 8, 7, 6, 5, 4], 3)).toEqual({ seqs: [9, 7, 5], isAll: false });
  expect(asked).toEqual([[7], [9, 8], [6], [5]]);
  expect([9, 8, 7, 6, 5, 4].filter((seq) => texts.isAbsent(seq))).toEqual([8, 6]);
});

test("says when there are no others", () => {
  expect(textsOf([2, 1]).first([2, 1], 2)).toEqual({ seqs: [2, 1], isAll: true });
  expect(textsOf([2, 1]).first([3, 2], 2)).toEqual({ seqs: [2], isAll: true });
  expect(textsOf([]).first([], 2)).toEqual({ seqs: [], isAll: true });
});

test("of large events an answer has fewer, and says that there are others", () => {
  const seqs = Array.from({ length: 300 }, (_, seq) => seq);
  const { first, asked } = textsOf(seqs, () => "x".repeat(1024 * 1024));
  expect(first(seqs, 300)).toEqual({ seqs: seqs.slice(0, 8), isAll: false });
  expect(asked.flat().length).toBeLessThan(200);
});
