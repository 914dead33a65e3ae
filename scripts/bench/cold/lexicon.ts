// The words of the made-up history: 60,000 by Zipf in several scripts, names of people, and hashtags, all kept apart.

import { fold } from "../../../src/search/tokenise.ts";
import { Chance, Zipf } from "../corpus/random.ts";

export const VOCABULARY = 60_000;
const HASHTAGS = 3_000;
const NAMES = 4_000;

interface Script {
  readonly share: number;
  /** The first syllable, and those that follow. */
  readonly heads: readonly string[];
  readonly parts: readonly string[];
  /** Separated by spaces when written, so that a word is found as a whole or not at all. */
  readonly isSpaced: boolean;
}

/** Clusters begin the words: the prose of freshly published events has none, so it never answers a question. */
const LATIN: Script = {
  share: 0.76,
  heads:
    "bra bre bri bro cla cle cli clo cra cre dra dre dro fla fle fli fra fre gla gle gra gro kla kli kre".split(
      " ",
    ),
  parts:
    "ba bén bor da del din dur fa fir ga gen ka kel kin lan le lis ma men mur na nel nor pa per ra rün sa ser sin ta ter tol tur va ven vor".split(
      " ",
    ),
  isSpaced: true,
};
const CYRILLIC: Script = {
  share: 0.1,
  heads: "вра гло дре зна кла кро мно пла при сла сто тра хле".split(" "),
  parts: "ба ве го ди жа ка ло ма ни по ра се та ту фо ча шу ям".split(" "),
  isSpaced: true,
};
const GREEK: Script = {
  share: 0.02,
  heads: "βρα γλυ δρο κλε κρα πλα τρι".split(" "),
  parts: "βα γο δι κα λε μα νο πι ρα τε φι".split(" "),
  isSpaced: true,
};
const ARABIC: Script = {
  share: 0.03,
  heads: "مد كت حر قم نج عل شر".split(" "),
  parts: "ار ين وم اب يد ون ات سر".split(" "),
  isSpaced: true,
};
const HAN: Script = {
  share: 0.09,
  heads: [..."日本国人大年中会社学生時間電車新聞世界音楽写真天気料理旅行自由平和"],
  parts: [..."山川田村海空花雨雪風森林石金水火土木月星光道橋門家店町市県島東西南北"],
  isSpaced: false,
};
const SCRIPTS = [LATIN, CYRILLIC, GREEK, ARABIC, HAN];

/** Names begin with letters that no word of the texts begins with: a prefix of one finds people and nothing else. */
const NAME_HEADS =
  "nu pra pru qua que sko sla sne spa sta ste sto stu swa tra tre tri tro una uru vla vlo wre xan yor zha zwe".split(
    " ",
  );

export interface Lexicon {
  /** In the order of their rank, commonest first. */
  readonly words: readonly string[];
  readonly isSpaced: Uint8Array;
  readonly hashtags: readonly string[];
  readonly names: readonly string[];
  readonly ranks: Zipf;
  readonly hashtagRanks: Zipf;
}

/** The same for everybody: only what is written with it depends on a seed. */
export function makeLexicon(): Lexicon {
  const chance = new Chance(60_000);
  const taken = new Set<string>();
  const words: string[] = [];
  const isSpaced = new Uint8Array(VOCABULARY);
  while (words.length < VOCABULARY) {
    const script = scriptOf(chance);
    const word = wordOf(script, words.length, chance);
    if (!isNew(word, taken)) continue;
    isSpaced[words.length] = script.isSpaced ? 1 : 0;
    words.push(word);
  }
  return {
    words,
    isSpaced,
    hashtags: fill(HASHTAGS, taken, () => wordOf(LATIN, VOCABULARY, chance) + chance.oneOf(LATIN.parts)),
    names: fill(NAMES, taken, () => nameOf(chance)),
    ranks: new Zipf(VOCABULARY),
    hashtagRanks: new Zipf(HASHTAGS),
  };
}

function scriptOf(chance: Chance): Script {
  let share = chance.next();
  return SCRIPTS.find((script) => (share -= script.share) < 0) ?? LATIN;
}

/** Common words are short, as in any language. */
function wordOf({ heads, parts, isSpaced }: Script, rank: number, chance: Chance): string {
  const syllables = isSpaced ? Math.ceil(Math.log10(rank + 10) / 1.4) + chance.below(2) : 1 + chance.below(2);
  let word = chance.oneOf(heads);
  for (let part = 0; part < syllables; part++) word += chance.oneOf(parts);
  return word;
}

function nameOf(chance: Chance): string {
  let name = chance.oneOf(NAME_HEADS);
  for (let part = 0; part < 1 + chance.below(3); part++) name += fold(chance.oneOf(LATIN.parts));
  return name;
}

function fill(size: number, taken: Set<string>, make: () => string): string[] {
  const made: string[] = [];
  while (made.length < size) {
    const word = fold(make());
    if (isNew(word, taken)) made.push(word);
  }
  return made;
}

/** Words that a search takes for the same one are one word. */
function isNew(word: string, taken: Set<string>): boolean {
  const folded = fold(word);
  if (taken.has(folded)) return false;
  taken.add(folded);
  return true;
}
