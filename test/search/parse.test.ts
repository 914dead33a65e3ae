// The search grammar: what each form means, what is dropped, what is refused.

import { describe, expect, test } from "bun:test";
import { nip19 } from "nostr-tools";
import { isRefusal } from "../../src/nostr/reason.ts";
import { parseMoment } from "../../src/search/moment.ts";
import { parseSearch, TERMS_MAX } from "../../src/search/parse.ts";
import {
  hasPositiveText,
  type Node,
  relaxations,
  type SearchQuery,
  UNMATCHABLE,
  withOpenEnd,
} from "../../src/search/query.ts";
import { prng, testSeed } from "../support/prng.ts";

const NOW = 1_700_000_000;
const KEY = "ab".repeat(32);

function parse(text: string): SearchQuery {
  const query = parseSearch(text, { nowSeconds: NOW });
  if (isRefusal(query)) throw new Error(`${text}: ${query.text}`);
  return query;
}

function refusal(text: string): string {
  const query = parseSearch(text, { nowSeconds: NOW });
  if (!isRefusal(query)) throw new Error(`${text} was not refused`);
  expect(query.prefix).toBe("invalid");
  return query.text;
}

/** The tree in one line: words, "phrases", stem*, -not, (a & b), (a | b), <condition>. */
function show(node: Node | undefined): string {
  if (node === undefined) return "";
  switch (node.type) {
    case "match":
      return node.phrase ? `"${node.tokens.join(" ")}"` : node.tokens.join("+") + (node.prefix ? "*" : "");
    case "condition":
      return `<${Object.values(node.condition).join(" ")}>`;
    case "not":
      return `-${show(node.node)}`;
    case "and":
      return `(${node.nodes.map(show).join(" & ")})`;
    case "or":
      return `(${node.nodes.map(show).join(" | ")})`;
  }
}

function conditions(query: SearchQuery): string[] {
  return query.conditions.map(
    (group) => (group.negated ? "-" : "") + group.any.map((each) => Object.values(each).join(" ")).join("|"),
  );
}

describe("text", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["Bitcoin", "bitcoin"],
    ["best nostr apps", "(best & nostr & apps)"],
    ['"exact words" more', '("exact words" & more)'],
    ["“smart quotes”", '"smart quotes"'],
    ['free -beer -"pump it"', '(free & -beer & -"pump it")'],
    ["cat OR dog", "(cat | dog)"],
    ["cat|dog|bird", "(cat | dog | bird)"],
    ["(cat OR dog) food", "((cat | dog) & food)"],
    ["cat dog OR bird", "((cat & dog) | bird)"],
    ["-(a b) c", "(-(a & b) & c)"],
    ["bitc*", "bitc*"],
    ["ab*", "ab"],
    ["日本語 ニュース", "(日本+本+本語 & ニュ+ュ+ュー+ー+ース)"],
    ["or and or", "(or & and & or)"],
    ["https://www.example.com/a?b=c", "example+com+a+b+c"],
    ["https://wiki.example/%D0%91%D0%B8%D1%82", "wiki+example+бит"],
    ["meet at 12:30", "(meet & at & 12+30)"],
    ["nostr:hello", "nostr+hello"],
    ["note: this", "(note & this)"],
    ["Bitcoin:hard std::vector", "(bitcoin+hard & std+vector)"],
    ["foo bar:baz", "foo"],
    ['foo title:"some words" end', "(foo & end)"],
    ['"unbalanced (x', '"unbalanced x"'],
    [") a ( b", "(a & b)"],
    ["a OR OR b |", "(a | b)"],
    ["fish AND chips OR -AND", "((fish & chips) | -and)"],
    ["(#art | has:image) cat", "((<hashtag art> | <has image>) & cat)"],
    ["(.png OR .jpg) cat", "((png | jpg) & cat)"],
    ["see https://en.wikipedia.org/wiki/Rust_(language)", "(see & en+wikipedia+org+wiki+rust+language)"],
  ];
  test.each(cases)("%p", (text, shown) => {
    expect(show(parse(text).text)).toBe(shown);
  });

  test("nothing searchable matches nothing; nothing at all is a filter", () => {
    expect(parse(":)").text).toEqual(UNMATCHABLE);
    expect(parse("--").text).toEqual(UNMATCHABLE);
    expect(parse("sort:hot").text).toBeUndefined();
    expect(parse("unknown:thing").text).toBeUndefined();
    expect(parse("   ").text).toBeUndefined();
  });

  test("only what must be found is positive", () => {
    expect(hasPositiveText(parse("-casino").text)).toBe(false);
    expect(hasPositiveText(parse("-casino nostr").text)).toBe(true);
    expect(hasPositiveText(parse("cat OR -dog").text)).toBe(false);
  });

  test("autocomplete leaves the last word open, and no phrase", () => {
    expect(show(withOpenEnd(parse("jack d")).text)).toBe("(jack & d*)");
    expect(show(withOpenEnd(parse("j")).text)).toBe("j*");
    expect(show(withOpenEnd(parse('"jack d"')).text)).toBe('"jack d"');
  });
});

describe("keys", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    [`from:${nip19.npubEncode(KEY)}`, [`author ${KEY}`]],
    [`by:${KEY} author:${"cd".repeat(32)}`, [`author ${KEY}|author ${"cd".repeat(32)}`]],
    ["since:2w", [`since ${NOW - 14 * 86_400}`]],
    ["until:2023-01-31", ["until 1675209599"]],
    ["has:image is:reply", ["has image", "has reply"]],
    ["media:true video:false", ["has media", "-has video"]],
    ["site:https://www.YouTube.com/watch", ["site youtube.com"]],
    ["kind:1 kind:30023", ["kind 1|kind 30023"]],
    ["language:en-US", ["language en"]],
    ["Kind:1 -Has:image", ["-has image", "kind 1"]],
    ["lang:ja", ["language ja"]],
    ["domain:user@Example.com", ["domain example.com"]],
    ["sentiment:positive", ["sentiment positive"]],
    ["nsfw:false", ["-nsfw"]],
    ["nsfw:true", []],
    ["protocol:activitypub", ["protocol activitypub"]],
    [`client:31990:${KEY}:ditto`, [`client 31990:${KEY}:ditto`]],
    ["pow:20", ["pow 20"]],
    ["tag:e -tag:content-warning", ["tag e", "-tag content-warning"]],
    ["#Bitcoin -#NSFW", ["hashtag bitcoin", "-hashtag nsfw"]],
    ["#日本", ["hashtag 日本"]],
    ["#日本。 #nostr!", ["hashtag 日本", "hashtag nostr"]],
  ];
  test.each(cases)("%p", (text, shown) => {
    expect(conditions(parse(text))).toEqual([...shown]);
    expect(parse(text).text).toBeUndefined();
  });

  test("what a client appends holds for every alternative", () => {
    const query = parse("cat OR dog language:en media:true");
    expect(show(query.text)).toBe("(cat | dog)");
    expect(conditions(query)).toEqual(["has media", "language en"]);
  });

  test("sort: the first known one counts", () => {
    expect(parse("sort:new").sort).toBe("recent");
    expect(parse("sort:trending").sort).toBe("rising");
    expect(parse("sort:bogus sort:top sort:hot").sort).toBe("top");
    expect(parse("words").sort).toBe("relevance");
  });

  test("options", () => {
    expect(parse("x include:spam autocomplete:true distinct:author").options).toEqual({
      includeSpam: true,
      autocomplete: true,
      distinctAuthor: true,
    });
    expect(parse("x autocomplete:false").options.autocomplete).toBe(false);
    expect(parse("x").options.autocomplete).toBeUndefined();
  });

  test("pasted identifiers are looked up", () => {
    const id = "12".repeat(32);
    const naddr = nip19.naddrEncode({ kind: 30_023, pubkey: KEY, identifier: "a:b" });
    expect(parse(nip19.npubEncode(KEY)).lookups).toEqual([{ type: "pubkey", pubkey: KEY }]);
    expect(parse(`nostr:${nip19.nprofileEncode({ pubkey: KEY })}`).lookups).toEqual([
      { type: "pubkey", pubkey: KEY },
    ]);
    expect(parse(`${nip19.noteEncode(id)} ${nip19.neventEncode({ id })}`).lookups).toHaveLength(2);
    expect(parse(naddr).lookups).toEqual([
      { type: "address", address: { kind: 30_023, pubkey: KEY, identifier: "a:b" } },
    ]);
    // As they are copied from a sentence.
    expect(parse(`(nostr:${naddr}, ${nip19.noteEncode(id)}.`).lookups).toHaveLength(2);
    expect(parse(KEY.toUpperCase()).lookups).toEqual([{ type: "hex", value: KEY }]);
    expect(parse("npub1notreallyone").lookups).toEqual([]);
  });
});

describe("refusals say what to write", () => {
  test("values", () => {
    expect(refusal("from:jack")).toContain("npub");
    expect(refusal("since:banana")).toContain("7d");
    expect(refusal("until:2023-02-30")).toContain("date");
    expect(refusal("has:fun")).toContain("image");
    expect(refusal("kind:70000")).toContain("65535");
    expect(refusal("pow:lots")).toContain("256");
  });

  test("bounds", () => {
    expect(refusal("w ".repeat(TERMS_MAX + 1))).toContain("24");
    expect(refusal("tag:e ".repeat(TERMS_MAX + 1))).toContain("24");
    expect(refusal("a|b|c|d|e|f|g|h|i")).toContain("8");
    expect(refusal("((((a))))")).toContain("3 deep");
    expect(parse("w ".repeat(TERMS_MAX)).text).toBeDefined();
    expect(parse("a|b|c|d|e|f|g|h").text).toBeDefined();
    expect(parse("(((a)))").text).toBeDefined();
  });
});

test("a time without a zone is UTC, wherever the relay stands", () => {
  const { TZ } = process.env;
  process.env["TZ"] = "America/New_York";
  try {
    expect(parseMoment("2024-02-29T12:00", NOW)).toEqual({ first: 1_709_208_000, last: 1_709_208_000 });
  } finally {
    if (TZ === undefined) delete process.env["TZ"];
    else process.env["TZ"] = TZ;
  }
});

test("moments", () => {
  expect(parseMoment("7d", NOW)).toEqual({ first: NOW - 604_800, last: NOW - 604_800 });
  expect(parseMoment("2024", NOW)).toEqual({ first: 1_704_067_200, last: 1_735_689_599 });
  expect(parseMoment("2024-02", NOW)).toEqual({ first: 1_706_745_600, last: 1_709_251_199 });
  expect(parseMoment("2024-02-29", NOW)).toEqual({ first: 1_709_164_800, last: 1_709_251_199 });
  expect(parseMoment("2024-02-29T12:00:00Z", NOW)).toEqual({ first: 1_709_208_000, last: 1_709_208_000 });
  expect(parseMoment("2024-02-29T13:00:00+01:00", NOW)).toEqual({
    first: 1_709_208_000,
    last: 1_709_208_000,
  });
  expect(parseMoment("1700000000", NOW)).toEqual({ first: NOW, last: NOW });
  expect(parseMoment("yesterday", NOW)).toEqual({ first: 1_699_833_600, last: 1_699_919_999 });
  for (const wrong of ["", "2023-02-29", "13w2", "1969", "2024-13", "tomorrowish"]) {
    expect(parseMoment(wrong, NOW)).toBeUndefined();
  }
});

const seed = testSeed();
test(`any text is parsed or refused, and never throws (seed ${seed})`, () => {
  const random = prng(seed);
  const pieces = [
    "(",
    ")",
    '"',
    "-",
    "|",
    " OR ",
    " ",
    "a",
    "word*",
    "#t",
    "since:1d",
    "sort:hot",
    "npub1",
    "日本",
    "\u0000",
    "💜",
    ":",
    "has:image",
    "https://x.y/(z)",
    "\ud800",
  ];
  for (let round = 0; round < 3000; round++) {
    const length = Math.floor(random() * 25);
    const text = Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join("");
    const query = parseSearch(text, { nowSeconds: NOW });
    expect(isRefusal(query) || Array.isArray(query.conditions)).toBe(true);
    if (!isRefusal(query)) expect(JSON.parse(JSON.stringify(query.lookups))).toEqual([...query.lookups]);
  }
});

test("weaker forms for when nothing is found", () => {
  const weaker = (text: string): string[] => relaxations(parse(text)).map(({ text: node }) => show(node));
  expect(weaker("nodes")).toEqual(["nodes*"]);
  expect(weaker("a big relays -bad")).toEqual([
    "(a & big & relays* & -bad)",
    "(-bad & ((big & relays) | (a & relays) | (a & big)))",
  ]);
  expect(weaker('"exact words"')).toEqual([]);
  expect(weaker("cat OR dog")).toEqual([]);
  expect(weaker("cats sort:recent")).toEqual([]);
});
