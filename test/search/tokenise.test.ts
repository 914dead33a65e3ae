// Tokens: what is made one, what is taken apart, and that a query finds what the index holds.

import { describe, expect, test } from "bun:test";
import { FIELD_TOKENS_MAX, fold, hashtagKey, queryTokens, tokenise } from "../../src/search/tokenise.ts";
import { prng, testSeed } from "../support/prng.ts";

describe("folding", () => {
  const same: readonly (readonly [string, string])[] = [
    ["École", "ecole"],
    ["Straße", "STRASSE"],
    ["Ａｐｐｌｅ", "apple"],
    ["ﾗｰﾒﾝ", "ラーメン"],
    ["İstanbul", "istanbul"],
    ["ΣΊΣΥΦΟΣ", "σίσυφος"],
    ["٢٠٢٤", "2024"],
    ["१२३", "123"],
    ["أهلاً", "اهلا"],
    ["ёлка", "елка"],
    ["Łódź Ørsted", "lodz orsted"],
    ["ﬁne", "fine"],
    ["soft\u00adhyphen", "softhyphen"],
  ];
  test.each(same)("%p is found as %p", (written, looked) => {
    expect(tokenise(written)).toEqual(tokenise(looked));
  });

  test("й is not и, and ガ is not カ: those marks make another letter", () => {
    expect(fold("й")).not.toBe(fold("и"));
    expect(fold("ガ")).not.toBe(fold("カ"));
  });

  test("what is folded again folds the same, also after more than is remembered", () => {
    const texts = Array.from({ length: 6000 }, (_, at) => `É${String.fromCodePoint(0x4e00 + at)} ﬁﾞ ${at}`);
    const folded = texts.map((text) => fold(text));
    expect(folded[7]).toBe("e\u4e07 fi\u3099 7");
    expect(texts.map((text) => fold(text))).toEqual(folded);
  });

  test("hashtags are compared folded", () => {
    expect(hashtagKey(" BitCoin ")).toBe("bitcoin");
    expect(hashtagKey("Ｎｏｓｔｒ")).toBe("nostr");
  });
});

describe("segmentation", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["Don’t stop, it's Apollo’s 3.14!", ["dont", "stop", "it", "apollo", "3", "14"]],
    ["l'homme d’accord dell'arte o'clock", ["homme", "accord", "arte", "oclock"]],
    ["foo_bar-baz example.com", ["foo", "bar", "baz", "example", "com"]],
    ["日本語", ["日", "日本", "本", "本語", "語"]],
    ["nostrの話", ["nostr", "の", "の話", "話"]],
    ["한국어", ["한", "한국", "국", "국어", "어"]],
    ["🧡👨‍👩‍👧 🇧🇷", ["🧡", "👨", "👩", "👧", "🇧🇷"]],
    ["नमस्ते दुनिया", ["नमस्ते", "दुनिया"]],
    ["", []],
    ["…!?–", []],
  ];
  test.each(cases)("%p", (text, tokens) => {
    expect(tokenise(text)).toEqual([...tokens]);
  });

  test("a long token is cut and a long text ends, without half a character", () => {
    expect(tokenise("a".repeat(500))).toEqual(["a".repeat(64)]);
    expect(tokenise("x ".repeat(20_000))).toHaveLength(FIELD_TOKENS_MAX);
    expect(tokenise(`${"a".repeat(63)}𝒳𠮷`).every((token) => token.isWellFormed())).toBe(true);
    expect(tokenise("日".repeat(20_000)).length).toBeLessThanOrEqual(FIELD_TOKENS_MAX);
  });
});

test("a query of unspaced script drops what its pairs imply", () => {
  expect(queryTokens("日")).toEqual(["日"]);
  expect(queryTokens("日本")).toEqual(["日本"]);
  expect(queryTokens("日本語")).toEqual(["日本", "本", "本語"]);
  expect(queryTokens("nostr日本 go")).toEqual(["nostr", "日", "日本", "本", "go"]);
  expect(queryTokens("bitcoin price")).toEqual(["bitcoin", "price"]);
});

const seed = testSeed();
test(`any piece of an unspaced text is found in it (seed ${seed})`, () => {
  const random = prng(seed);
  const letters = [..."日本語今日は東京タワー한국어 ไทย", "a", " "];
  for (let round = 0; round < 300; round++) {
    const text = Array.from({ length: 12 }, () => letters[Math.floor(random() * letters.length)]).join("");
    const from = Math.floor(random() * 10);
    const piece = text.slice(from, from + 1 + Math.floor(random() * 4));
    if (/[a ]/.test(piece)) continue;
    const held = ` ${tokenise(text).join(" ")} `;
    expect(held).toContain(` ${queryTokens(piece).join(" ")} `);
  }
});

const foldSeed = testSeed();
test(`a text folds as its lines do, whatever stands at their ends (seed ${foldSeed})`, () => {
  const random = prng(foldSeed);
  const pieces = [
    ..."aeisAEIS'’- Ĳﬁſéñßæøłŋς\u0301\u0308\u0345ΣΐёÅ日한ไ٣½①Kİıｱﾞ👍\u200d\ufe0f",
    "e\u0301",
    "ΑΣ",
    "\ud83d",
  ];
  const line = (): string =>
    Array.from(
      { length: Math.floor(random() * 12) },
      () => pieces[Math.floor(random() * pieces.length)],
    ).join("");
  for (let round = 0; round < 2_000; round++) {
    const [one, two] = [line(), line()];
    expect(fold(`${one}x\n${two}`)).toBe(`${fold(`${one}x`)}\n${fold(two)}`);
    // The same letter in another width joins the run before it.
    expect(fold(`${one}x`)).toBe(fold(`${one}ｘ`));
  }
});
