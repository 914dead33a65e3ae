// Which words, beginnings of words and phrases stand in an event's fields; whatever is asked for, one walk answers.

import type { Match } from "./query.ts";

/** Fields never run into each other: no phrase begins in one and ends in the next. */
export class TokenIndex {
  private readonly fields: readonly (readonly string[])[];
  private readonly words: ReadonlySet<string>;
  private sorted: readonly string[] | undefined;

  constructor(fields: readonly (readonly string[])[]) {
    this.fields = fields;
    this.words = new Set(fields.flat());
  }

  has({ tokens, prefix }: Pick<Match, "tokens" | "prefix">): boolean {
    const begun = prefix ? tokens.at(-1)! : undefined;
    const whole = prefix ? tokens.slice(0, -1) : tokens;
    if (whole.length === 0) return this.hasBeginning(begun!);
    if (!whole.every((token) => this.words.has(token))) return false;
    if (whole.length === 1 && begun === undefined) return true;
    const overlaps = overlapsOf(whole);
    return this.fields.some((field) => stands(field, whole, overlaps, begun));
  }

  /** Among sorted words, the first that does not sort before the beginning has it, if any has. */
  private hasBeginning(begun: string): boolean {
    this.sorted ??= [...this.words].sort();
    let [low, high] = [0, this.sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.sorted[middle]! < begun) low = middle + 1;
      else high = middle;
    }
    return this.sorted[low]?.startsWith(begun) === true;
  }
}

/**
 * Does the phrase stand in the field, before a word that begins with `begun`? Never goes back in the field (Knuth, Morris and
 * Pratt): to try each place anew costs a phrase of `a a a…` in a text of the same a million comparisons.
 */
function stands(
  field: readonly string[],
  phrase: readonly string[],
  overlaps: readonly number[],
  begun: string | undefined,
): boolean {
  let matched = 0;
  for (let at = 0; at < field.length; at++) {
    const token = field[at]!;
    while (matched > 0 && token !== phrase[matched]) matched = overlaps[matched - 1]!;
    if (token === phrase[matched]) matched++;
    if (matched < phrase.length) continue;
    if (begun === undefined || field[at + 1]?.startsWith(begun) === true) return true;
    matched = overlaps[matched - 1]!;
  }
  return false;
}

/** For each place of a phrase, how many tokens up to there are also those that it begins with. */
function overlapsOf(phrase: readonly string[]): number[] {
  const overlaps = [0];
  let length = 0;
  for (let at = 1; at < phrase.length; at++) {
    while (length > 0 && phrase[at] !== phrase[length]) length = overlaps[length - 1]!;
    if (phrase[at] === phrase[length]) length++;
    overlaps.push(length);
  }
  return overlaps;
}
