// A search over both stores: OpenSearch's hits, the last moments, what left the hot store, and a cold store that is down.

import { expect, test } from "bun:test";
import type { Hit } from "../../src/hot/contract.ts";
import { isRefusal, refuse } from "../../src/nostr/reason.ts";
import type { SearchTask } from "../../src/query/fulltext-protocol.ts";
import { TieredSearch } from "../../src/query/tiered-search.ts";
import { parseSearch } from "../../src/search/parse.ts";
import { keypair, unsignedEvent } from "../support/events.ts";

const NOW = 1_700_000_000;
const hit = (seq: number): Hit => ({
  seq,
  createdAt: NOW - seq,
  kind: 1,
  expiresAt: 0,
  // Ten are by one author.
  json: unsignedEvent(keypair(1 + Math.floor(seq / 10)).pubkey, { content: `${seq}` }).json,
});

interface World {
  readonly cold: readonly number[] | "down";
  /** Does what the cold store finds only nearly have the words? */
  readonly isWeaker?: boolean;
  readonly fresh?: readonly number[] | "refused" | "unfinished";
  readonly hot?: readonly number[];
  readonly evicted?: readonly number[];
  readonly visibleSeq?: number | "unknown";
  /** What the cold store says when it is asked for what has left. */
  readonly past?: "unavailable" | "partial" | "lossy";
}

function engineOf({ cold, isWeaker, fresh: told = [], hot = [], evicted = [], visibleSeq = 0, past }: World) {
  const fresh = typeof told === "string" ? [] : told;
  const asked: string[] = [];
  const engine = new TieredSearch({
    cold: {
      search: async () => {
        asked.push("cold");
        if (cold === "down") return { type: "unavailable", reason: "test" };
        const candidates = cold.map((seq, index) => ({ seq, textScore: 1 - index / 10 }));
        return {
          type: "answered",
          isPartial: false,
          value: { candidates, complete: true, isWeaker: isWeaker === true },
        };
      },
    },
    hot: {
      search: async (task) => {
        if (task.fresh === undefined) {
          asked.push("hot");
          return { hits: hot.map(hit), complete: true };
        }
        const { afterSeq } = task.fresh;
        asked.push(`fresh after ${afterSeq}`);
        if (told === "refused") return refuse("rate-limited", "test");
        const unseen = fresh.filter((seq) => seq > afterSeq);
        const complete = told !== "unfinished" && unseen.length <= task.limit;
        return { hits: unseen.slice(0, task.limit).map(hit), complete };
      },
      order: async (_task, candidates) => ({
        hits: candidates.filter(({ seq }) => [...hot, ...fresh].includes(seq)).map(({ seq }) => hit(seq)),
        complete: true,
        absent: candidates.map(({ seq }) => seq).filter((seq) => ![...hot, ...fresh].includes(seq)),
      }),
    },
    visibleSeq: () => (visibleSeq === "unknown" ? undefined : visibleSeq),
    history: {
      cold: {
        bySeqs: async (seqs: readonly number[]) =>
          past === "unavailable"
            ? { type: "unavailable", reason: "test" }
            : {
                type: "answered",
                isPartial: past === "partial",
                value: seqs.map((seq) => ({ ...hit(seq), raw: hit(seq).json })),
              },
      } as never,
      isWhole: () => past !== "lossy",
      evictions: {
        admit: (copies: readonly { seq: number }[]) =>
          copies.filter(({ seq }) => evicted.includes(seq)).map(({ seq }) => hit(seq)),
      } as never,
    },
  });
  const ask = async (text: string, limit = 10) => {
    const query = parseSearch(text, { nowSeconds: NOW });
    if (isRefusal(query)) throw new Error(query.text);
    const filter = { tags: [], search: text };
    const task: SearchTask = {
      query,
      filter,
      limit,
      pageSize: limit,
      upToSeq: 99,
      nowSeconds: NOW,
      budgetMs: 100,
    };
    const answer = await engine.search(task);
    if (isRefusal(answer)) throw new Error(answer.text);
    return { seqs: answer.hits.map(({ seq }) => seq), complete: answer.complete };
  };
  return { ask, asked };
}

test("OpenSearch's hits together with what it cannot show yet, each once", async () => {
  const { ask } = engineOf({ cold: [3, 2], fresh: [3, 4], hot: [2, 3, 4] });
  expect(await ask("fox")).toEqual({ seqs: [3, 2, 4], complete: true });
});

test("what only nearly has the words gives way to what was stored a moment ago and has them", async () => {
  const { ask } = engineOf({ cold: [2, 3], isWeaker: true, fresh: [4], hot: [2, 3, 4] });
  expect((await ask("fox")).seqs).toEqual([4]);
  const alone = engineOf({ cold: [2, 3], isWeaker: true, hot: [2, 3] });
  expect((await alone.ask("fox")).seqs).toEqual([2, 3]);
});

test("the hot index is asked only for what OpenSearch does not show yet", async () => {
  const behind = engineOf({ cold: [2], fresh: [3, 4], hot: [2, 3, 4], visibleSeq: 3 });
  expect((await behind.ask("fox")).seqs).toEqual([2, 4]);
  expect(behind.asked).toEqual(["cold", "fresh after 3"]);
  const level = engineOf({ cold: [2], fresh: [3, 4], hot: [2, 3, 4], visibleSeq: 99 });
  expect((await level.ask("fox")).seqs).toEqual([2]);
  expect(level.asked).toEqual(["cold"]);
});

test("hits that left the hot store keep their place, and only those that may be shown", async () => {
  const { ask } = engineOf({ cold: [1, 2, 3, 4], hot: [2, 4], evicted: [1, 3] });
  expect((await ask("fox")).seqs).toEqual([1, 2, 3, 4]);
  const erased = engineOf({ cold: [1, 2, 3, 4], hot: [2, 4], evicted: [3] });
  expect((await erased.ask("fox")).seqs).toEqual([2, 3, 4]);
});

test("where dates are the order, they order what left the hot store too", async () => {
  const recent = engineOf({ cold: [1, 2, 3, 4], hot: [2, 4], evicted: [1, 3] });
  expect((await recent.ask("fox sort:recent")).seqs).toEqual([1, 2, 3, 4]);
  const old = engineOf({ cold: [4, 3, 2, 1], hot: [4, 2], evicted: [3, 1] });
  expect((await old.ask("fox sort:old")).seqs).toEqual([4, 3, 2, 1]);
});

test("indexes of which nobody knows whose they are are not asked", async () => {
  const { ask, asked } = engineOf({ cold: [1], hot: [5], visibleSeq: "unknown" });
  expect(await ask("fox")).toEqual({ seqs: [5], complete: false });
  expect(asked).toEqual(["hot"]);
});

test("while OpenSearch is down the hot index answers, and does not claim to be complete", async () => {
  const { ask } = engineOf({ cold: "down", hot: [5] });
  expect(await ask("fox")).toEqual({ seqs: [5], complete: false });
});

test("orders that live on counters are the hot index's alone", async () => {
  const { ask, asked } = engineOf({ cold: [1], hot: [7] });
  expect((await ask("sort:hot")).seqs).toEqual([7]);
  expect(asked).toEqual(["hot"]);
  await ask("sort:recent");
  expect(asked).toContain("cold");
});

test("all that OpenSearch cannot show yet is found, and where it is not nothing is claimed", async () => {
  const many = Array.from({ length: 80 }, (_, index) => index + 10);
  const { ask } = engineOf({ cold: [], fresh: many });
  expect(await ask("fox", 100)).toEqual({ seqs: many, complete: true });
  expect(await ask("fox", 60)).toMatchObject({ complete: false });
  for (const fresh of ["refused", "unfinished"] as const)
    expect(await engineOf({ cold: [1], fresh, hot: [1] }).ask("fox")).toEqual({ seqs: [1], complete: false });
});

test("hits that have left and cannot be fetched are missing, and not said to be all", async () => {
  const world = { cold: [1, 2], hot: [2], evicted: [1] };
  const gone = engineOf({ ...world, past: "unavailable" });
  expect(await gone.ask("fox")).toEqual({ seqs: [2], complete: false });
  const partial = engineOf({ ...world, past: "partial" });
  expect(await partial.ask("fox")).toEqual({ seqs: [1, 2], complete: false });
  const lossy = engineOf({ ...world, past: "lossy" });
  expect(await lossy.ask("fox")).toEqual({ seqs: [1, 2], complete: false });
});

test("hits that were deleted, which OpenSearch does not know yet, do not crowd out those that have left", async () => {
  const deleted = Array.from({ length: 10 }, (_, index) => index + 20);
  const { ask } = engineOf({ cold: [...deleted, 1, 2], evicted: [1, 2] });
  expect(await ask("fox", 3)).toEqual({ seqs: [1, 2], complete: true });
  expect(await ask("fox", 1)).toEqual({ seqs: [1], complete: false });
});

test("one hit for each author, also where one has left and another came a moment ago", async () => {
  const { ask } = engineOf({ cold: [1, 12], fresh: [2], hot: [2], evicted: [1, 12] });
  expect((await ask("fox distinct:author")).seqs).toEqual([1, 12]);
  expect((await ask("fox distinct:author sort:recent")).seqs).toEqual([1, 12]);
  expect((await ask("fox distinct:author sort:old")).seqs).toEqual([12, 2]);
});
