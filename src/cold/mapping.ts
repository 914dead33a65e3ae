// The fields of a document: what is indexed, what can be counted and sorted by, and the little that is stored.

const LETTERS = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];

/** Tags that trends count over. A doc value for the others would cost gigabytes of ids that nobody sorts by. */
const COUNTED_LETTERS: ReadonlySet<string> = new Set(["t", "p", "r"]);

const KEYWORD = { type: "keyword" };
const KEYWORD_NOT_COUNTED = { type: "keyword", doc_values: false };
const PROSE = { type: "text", analyzer: "prose", search_analyzer: "prose_asked" };

/** The mapping with its record of how it was made, which travels with every index. */
export function mappingOf(meta: object): object {
  return {
    // Only raw is kept; all else is derived from it and can be derived again, better, by a reindex.
    _source: { includes: ["raw"] },
    // An unknown field is ignored, never guessed at: a mapping that grows with what strangers write has no bound.
    dynamic: false,
    _meta: meta,
    properties: {
      raw: { type: "keyword", index: false, doc_values: false },
      // Searches ask for seq alone, as a doc value: many times cheaper than stored fields. Indexed, so that documents
      // can be looked up and compared with the log by it.
      seq: { type: "long" },
      id: KEYWORD_NOT_COUNTED,
      pubkey: KEYWORD,
      // A keyword: lists of kinds then walk postings, which stop early, where numbers would build a set of all matches.
      kind: KEYWORD,
      created_at: { type: "date", format: "epoch_second" },
      exp: { type: "long" },
      t: { type: "object", dynamic: false, properties: tagFields() },
      ...relationFields(),
      ...textFields(),
      ...factFields(),
    },
  };
}

/** One keyword field for each single-letter tag (NIP-01), upper and lower case apart. */
function tagFields(): object {
  return Object.fromEntries(
    LETTERS.map((letter) => [letter, COUNTED_LETTERS.has(letter) ? KEYWORD : KEYWORD_NOT_COUNTED]),
  );
}

/** What one event does to another: trends count over these instead of over all `e` tags. */
function relationFields(): object {
  return {
    ref: KEYWORD,
    action: KEYWORD,
    actor: KEYWORD,
    quote: KEYWORD,
    msats: { type: "long" },
  };
}

function textFields(): object {
  return {
    txt: PROSE,
    // The text of a profile, by itself: its length is measured against that of other profiles.
    about: PROSE,
    title: PROSE,
    name: {
      ...PROSE,
      fields: {
        start: { type: "text", analyzer: "name_start", search_analyzer: "name_asked" },
        whole: { type: "keyword", normalizer: "folded", ignore_above: 128 },
      },
    },
    url: { ...PROSE, norms: false },
  };
}

function factFields(): object {
  return {
    has: KEYWORD,
    hashtag: KEYWORD,
    link: { type: "keyword", ignore_above: 512 },
    site: KEYWORD,
    lang: KEYWORD,
    sentiment: KEYWORD,
    proto: KEYWORD,
    client: KEYWORD,
    nsfw: { type: "boolean" },
    spam: { type: "boolean" },
    pow: { type: "integer" },
    // Features let a search skip what cannot reach its first page; `engaged` is the same number for sorting.
    eng: { type: "rank_feature" },
    trust: { type: "rank_feature" },
    engaged: { type: "integer" },
    paid: { type: "integer" },
  };
}
