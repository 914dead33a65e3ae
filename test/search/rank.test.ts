// The final order: signs of quality, profiles by name, variety of authors, and repetitions behind.

import { describe, expect, test } from "bun:test";
import { fingerprintOf, isNearDuplicate } from "../../src/search/near-duplicate.ts";
import { orderKey } from "../../src/search/order.ts";
import {
  askedOf,
  headlineOf,
  type HitFacts,
  rank,
  rankable,
  type Rankable,
  type RankOptions,
} from "../../src/search/rank.ts";
import { tokenise } from "../../src/search/tokenise.ts";
import { type EventTemplate, keypair, unsignedEvent } from "../support/events.ts";
import { NOW, parsed } from "../support/fulltext-store.ts";

const FACTS: HitFacts = { textScore: 0.5, engagement: 0, answers: 0, reactions: 0, msats: 0, followers: 0 };
const OPTIONS = { nowSeconds: NOW, pageSize: 10, mixAuthors: true };
const YEAR_AGO = NOW - 365 * 86_400;

function hit(
  search: string,
  author: number,
  template: EventTemplate,
  facts: Partial<HitFacts> = {},
): Rankable<string> {
  const { event, json } = unsignedEvent(keypair(author).pubkey, { created_at: YEAR_AGO, ...template });
  const { kind, created_at: createdAt } = event;
  const text = { kind, createdAt, author, headline: headlineOf(event), json: () => json };
  return rankable(template.content ?? "", text, askedOf(parsed(search)), { ...FACTS, ...facts });
}

function order(
  search: string,
  hits: readonly Rankable<string>[],
  options: RankOptions<string> = OPTIONS,
): string[] {
  return rank(hits, parsed(search), options).map(({ item }) => item);
}

function profile(name: string, more: object = {}): EventTemplate {
  return { kind: 0, content: JSON.stringify({ name, ...more }) };
}

describe("relevance", () => {
  const better: readonly (readonly [string, EventTemplate, Partial<HitFacts>])[] = [
    ["a better text score", { content: "good" }, { textScore: 0.7 }],
    ["words that stand together", { content: "red car good" }, {}],
    ["what is recent", { content: "good", created_at: NOW - 3600 }, {}],
    ["what people react to", { content: "good" }, { engagement: 40 }],
    ["an author whom people follow", { content: "good" }, { followers: 2000 }],
  ];
  test.each(better)("%s comes first", (_, template, facts) => {
    const search = "red car";
    const plain = hit(search, 1, { content: "plain" });
    expect(order(search, [plain, hit(search, 2, template, facts)])).toEqual([template.content!, "plain"]);
  });

  test("a thousand reactions do not beat a text that answers much better", () => {
    const loud = hit("car", 1, { content: "loud" }, { textScore: 0.1, engagement: 100_000 });
    const apt = hit("car", 2, { content: "apt" }, { textScore: 0.9 });
    expect(order("car", [loud, apt])[0]).toBe("apt");
  });
});

test("profiles: exact name, NIP-05, prefix, followers", () => {
  const search = "jack";
  const names = (hits: readonly Rankable<string>[]): string[] =>
    order(search, hits).map((content) => (JSON.parse(content) as { name: string }).name);
  const hits = [
    hit(search, 1, profile("about him"), { followers: 9999 }),
    hit(search, 2, profile("jackson"), { followers: 50 }),
    hit(search, 3, profile("jacky"), { followers: 500 }),
    hit(search, 4, profile("dorsey", { nip05: "jack@cash.app" }), { followers: 3 }),
    hit(search, 5, profile("someone", { display_name: "JACK" }), { followers: 10 }),
    hit(search, 6, profile("jack"), { followers: 100 }),
    hit(search, 7, profile("mr jack"), { followers: 9999 }),
  ];
  expect(names(hits)).toEqual(["jack", "someone", "dorsey", "jacky", "jackson", "mr jack", "about him"]);
});

test("nobody has more than three on a page; asked for by name they may", () => {
  const search = "cat";
  const many = Array.from({ length: 5 }, (_, i) =>
    hit(search, 1, { content: `mine ${i}` }, { textScore: 0.9 - i / 100 }),
  );
  const other = hit(search, 2, { content: "other" }, { textScore: 0.1 });
  expect(order(search, [...many, other])).toEqual([
    "mine 0",
    "mine 1",
    "mine 2",
    "other",
    "mine 3",
    "mine 4",
  ]);
  const named = order(search, [...many, other], { ...OPTIONS, mixAuthors: false });
  expect(named.at(-1)).toBe("other");
  expect(order("cat distinct:author", [...many, other])).toEqual(["mine 0", "other"]);
});

test("a text is read for its phrase only where that may lift it onto the first pages", () => {
  const options = { ...OPTIONS, pageSize: 2 };
  const read: string[] = [];
  const hits = Array.from({ length: 12 }, (_, at) => {
    const plain = hit("red car", at, { content: `${at}` }, { textScore: 0.9 - at * 0.045 });
    return { ...plain, isPhrase: () => (read.push(plain.item), plain.item === "5") };
  });
  // A phrase lifts by four places and a half: the fifth becomes the second, and the eighth could become the fourth.
  expect(order("red car", hits, options).slice(0, 4)).toEqual(["0", "5", "1", "2"]);
  expect(read).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
  // They are fetched at once; one word is no phrase, and needs no text.
  const fetched: (readonly string[])[] = [];
  const fetch = (items: readonly string[]): void => void fetched.push(items);
  order("red car", hits, { ...options, fetch });
  order("red", hits, { ...options, fetch });
  expect(fetched).toEqual([["0", "1", "2", "3", "4", "5", "6", "7"]]);
});

test("repetitions come last", () => {
  const text = "Join the great giveaway now and win ten thousand sats every day, only today for you number";
  const search = "giveaway";
  const hits = [1, 2, 3].map((author) =>
    hit(search, author, { content: `${text} ${author}` }, { textScore: 0.9 }),
  );
  const own = hit(search, 9, { content: "a giveaway of books" }, { textScore: 0.2 });
  expect(order(search, [...hits, own])[1]).toBe("a giveaway of books");
});

test("orders by time are by time alone", () => {
  const hits = [1, 1, 1, 1].map((author, i) => hit("x", author, { content: `${i}`, created_at: NOW - i }));
  expect(order("x sort:recent", hits)).toEqual(["0", "1", "2", "3"]);
  expect(order("x sort:old", hits)).toEqual(["3", "2", "1", "0"]);
});

test("order keys", () => {
  const facts = {
    ...FACTS,
    createdAt: NOW - 86_400,
    isProfile: false,
    engagement: 8,
    answers: 4,
    reactions: 9,
    msats: 7,
  };
  expect(orderKey("top", facts, NOW)).toBe(8);
  expect(orderKey("hot", facts, NOW)).toBe(4);
  expect(orderKey("zaps", facts, NOW)).toBe(7);
  expect(orderKey("controversial", facts, NOW)).toBeCloseTo(4 * Math.sqrt(13));
  expect(orderKey("rising", facts, NOW)).toBeCloseTo(8 / 26);
  expect(orderKey("top", { ...facts, isProfile: true, followers: 3 }, NOW)).toBe(3);
});

test("near duplicates differ in a word or two, not in what they say", () => {
  const print = (text: string) => fingerprintOf(tokenise(text));
  const long =
    "The quick brown fox jumps over the lazy dog while the farmer reads his newspaper in the old house by the river";
  expect(isNearDuplicate(print("GM!"), print("gm"))).toBe(true);
  expect(isNearDuplicate(print("gm"), print("gn"))).toBe(false);
  expect(isNearDuplicate(print(long), print(`${long} 7`))).toBe(true);
  const other =
    "Nostr relays store events and serve them to clients which verify signatures before they show anything to people";
  expect(isNearDuplicate(print(long), print(other))).toBe(false);
});
