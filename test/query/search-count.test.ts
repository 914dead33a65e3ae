// COUNT of a search: what is looked at, what the index adds to it, and what two stores add up to.

import { expect, test } from "bun:test";
import type { FulltextCount } from "../../src/hot/fulltext-contract.ts";
import { type Refusal, refuse } from "../../src/nostr/reason.ts";
import { SearchCount } from "../../src/query/search-count.ts";
import { SearchNumbers, type SearchedPast } from "../../src/query/search-numbers.ts";
import type { HitSource } from "../../src/query/source.ts";
import type { SearchTask } from "../../src/query/fulltext-protocol.ts";
import { NOW, parsed } from "../support/fulltext-store.ts";

function hitsOf(count: number, hasMore: boolean | undefined): HitSource {
  let left = count;
  return {
    order: "rank",
    hasMore,
    error: undefined,
    pull: () => (left > 0 ? "ready" : "ended"),
    peek: () => ({ seq: left, createdAt: NOW, kind: 1, expiresAt: 0, json: "{}" }),
    shift: () => left--,
    close: () => {},
  };
}

async function counted(hits: HitSource, number: FulltextCount | Refusal) {
  const woken = Promise.withResolvers<void>();
  const source = new SearchCount(hits, async () => number, woken.resolve);
  let seen = 0;
  for (; source.pull(0) === "ready"; source.shift()) seen++;
  const hasAsked = source.pull(0) === "waiting";
  if (hasAsked) await woken.promise;
  expect(source.pull(0)).toBe("ended");
  return { count: seen + source.unseen, isExact: source.isExact, hasAsked };
}

test("few hits are counted one by one, and the index is asked for the number of many", async () => {
  const never = refuse("error", "nobody asks");
  expect(await counted(hitsOf(3, false), never)).toEqual({ count: 3, isExact: true, hasAsked: false });
  const number = { count: 70, exact: true };
  expect(await counted(hitsOf(3, true), number)).toEqual({ count: 70, isExact: true, hasAsked: true });
  const cut = { count: 70, exact: false };
  expect(await counted(hitsOf(3, undefined), cut)).toEqual({ count: 70, isExact: false, hasAsked: true });
});

test("where the index knows no number, or of fewer than were seen, what was seen is said to be near", async () => {
  for (const answer of [refuse("error", "restarting"), { count: 0, exact: true }]) {
    expect(await counted(hitsOf(3, true), answer)).toEqual({ count: 3, isExact: false, hasAsked: true });
  }
});

test("a count that was cancelled while the index was asked stays over", async () => {
  const answer = Promise.withResolvers<FulltextCount>();
  let woken = 0;
  const source = new SearchCount(
    hitsOf(0, true),
    () => answer.promise,
    () => woken++,
  );
  expect(source.pull(0)).toBe("waiting");
  source.close();
  answer.resolve({ count: 9, exact: true });
  await answer.promise;
  expect([source.pull(0), source.unseen, woken]).toEqual(["ended", 0, 0]);
});

const task = (search: string): SearchTask => ({
  query: parsed(search),
  filter: { tags: [] },
  limit: 10,
  pageSize: 10,
  upToSeq: 99,
  nowSeconds: NOW,
  budgetMs: 100,
});

/** A hot index that knows of 40 events, 5 of which OpenSearch does not show yet. */
function numbers(past: SearchedPast | undefined) {
  const asked: (number | undefined)[] = [];
  const of = new SearchNumbers({
    past,
    hot: {
      count: async ({ fresh }) => {
        asked.push(fresh?.afterSeq);
        return { count: fresh === undefined ? 40 : 5, exact: true };
      },
    },
  });
  return { asked, of: (search: string) => of.count(task(search)) };
}

test("a hot store that has everything is asked alone; else what OpenSearch shows and what is newer are added up", async () => {
  const whole = numbers(undefined);
  expect(await whole.of("fox")).toEqual({ count: 40, exact: true });
  expect(whole.asked).toEqual([undefined]);
  const excluded: (readonly number[] | undefined)[] = [];
  const cold: SearchedPast["cold"] = {
    count: async (_query, _filter, { excludedKinds }) => {
      excluded.push(excludedKinds);
      return { type: "answered", value: 1000, isPartial: false };
    },
  };
  const bounded = numbers({ cold, visibleSeq: () => 90 });
  expect(await bounded.of("fox")).toEqual({ count: 1005, exact: false });
  expect(bounded.asked).toEqual([90]);
  expect(excluded[0]).toContain(1059);
  // Whose domain it is, OpenSearch does not know.
  expect(await bounded.of("fox domain:fox.example")).toEqual({ count: 40, exact: false });
});

test("without a cold store that answers, the hot index says what it has and that it is not all", async () => {
  const down: SearchedPast["cold"] = {
    count: async () => ({ type: "unavailable", reason: "test" }),
  };
  for (const past of [
    { cold: down, visibleSeq: () => 90 },
    { cold: down, visibleSeq: () => undefined },
    { cold: undefined, visibleSeq: () => undefined },
  ]) {
    const { asked, of } = numbers(past);
    expect(await of("fox")).toEqual({ count: 40, exact: false });
    expect(asked).toEqual([undefined]);
  }
});
