// How texts become words in the index: one profile for every node, a better one where the ICU plugin is installed.

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
  return {
    filter: { cjk_indexed: CJK_INDEXED, name_prefix: NAME_PREFIX },
    tokenizer: {
      url_parts: {
        type: "char_group",
        tokenize_on_chars: ["whitespace", "/", "?", "#", "&", "=", ":", ".", "-", "_"],
      },
    },
    analyzer: {
      prose: { type: "custom", tokenizer, filter: [...folding, "cjk_indexed"] },
      prose_asked: { type: "custom", tokenizer, filter: [...folding, "cjk_bigram"] },
      name_start: { type: "custom", tokenizer, filter: [...folding, "name_prefix"] },
      name_asked: { type: "custom", tokenizer, filter: folding },
      url_words: { type: "custom", tokenizer: "url_parts", filter: ["lowercase"] },
    },
    normalizer: { folded: { type: "custom", filter: ["lowercase", "asciifolding"] } },
  };
}
