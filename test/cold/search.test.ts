// Searches through the door: hits become scored seqs, a vain search is tried again with fewer words, faults are told.

import type { Client } from "@opensearch-project/opensearch";
import { expect, test } from "bun:test";
import { systemClock } from "../../src/cold/clock.ts";
import { IndexChoice } from "../../src/cold/index-choice.ts";
import { ColdSearch } from "../../src/cold/search.ts";
import { SearchDoor } from "../../src/cold/search-door.ts";
import { NOW, parsed } from "../support/fulltext-store.ts";

const OPTIONS = { size: 2, nowSeconds: NOW, upToSeq: 100 };

/** A cluster that answers from a list and remembers what it was asked. */
function cluster(answers: readonly object[]) {
  const asked: { index: string; body: object }[] = [];
  const client = {
    indices: { getAlias: async () => ({ statusCode: 200, body: {} }) },
    search: async (params: { index: string; body: object }) => {
      asked.push(params);
      return { body: answers[asked.length - 1] };
    },
  } as unknown as Client;
  const search = new ColdSearch(
    new SearchDoor(client, { searchMs: 1000 }),
    new IndexChoice(client, "nostr", systemClock),
  );
  return { search, asked };
}

const hits = (...found: readonly (readonly [seq: number, score: number | null])[]) => ({
  hits: { hits: found.map(([seq, _score]) => ({ _index: "i", _score, fields: { seq: [seq] } })) },
});

test("scores are relative to the best, later events are left out", async () => {
  const { search, asked } = cluster([hits([5, 8], [101, 6], [7, 2])]);
  expect(await search.search(parsed("warm"), { tags: [] }, OPTIONS)).toEqual({
    type: "answered",
    isPartial: false,
    value: {
      candidates: [
        { seq: 5, textScore: 1 },
        { seq: 7, textScore: 0.25 },
      ],
      complete: false,
    },
  });
  expect(asked).toHaveLength(1);
  expect(asked[0]!.index).toBe("nostr");
});

test("nothing found: words may go on, then most of them will do", async () => {
  const { search, asked } = cluster([hits(), hits(), hits([5, 1])]);
  const answer = await search.search(parsed("many words here"), { tags: [] }, OPTIONS);
  expect(answer).toMatchObject({ value: { candidates: [{ seq: 5 }], complete: true, isWeaker: true } });
  expect(JSON.stringify(asked[1]!.body)).toContain("bool_prefix");
  expect(JSON.stringify(asked[2]!.body)).toContain("minimum_should_match");
  const phrase = cluster([hits()]);
  await phrase.search.search(parsed('"one two"'), { tags: [] }, OPTIONS);
  expect(phrase.asked).toHaveLength(1);
});

test("a filter that can match nothing asks nobody, and what the index has no field for is refused", async () => {
  const { search, asked } = cluster([]);
  expect(await search.search(parsed("kind:1 x"), { kinds: [2], tags: [] }, OPTIONS)).toMatchObject({
    value: { candidates: [], complete: true },
  });
  expect(await search.search(parsed("tag:imeta x"), { tags: [] }, OPTIONS)).toMatchObject({
    prefix: "unsupported",
  });
  expect(asked).toHaveLength(0);
});

test("counts, and partial answers say so", async () => {
  const { search, asked } = cluster([
    { hits: { hits: [], total: { value: 7, relation: "eq" } }, timed_out: true },
  ]);
  expect(await search.count(parsed("x"), { tags: [] }, OPTIONS)).toEqual({
    type: "answered",
    isPartial: true,
    value: 7,
  });
  expect(asked[0]!.body).toMatchObject({ size: 0, track_total_hits: true });
});

test("profiles are looked up by the beginning of a name", async () => {
  const { search, asked } = cluster([hits([1, 1]), hits([1, 1])]);
  await search.search(parsed("jac"), { kinds: [0], tags: [] }, OPTIONS);
  expect(JSON.stringify(asked[0]!.body)).toContain("name.start");
  await search.search(parsed("jac autocomplete:false"), { kinds: [0], tags: [] }, OPTIONS);
  expect(JSON.stringify(asked[1]!.body)).not.toContain("name.start");
});
