// The hits of a search as a source of a REQ: a page is filled although much of what an index names may not be shown.

import { expect, spyOn, test } from "bun:test";
import type { Hit } from "../../src/hot/contract.ts";
import type { QueryContext } from "../../src/query/planner.ts";
import { createSearchPort, type SearchEngine } from "../../src/query/search-source.ts";
import { unsignedEvent } from "../support/events.ts";
import { SOMEBODY } from "../support/somebody.ts";

const NOW = 1_700_000_000;
const HITS = 2000;

/** Best first: many private or deleted ones, then notes. */
const hits = (bad: number, kind: number): Hit[] =>
  Array.from({ length: HITS }, (_, index) => {
    const { json, event } = unsignedEvent("a".repeat(64), {
      kind: index < bad ? kind : 1,
      content: `${index}`,
    });
    return { seq: index + 1, createdAt: event.created_at, kind: event.kind, expiresAt: 0, json };
  });

async function page(engine: SearchEngine, limit: number) {
  const woken = Promise.withResolvers<void>();
  const context: QueryContext = {
    upToSeq: HITS,
    keys: new Set(),
    client: SOMEBODY,
    now: NOW,
    wake: woken.resolve,
  };
  const searching = spyOn(engine, "search");
  const port = createSearchPort(engine, {
    numbers: { count: () => Promise.reject(new Error("nobody counts here")) },
    budgetMs: 1000,
    hitsMax: 1000,
    hides: () => false,
    capabilities: { languages: false, sentiments: false },
  });
  const source = port.source({ tags: [], search: "word" }, limit, context);
  // For a reader that takes nothing, nothing is looked at, nor searched.
  expect(searching.mock.calls).toHaveLength(0);
  if (source.pull(0) === "waiting") await woken.promise;
  const seqs: number[] = [];
  for (; source.pull(0) === "ready"; source.shift()) seqs.push(source.peek().seq);
  return { seqs, hasMore: source.hasMore };
}

test("past what the gate takes away", async () => {
  const asked: number[] = [];
  const all = hits(200, 4);
  const engine: SearchEngine = {
    search: async ({ limit }) => {
      asked.push(limit);
      return { hits: all.slice(0, limit), complete: limit >= all.length };
    },
  };
  expect(await page(engine, 3)).toEqual({ seqs: [201, 202, 203], hasMore: true });
  expect(asked).toEqual([23, 184, 1020]);
});

test("past what has left the store and is still indexed", async () => {
  const asked: number[] = [];
  const all = hits(0, 1);
  const engine: SearchEngine = {
    search: async ({ limit }) => {
      asked.push(limit);
      return { hits: all.slice(100, Math.max(100, limit)), complete: false, isThinned: true };
    },
  };
  expect(await page(engine, 2)).toEqual({ seqs: [101, 102], hasMore: true });
  expect(asked).toEqual([22, 176]);
});

test("not where the time was up, and never without end", async () => {
  const asked: number[] = [];
  const few = hits(0, 1).slice(0, 1);
  const spent = async (isThinned: boolean) => {
    asked.length = 0;
    const engine: SearchEngine = {
      search: async ({ limit }) => {
        asked.push(limit);
        return { hits: few, complete: false, isThinned };
      },
    };
    expect(await page(engine, 2)).toEqual({ seqs: [1], hasMore: undefined });
    return [...asked];
  };
  expect(await spent(false)).toEqual([22]);
  expect(await spent(true)).toEqual([22, 176, 1020]);
});
