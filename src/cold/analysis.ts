// How texts become words in the index: one profile for every node, a better one where the ICU plugin is installed.

import { wordByWord } from "../search/tokenise.ts";

/** `icu` also splits Thai, Lao, Khmer and Burmese into words and folds every script. */
export type AnalysisProfile = "core" | "icu";

// Chinese, Japanese and Korean text is indexed as single characters and as pairs: one character finds, and in a search
// pairs make it exact.
const CJK_INDEXED = { type: "cjk_bigram", output_unigrams: true };
const NAME_PREFIX = { type: "edge_ngram", min_gram: 1, max_gram: 20 };

/** The `analysis` part of the index settings. */
export function analysisOf(profile: AnalysisProfile): object {
  const tokenizer = profile === "icu" ? "icu_tokenizer" : "standard";
  const folding =
    profile === "icu" ? ["icu_folding"] : ["cjk_width", "lowercase", "decimal_digit", "asciifolding"];
  const words = (...last: readonly string[]): object => ({
    type: "custom",
    tokenizer,
    filter: [...folding, ...last],
  });
  return {
    filter: { cjk_indexed: CJK_INDEXED, name_prefix: NAME_PREFIX },
    analyzer: {
      prose: words("cjk_indexed"),
      prose_asked: words("cjk_bigram"),
      name_start: words("name_prefix"),
      name_asked: words(),
    },
    normalizer: { folded: { type: "custom", filter: ["lowercase", "asciifolding"] } },
  };
}

/**
 * What is given to these analyzers, to be indexed or looked for. They part words by Unicode's rules, which hold
 * relay.example.com, snake_case and Apollo's for one word each; rules of their own for that would cost the cluster half as
 * much again as all the rest of an analysis. They part before they fold: of 𝐛𝐨𝐥𝐝, ② and ½ they would see single letters, or
 * nothing, so compatibility forms are made one before.
 */
export function analysed(text: string): string {
  return wordByWord(text.normalize("NFKC")).toWellFormed();
}

const DIGITS_BEFORE_LETTER = /(?<![\p{L}\p{N}\p{M}])\p{Nd}+(?=\p{L})/gu;

/** How they see a text that stands after another script: digits belong to what is before them, so 4k becomes 4 and k. */
export function partedAfterDigits(text: string): string {
  return text.replace(DIGITS_BEFORE_LETTER, "$& ");
}
