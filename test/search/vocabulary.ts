// Random texts and queries over a small vocabulary of several scripts, and the plainest possible matcher of them.

import type { Node } from "../../src/search/query.ts";
import { tokenise } from "../../src/search/tokenise.ts";

const WORDS = [
  "bitcoin",
  "nostr",
  "relay",
  "relays",
  "Café",
  "cafe",
  "3.14",
  "don't",
  "日本",
  "日本語",
  "東京タワー",
  "語",
  "한국어",
  "🧡",
  "привет",
  "Ёлка",
  "x_y",
  "naïve",
  "ไทย",
  "中文",
  "文",
  "a",
  "be",
  "bee",
];
const OPERATORS = [" ", " ", " ", " OR ", " -", " "];

type Random = () => number;

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)]!;

export function randomText(random: Random): string {
  const length = 1 + Math.floor(random() * 10);
  return Array.from({ length }, () => pick(random, WORDS)).join(random() < 0.1 ? "" : " ");
}

export function randomQuery(random: Random): string {
  const length = 1 + Math.floor(random() * 3);
  let text = "";
  for (let i = 0; i < length; i++) {
    const piece = randomPiece(random);
    text += i === 0 ? piece : pick(random, OPERATORS) + piece;
  }
  return random() < 0.15 ? `(${text}) ${pick(random, WORDS)}` : text;
}

function randomPiece(random: Random): string {
  const word = pick(random, WORDS);
  if (random() < 0.2) return `"${word} ${pick(random, WORDS)}"`;
  return random() < 0.15 ? `${word}*` : word;
}

/** One field, one text: token sequences are looked for as substrings between spaces. */
export function naiveMatch(node: Node | undefined, text: string): boolean {
  const held = ` ${tokenise(text).join(" ")} `;
  const has = (each: Node): boolean => {
    switch (each.type) {
      case "match":
        return held.includes(` ${each.tokens.join(" ")}${each.prefix ? "" : " "}`);
      case "and":
        return each.nodes.every(has);
      case "or":
        return each.nodes.some(has);
      case "not":
        return !has(each.node);
      case "condition":
        throw new Error("the naive matcher knows text only");
    }
  };
  return node === undefined || has(node);
}
