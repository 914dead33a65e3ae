// How texts become words in the index: one profile for every node, a better one where the ICU plugin is installed.

import { APOSTROPHES_OF_WORD } from "../search/tokenise.ts";

/** `icu` also splits Thai, Lao, Khmer and Burmese into words and folds every script. */
export type AnalysisProfile = "core" | "icu";

// Chinese, Japanese and Korean text is indexed as single characters and as pairs: one character finds, and in a search
// pairs make it exact.
const CJK_INDEXED = { type: "cjk_bigram", output_unigrams: true };
/** Where the relay's own tokenisation parts words and Unicode's does not: relay.example.com, snake_case, 10,000. */
const PARTS = [".", ",", ":", ";", "_", "·"].map((mark) => `${mark} => \\u0020`);

const NAME_PREFIX = { type: "edge_ngram", min_gram: 1, max_gram: 20 };

/** The `analysis` part of the index settings. */
export function analysisOf(profile: AnalysisProfile): object {
  const tokenizer = profile === "icu" ? "icu_tokenizer" : "standard";
  const folding =
    profile === "icu" ? ["icu_folding"] : ["cjk_width", "lowercase", "decimal_digit", "asciifolding"];
  const words = (...last: readonly string[]): object => ({
    type: "custom",
    char_filter: ["parts"],
    tokenizer,
    filter: [...folding, "apostrophes", ...last],
  });
  return {
    char_filter: { parts: { type: "mapping", mappings: PARTS } },
    filter: {
      cjk_indexed: CJK_INDEXED,
      name_prefix: NAME_PREFIX,
      apostrophes: { type: "pattern_replace", pattern: APOSTROPHES_OF_WORD.source, replacement: "" },
    },
    analyzer: {
      prose: words("cjk_indexed"),
      prose_asked: words("cjk_bigram"),
      name_start: words("name_prefix"),
      name_asked: words(),
    },
    normalizer: { folded: { type: "custom", filter: ["lowercase", "asciifolding"] } },
  };
}
