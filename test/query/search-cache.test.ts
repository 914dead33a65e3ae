// The search cache: used again only while it is still the right answer.

import { expect, test } from "bun:test";
import type { Hit, LogEntry } from "../../src/hot/contract.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import type { SearchTask } from "../../src/query/fulltext-protocol.ts";
import { SearchCache } from "../../src/query/search-cache.ts";
import { parseSearch } from "../../src/search/parse.ts";
import { unsignedEvent } from "../support/events.ts";
import { SOMEBODY } from "../support/somebody.ts";

const AUTHOR = "a".repeat(64);

function world() {
  const stored: Hit[] = [];
  let searches = 0;
  const index = { isBehind: false };
  const add = (content: string, kind = 1): Hit => {
    const { event, json } = unsignedEvent(AUTHOR, { content, kind });
    const hit = { seq: stored.length + 1, createdAt: event.created_at, kind, expiresAt: 0, json };
    stored.push(hit);
    return hit;
  };
  const cache = new SearchCache(
    {
      search: async (task) => {
        searches++;
        return {
          hits: stored.filter((hit) => hit.json.includes("fox") && hit.seq <= task.upToSeq),
          complete: true,
          isThinned: index.isBehind,
        };
      },
    },
    {
      oracles: {},
      reader: {
        getMany: (seqs) => stored.filter((hit) => seqs.includes(hit.seq)),
        log: (after, limit) =>
          stored
            .filter((hit) => hit.seq > after)
            .slice(0, limit)
            .map((hit): LogEntry => ({ type: "stored", ...hit })),
      },
      freshMs: 60_000,
      answersMax: 10,
    },
  );
  const ask = async (text = "fox", kinds?: number[]) => {
    const query = parseSearch(text, { nowSeconds: 1_700_000_000 });
    if (isRefusal(query)) throw new Error(query.text);
    const filter = { tags: [], search: text, ...(kinds === undefined ? {} : { kinds }) };
    const upToSeq = stored.at(-1)?.seq ?? 0;
    const task: SearchTask = {
      query,
      filter,
      limit: 10,
      pageSize: 10,
      upToSeq,
      nowSeconds: 1_700_000_000,
      budgetMs: 100,
    };
    const answer = await cache.search(task, { client: SOMEBODY, isGone: () => false });
    if (isRefusal(answer)) throw new Error(answer.text);
    return answer.hits.map((hit) => hit.seq);
  };
  return { stored, index, add, ask, searches: () => searches };
}

test("asked again, it answers without a search; other filters are other questions", async () => {
  const { add, ask, searches } = world();
  add("a fox");
  expect([await ask(), await ask()]).toEqual([[1], [1]]);
  expect(searches()).toBe(1);
  await ask("fox", [1]);
  expect(searches()).toBe(2);
});

test("an answer in which what was just deleted took the place of others is not kept", async () => {
  const { add, ask, index, searches } = world();
  add("a fox");
  index.isBehind = true;
  await ask();
  index.isBehind = false;
  await ask();
  expect(searches()).toBe(2);
  await ask();
  expect(searches()).toBe(2);
});

test("events that do not match leave it standing, one that matches does not", async () => {
  const { add, ask, searches } = world();
  add("a fox");
  await ask();
  add("a dog");
  expect(await ask()).toEqual([1]);
  expect(searches()).toBe(1);
  add("another fox");
  expect(await ask()).toEqual([1, 3]);
  expect(searches()).toBe(2);
});

test("a hit that is gone, deleted or to the cold store alone, makes it ask anew", async () => {
  const { stored, add, ask, searches } = world();
  add("a fox");
  add("a second fox");
  await ask();
  stored.shift();
  expect(await ask()).toEqual([2]);
  expect(searches()).toBe(2);
});

test("what is asked by domain is not kept: it changes with profiles that do not match themselves", async () => {
  const { add, ask, searches } = world();
  add("a fox");
  await ask("fox domain:a.example");
  await ask("fox domain:a.example");
  expect(searches()).toBe(2);
});

test("what takes thousands of values to ask is not kept: the question is larger than its answer", async () => {
  const { add, ask, searches } = world();
  add("a fox");
  const kinds = Array.from({ length: 5000 }, (_, kind) => kind);
  await ask("fox", kinds);
  await ask("fox", kinds);
  expect(searches()).toBe(2);
});

test("after very many new events it asks anew rather than look through them", async () => {
  const { add, ask, searches } = world();
  add("a fox");
  await ask();
  for (let i = 0; i < 250; i++) add(`dog ${i}`);
  await ask();
  expect(searches()).toBe(2);
});
