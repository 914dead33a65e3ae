// The judgement set keeps search from getting worse: the mean of nDCG@10 has a floor, and so has every single query.

import { expect, test } from "bun:test";
import { eventFromJson } from "../../src/nostr/event.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import { RankedSearch } from "../../src/query/ranked-search.ts";
import { FulltextStore, NOW, parsed } from "../support/fulltext-store.ts";
import { judge, loadJudgements, meanOf, ndcgOf } from "../support/search-quality.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();

const MEAN_MIN = 0.95;
const SINGLE_MIN = 0.5;

test("nDCG", () => {
  expect(ndcgOf(["a", "b"], { a: 3, b: 1 })).toBe(1);
  expect(ndcgOf(["b", "a"], { a: 3, b: 1 })).toBeLessThan(0.8);
  expect(ndcgOf(["c"], { a: 3 })).toBe(0);
});

test("full-text search in SQLite", async () => {
  const judgements = await loadJudgements();
  expect(judgements.queries.length).toBeGreaterThanOrEqual(60);
  const store = new FulltextStore(folder());
  store.write(...judgements.events);
  store.catchUp();
  const ranked = new RankedSearch(store.fulltext, store.reader);
  const results = await judge(judgements, async (search, filter, limit) => {
    const options = {
      limit,
      pageSize: limit,
      upToSeq: 1e9,
      nowSeconds: NOW,
      deadlineMs: Number.POSITIVE_INFINITY,
    };
    const answer = ranked.search(parsed(search), filter, options);
    if (isRefusal(answer)) throw new Error(`${search}: ${answer.text}`);
    return answer.hits.map(({ json }) => eventFromJson(json));
  });
  const weak = results
    .filter(({ ndcg }) => ndcg < SINGLE_MIN)
    .map(({ query, found }) => ({ search: query.search, found }));
  expect(weak).toEqual([]);
  expect(meanOf(results)).toBeGreaterThan(MEAN_MIN);
  store.close();
});
