// Text to search tokens: one folding and one segmentation for the index, for queries and for live matching.

// Matching is always "these tokens stand consecutively in one field". Scripts without spaces become interleaved single
// characters and pairs (日 日本 本 本語 語), so that any run of characters is a run of tokens: a pair finds both at
// once, and a phrase may go from one script to the next. OpenSearch does the same with cjk_bigram.

const TOKEN_LENGTH_MAX = 64;
/** Tokens of one field, at most: what follows is not searched. */
export const FIELD_TOKENS_MAX = 8192;

const ONLY_ASCII = /^[\0-\x7f]*$/;
const ASCII_WORD = /[a-z0-9]+(?:'[a-z0-9]+)*/g;
const ANY_WORD = /[\p{L}\p{N}\p{M}]+(?:['’ʼ][\p{L}\p{N}\p{M}]+)*|\p{Extended_Pictographic}|\p{RI}{2}/gu;
const UNSPACED =
  "\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Hang}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmr}\\p{sc=Mymr}\\p{sc=Bopo}";
const HAS_UNSPACED = new RegExp(`[${UNSPACED}]`, "u");
const SCRIPT_RUN = new RegExp(`[${UNSPACED}]+|[^${UNSPACED}]+`, "gu");

/**
 * What goes out of a word with its apostrophes: French, Italian and Catalan articles (l'homme is looked for as homme), and
 * English possessives and "is" (Apollo's is looked for as Apollo).
 */
const APOSTROPHES_OF_WORD = /^(?:[cdjlmnst]|qu|all|dall|dell|nell|sull|un)['’ʼ](?=..)|(?<=..)['’ʼ]s$|['’ʼ]/gi;
const HAS_APOSTROPHE = /['’ʼ]/;

const LATIN_MARKS = /([\p{sc=Latn}\p{sc=Grek}])[\u0300-\u036f]+/gu;
/** Arabic vowel signs and tatweel, Hebrew points, soft hyphen, zero-width characters, variation selectors. */
const UNWRITTEN =
  /[\u064b-\u065f\u0670]|[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]|[\ufe00-\ufe0f]|[\u0640\u00ad\u200b-\u200f\u2060\ufeff]/g;
const NOT_DECOMPOSED: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  ł: "l",
  þ: "th",
  ħ: "h",
  ı: "i",
  ŋ: "n",
  ς: "σ",
  ё: "е",
};
const NOT_DECOMPOSED_LETTER = new RegExp(`[${Object.keys(NOT_DECOMPOSED).join("")}]`, "g");
const FOREIGN_DIGIT = /(?![0-9])\p{Nd}/gu;

/** What is not ASCII, with the letter before it that its marks may belong to. */
const FOREIGN_RUN = /[\0-\x7f]?[^\0-\x7f]+/g;

/**
 * Compatibility forms, case, Latin and Greek accents, and digits of other scripts, all made one. A letter of ASCII never
 * joins what stands before it, so that a few quotes and emoji cost what they are, and not what the text is.
 */
export function fold(text: string): string {
  if (ONLY_ASCII.test(text)) return text.toLowerCase();
  return text.replace(FOREIGN_RUN, foldRun).toLowerCase();
}

/** Longer ones, in UTF-16 units, are seldom met again, and might keep all of the text that they were taken from in memory. */
const REMEMBERED_LENGTH_MAX = 4;
const REMEMBERED_RUNS_MAX = 4096;

/** The same few accents, quotes and emoji come again and again: what they fold to is remembered. */
const rememberedRuns = new Map<string, string>();

function foldRun(run: string): string {
  if (run.length > REMEMBERED_LENGTH_MAX) return foldForeign(run);
  const known = rememberedRuns.get(run);
  if (known !== undefined) return known;
  if (rememberedRuns.size >= REMEMBERED_RUNS_MAX) rememberedRuns.clear();
  const folded = foldForeign(run);
  rememberedRuns.set(run, folded);
  return folded;
}

function foldForeign(text: string): string {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(LATIN_MARKS, "$1")
    .replace(UNWRITTEN, "")
    .normalize("NFC")
    .replace(NOT_DECOMPOSED_LETTER, (letter) => NOT_DECOMPOSED[letter]!)
    .replace(FOREIGN_DIGIT, asciiDigit);
}

/** The form in which hashtags are compared: `t` tags are written in every case and width. */
export function hashtagKey(value: string): string {
  return fold(value.trim());
}

/** The tokens of a text in order, as the index holds them; at most `max`. */
export function tokenise(text: string, max = FIELD_TOKENS_MAX): string[] {
  const folded = fold(text);
  const words = folded.match(ONLY_ASCII.test(folded) ? ASCII_WORD : ANY_WORD);
  if (words === null) return [];
  const isMixed = HAS_UNSPACED.test(folded);
  const tokens: string[] = [];
  for (const word of words) {
    if (tokens.length >= max) break;
    if (isMixed && HAS_UNSPACED.test(word)) pushMixed(tokens, word);
    else pushWord(tokens, word);
  }
  return tokens.length > max ? tokens.slice(0, max) : tokens;
}

/**
 * What to look for to find `text`: consecutive tokens, without the single characters at the ends that a pair beside
 * them implies. Empty when the text holds nothing searchable.
 */
export function queryTokens(text: string): string[] {
  const tokens = tokenise(text);
  if (tokens.length > 1 && isPairWith(tokens[1]!, tokens[0]!, "start")) tokens.shift();
  if (tokens.length > 1 && isPairWith(tokens.at(-2)!, tokens.at(-1)!, "end")) tokens.pop();
  return tokens;
}

/** Joins letters or digits for Unicode (UAX 29), and not here. */
const JOINTS = /[._:,;·\u2044]/g;
const WITH_APOSTROPHES = /[\p{L}\p{N}\p{M}]+(?:['’ʼ][\p{L}\p{N}\p{M}]+)+/gu;

/** A text as Unicode's rules have to see it to find the words that tokenise() finds. */
export function wordByWord(text: string): string {
  const parted = text.replace(JOINTS, " ");
  if (!HAS_APOSTROPHE.test(parted)) return parted;
  return parted.replace(WITH_APOSTROPHES, (word) => word.replace(APOSTROPHES_OF_WORD, ""));
}

/** Does something follow a run of a script without spaces, in the tokens of a query? */
export function isRunFollowed(tokens: readonly string[]): boolean {
  return tokens.some((pair, at) => {
    const [unit, next] = [tokens[at + 1], tokens[at + 2]];
    return next !== undefined && isPairWith(pair, unit!, "end") && !isPairWith(next, unit!, "start");
  });
}

function pushMixed(tokens: string[], word: string): void {
  for (const run of word.match(SCRIPT_RUN) ?? []) {
    if (HAS_UNSPACED.test(run)) pushRun(tokens, run);
    else for (const part of run.match(ANY_WORD) ?? []) pushWord(tokens, part);
  }
}

function pushWord(tokens: string[], word: string): void {
  const bare = HAS_APOSTROPHE.test(word) ? word.replace(APOSTROPHES_OF_WORD, "") : word;
  tokens.push(bare.length > TOKEN_LENGTH_MAX ? cut(bare) : bare);
}

function pushRun(tokens: string[], run: string): void {
  let before = "";
  for (const unit of run) {
    if (before !== "") tokens.push(before + unit);
    tokens.push(unit);
    before = unit;
  }
}

function cut(word: string): string {
  return word.slice(0, TOKEN_LENGTH_MAX).toWellFormed();
}

function isPairWith(pair: string, unit: string, side: "start" | "end"): boolean {
  if (
    pair.length <= unit.length ||
    !HAS_UNSPACED.test(unit) ||
    [...unit].length !== 1 ||
    [...pair].length !== 2
  ) {
    return false;
  }
  return side === "start" ? pair.startsWith(unit) : pair.endsWith(unit);
}

/** Decimal digits of a script stand in one row from zero to nine. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0)!;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value++;
  return String(value);
}
