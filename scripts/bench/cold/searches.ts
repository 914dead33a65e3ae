// Searches of every sort with the number of hits that a right answer has, counted from what was written.

import { Chance, seedOf } from "../corpus/random.ts";
import type { History } from "./history.ts";

export interface Search {
  readonly filter: Record<string, unknown> & { readonly search: string; readonly limit: number };
  readonly expected: number;
  /** Folded words or a hashtag that stand in every hit's text; empty where a name is looked for. */
  readonly holds: readonly string[];
}

export const SEARCH_KINDS = [
  "rare word",
  "two words",
  "phrase",
  "common word",
  "hashtag",
  "recent",
  "authors and kinds",
] as const;
export type SearchKind = (typeof SEARCH_KINDS)[number];

const LIMIT = 20;
const NOTES = [1];
/** Ranks of words that people would call common, and of those that hardly anybody uses. */
const COMMON = [5, 60] as const;
const MIDDLE = [60, 4_000] as const;
const RARE = [20_000, 60_000] as const;

type Make = (history: History, chance: Chance) => Search | undefined;

const MAKERS: Readonly<Record<SearchKind, Make>> = {
  "rare word": (history, chance) => {
    const word = writtenWord(history, chance, RARE);
    return word === undefined ? undefined : oneWord(history, word, { kinds: NOTES });
  },
  "two words": (history, chance) => {
    const pair = neighbours(history, chance, 2);
    if (pair === undefined) return undefined;
    const found = history.postings.havingBoth(pair[0]!, pair[1]!).length;
    return search(history, pair, text(history, pair), { kinds: NOTES }, found);
  },
  phrase: (history, chance) => {
    const words = neighbours(history, chance, 2 + chance.below(2));
    if (words === undefined) return undefined;
    const found = history.postings.havingPhrase(words).length;
    return search(history, words, `"${text(history, words)}"`, { kinds: NOTES }, found);
  },
  // Profiles and articles have such words too: with no kinds asked for there are always more than a page.
  "common word": (history, chance) => oneWord(history, rank(history, chance, COMMON), {}),
  hashtag: (history, chance) => {
    const number = history.lexicon.hashtagRanks.draw(chance);
    const name = history.lexicon.hashtags[number]!;
    const expected = Math.min(LIMIT, count(history.hashtag, number));
    if (expected === 0) return undefined;
    return { filter: { search: `#${name}`, kinds: NOTES, limit: LIMIT }, expected, holds: [`#${name}`] };
  },
  recent: (history, chance) =>
    oneWord(history, rank(history, chance, MIDDLE), { kinds: NOTES }, " sort:recent"),
  "authors and kinds": (history, chance) => {
    const word = rank(history, chance, COMMON);
    const first = chance.below(Math.min(500, history.people.length - 20));
    const authors = history.people.slice(first, first + 20).map(({ pubkey }) => pubkey);
    const found = history.postings
      .having(word)
      .filter((event) => history.author[event]! >= first && history.author[event]! < first + 20).length;
    return search(history, [word], text(history, [word]), { kinds: NOTES, authors }, found);
  },
};

/** At most `wanted` searches, no two alike, the same for one seed. */
export function searchesOf(history: History, kind: SearchKind, wanted: number): Search[] {
  const chance = new Chance(seedOf(`${kind} ${history.size.seed}`));
  const made: Search[] = [];
  for (let tries = 0; made.length < wanted && tries < wanted * 4; tries++) {
    const one = MAKERS[kind](history, chance);
    if (one !== undefined) made.push(apart(one, made.length, history));
  }
  return made;
}

/** Names as they are typed, three to six letters in, on profiles alone. */
export function typeaheads(history: History, wanted: number): Search[] {
  const chance = new Chance(seedOf(`typeahead ${history.size.seed}`));
  const { names } = history.lexicon;
  return Array.from({ length: wanted }, (_, index) => {
    const typed = names[chance.below(names.length)]!.slice(0, 3 + chance.below(4));
    const fits = names.map((name) => name.startsWith(typed));
    const found = history.names.filter(([name, surname]) => fits[name] || fits[surname]).length;
    const filter = { search: `${typed} autocomplete:true`, kinds: [0], limit: 10 };
    const one = { filter, expected: Math.min(10, found), holds: [] };
    return apart(one, index, history);
  }).filter(({ expected }) => expected > 0);
}

/** Repeated questions are answered from memory, so each asks with a `since` of its own, older than everything. */
function apart(search: Search, number: number, { size }: History): Search {
  return { ...search, filter: { ...search.filter, since: size.end - 366 * 86_400 - number } };
}

function oneWord(history: History, word: number, rest: object, keys = ""): Search | undefined {
  const found = history.postings.having(word).length;
  return search(history, [word], text(history, [word]) + keys, rest, found);
}

function search(
  { lexicon }: History,
  words: readonly number[],
  written: string,
  rest: object,
  found: number,
): Search | undefined {
  if (found === 0) return undefined;
  const holds = words.map((word) => lexicon.words[word]!);
  return { filter: { search: written, ...rest, limit: LIMIT }, expected: Math.min(LIMIT, found), holds };
}

function text({ lexicon }: History, words: readonly number[]): string {
  return words.map((word) => lexicon.words[word]!).join(" ");
}

function rank({ lexicon }: History, chance: Chance, [from, to]: readonly [number, number]): number {
  for (;;) {
    const word = from + chance.below(to - from);
    if (lexicon.isSpaced[word] === 1) return word;
  }
}

/** A word of these ranks out of some note: most of them were never written in a small history. */
function writtenWord(
  { postings, lexicon }: History,
  chance: Chance,
  [from, to]: readonly [number, number],
): number | undefined {
  for (let tries = 0; tries < 200; tries++) {
    const words = postings.words(chance.below(postings.texts));
    const found = words.find((word) => word >= from && word < to && lexicon.isSpaced[word] === 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Words that stand side by side in some note, none of them so common that it says nothing. */
function neighbours({ postings, lexicon }: History, chance: Chance, size: number): number[] | undefined {
  for (let tries = 0; tries < 200; tries++) {
    const words = postings.words(chance.below(postings.texts));
    if (words.length < size) continue;
    const at = chance.below(words.length - size + 1);
    const run = [...words.subarray(at, at + size)];
    if (new Set(run).size === size && run.every((word) => word >= MIDDLE[0] && lexicon.isSpaced[word] === 1))
      return run;
  }
  return undefined;
}

function count(values: Int32Array, wanted: number): number {
  let found = 0;
  for (const value of values) if (value === wanted) found++;
  return found;
}
