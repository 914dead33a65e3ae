// Searches as OpenSearch bodies: what is scored, what only filters, and what is asked for.

import { expect, test } from "bun:test";
import type { Filter } from "../../src/nostr/filter.ts";
import {
  canRelax,
  isPlainText,
  searchBody,
  typeaheadBody,
  unindexedKey,
} from "../../src/cold/search-body.ts";
import { NOW, parsed } from "../support/fulltext-store.ts";

const KEY = "ab".repeat(32);
const OPTIONS = { size: 300, nowSeconds: NOW };
const MINUTE = NOW - (NOW % 60);
const EXPIRED = { range: { exp: { lte: MINUTE } } };
const SPAM = { term: { spam: true } };
const FIELDS = ["txt", "title^4", "name^8", "about^0.2", "url^0.5"];

interface Bool {
  readonly must?: readonly { readonly bool?: Bool; readonly [query: string]: unknown }[];
  readonly filter: readonly unknown[];
  readonly must_not: readonly unknown[];
  readonly should: readonly unknown[];
  readonly minimum_should_match: string;
}

interface Body {
  readonly sort?: readonly unknown[];
  readonly collapse?: unknown;
  readonly query: { readonly bool: Bool };
}

function body(search: string, filter: Partial<Filter> = {}, options: object = {}): Body {
  const made = searchBody(parsed(search), { tags: [], ...filter }, { ...OPTIONS, ...options });
  return made as unknown as Body;
}

test("only seq is asked for, as a doc value, and no total", () => {
  expect(body("warm water")).toMatchObject({
    size: 300,
    _source: false,
    stored_fields: "_none_",
    docvalue_fields: ["seq"],
    track_total_hits: false,
  });
  expect(body("warm water").sort).toBeUndefined();
});

test("text is scored; keys of the filter and of the search are not", () => {
  const filter: Partial<Filter> = {
    kinds: [1, 30_023],
    authors: [KEY],
    since: 5,
    until: NOW,
    tags: [{ name: "t", mode: "any", values: ["x"] }],
  };
  expect(body('warm "cold water" -salt #sea has:image -site:a.b', filter).query as unknown).toEqual({
    bool: {
      must: [
        {
          bool: {
            must: [
              { multi_match: { query: "warm", fields: FIELDS, type: "best_fields", operator: "and" } },
              { multi_match: { query: "cold water", fields: FIELDS, type: "phrase" } },
            ],
            filter: [],
            must_not: [
              { multi_match: { query: "salt", fields: FIELDS, type: "best_fields", operator: "and" } },
            ],
          },
        },
      ],
      filter: [
        { terms: { pubkey: [KEY] } },
        { terms: { kind: ["1", "30023"] } },
        { terms: { "t.t": ["x"] } },
        { range: { created_at: { gte: 5, lte: NOW } } },
        { term: { hashtag: "sea" } },
        { term: { has: "image" } },
        { bool: { must_not: [{ term: { site: "a.b" } }] } },
      ],
      must_not: [EXPIRED, SPAM],
    },
  });
});

test("words that an analyzer takes apart stay together, a star is a prefix, OR is a choice", () => {
  const text = (search: string): unknown => body(search).query.bool.must![0];
  expect(text("日本語")).toEqual({ multi_match: { query: "日本語", fields: FIELDS, type: "phrase" } });
  expect(text("bitc*")).toMatchObject({
    bool: {
      must: [{ multi_match: { query: "bitc", type: "bool_prefix" } }],
      should: [{ multi_match: { query: "bitc", type: "best_fields" } }],
    },
  });
  expect(text("x_bitc*")).toMatchObject({ multi_match: { query: "x bitc", type: "phrase_prefix" } });
  expect(text("(a OR #b) c")).toMatchObject({
    bool: {
      must: [{ multi_match: { query: "c" } }],
      filter: [{ bool: { should: [{}, { term: { hashtag: "b" } }], minimum_should_match: 1 } }],
    },
  });
  expect(text(":)")).toEqual({ match_none: {} });
});

test("orders: time by the index's own sort, talk by its stepped count, both without scores", () => {
  expect(body("x sort:recent").sort).toEqual([{ created_at: "desc" }]);
  expect(body("x sort:old").sort).toEqual([{ created_at: "asc" }]);
  expect(body("x sort:top").sort?.[0]).toEqual({ engaged: { order: "desc", missing: "_last" } });
  expect(body("x sort:zaps").sort?.[0]).toEqual({ paid: { order: "desc", missing: "_last" } });
  expect(body("x sort:recent").query.bool.must).toBeUndefined();
  expect(body("has:image").sort).toEqual([{ created_at: "desc" }]);
  const age = body("x sort:hot").query.bool.filter.at(-1) as { range: { created_at: { gte: number } } };
  const hot = age.range.created_at.gte;
  expect(NOW - hot).toBeGreaterThanOrEqual(7 * 86_400);
  expect(hot % 3600).toBe(0);
});

test("spam on request, one hit an author, domains by their authors, pasted identifiers", () => {
  expect(body("x include:spam").query.bool.must_not).toEqual([EXPIRED]);
  expect(body("x distinct:author").collapse).toEqual({ field: "pubkey" });
  const domain = body("domain:a.b x", {}, { authorsOfDomain: () => [KEY] }).query.bool.filter;
  expect(domain).toEqual([{ terms: { pubkey: [KEY] } }]);
  expect(body("domain:a.b x").query.bool.filter).toEqual([{ match_none: {} }]);
  expect(body(KEY).query.bool.filter).toEqual([
    { bool: { should: [{ term: { id: KEY } }, { term: { pubkey: KEY } }], minimum_should_match: 1 } },
  ]);
  expect(body("kind:1 kind:6 x").query.bool.filter).toEqual([
    { bool: { should: [{ term: { kind: "1" } }, { term: { kind: "6" } }], minimum_should_match: 1 } },
  ]);
});

test("a second try asks for most of the words", () => {
  const relaxed = body('one two three "a phrase" -not', {}, { relaxed: true }).query.bool.must![0]!.bool!;
  expect(relaxed.minimum_should_match).toBe("2<-1 5<60%");
  expect(relaxed.should).toHaveLength(3);
  expect(relaxed.must![0]!.bool!.must).toHaveLength(1);
  expect(relaxed.must![0]!.bool!.must_not).toHaveLength(1);
  expect(canRelax(parsed("one two three"))).toBe(true);
  expect(canRelax(parsed("one two"))).toBe(false);
  expect(canRelax(parsed("one two three sort:recent"))).toBe(false);
});

test("names while typing", () => {
  const typed = typeaheadBody(parsed("jack d"), { kinds: [0], tags: [] }, OPTIONS) as unknown as Body;
  expect(typed.query.bool.must).toEqual([{ match: { "name.start": { query: "jack d", operator: "and" } } }]);
  expect(typed.query.bool.filter).toEqual([{ terms: { kind: ["0"] } }]);
  expect(isPlainText(parsed("jack d"))).toBe(true);
  expect(isPlainText(parsed('"jack d"'))).toBe(false);
  expect(isPlainText(parsed("jack -d"))).toBe(false);
});

test("keys that the index has no field for are named", () => {
  expect(unindexedKey(parsed("tag:imeta x"))).toBe("tag:imeta");
  expect(unindexedKey(parsed("tag:e -tag:content-warning language:de sentiment:positive"))).toBeUndefined();
});
