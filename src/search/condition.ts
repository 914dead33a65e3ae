// `key:value` in a search text: which keys this relay knows, and what each value may be.

import { isHex64 } from "../nostr/hex.ts";
import { KIND_MAX } from "../nostr/kind.ts";
import { decodeEntity } from "../nostr/nip19.ts";
import { type Refusal, refuse } from "../nostr/reason.ts";
import { parseMoment } from "./moment.ts";
import { type Attachment, type Condition, type Lookup, SENTIMENTS, type Sort } from "./query.ts";

/** What a key did: restrict (or exclude), choose something about the whole search, or nothing. */
export type KeyMeaning =
  | {
      readonly type: "condition";
      readonly condition: Condition;
      readonly negated: boolean;
      /** May stand beside OR like a word; the other keys speak about the whole query. */
      readonly operand: boolean;
    }
  | { readonly type: "sort"; readonly sort: Sort }
  | { readonly type: "spam" }
  | { readonly type: "autocomplete"; readonly on: boolean }
  | { readonly type: "distinct" }
  /** An extension, or a value of one, that is not known here: NIP-50 wants it out of the text. */
  | { readonly type: "ignored" }
  /** Prose, a URL, a time: a word like any other. */
  | { readonly type: "text" };

const IGNORED: KeyMeaning = { type: "ignored" };
const TEXT: KeyMeaning = { type: "text" };

const SORT_NAMES: Readonly<Record<string, Sort>> = {
  relevance: "relevance",
  recent: "recent",
  new: "recent",
  newest: "recent",
  time: "recent",
  latest: "recent",
  old: "old",
  oldest: "old",
  top: "top",
  hot: "hot",
  rising: "rising",
  trending: "rising",
  controversial: "controversial",
  zaps: "zaps",
};

const ATTACHMENT_NAMES: Readonly<Record<string, Attachment>> = {
  image: "image",
  images: "image",
  photo: "image",
  photos: "image",
  picture: "image",
  video: "video",
  videos: "video",
  audio: "audio",
  media: "media",
  link: "link",
  links: "link",
  url: "link",
  reply: "reply",
  quote: "quote",
};

/** Schemes and words that stand before a colon in ordinary text, and are no extensions. */
const NOT_A_KEY: ReadonlySet<string> = new Set([
  "http",
  "https",
  "ws",
  "wss",
  "ftp",
  "mailto",
  "magnet",
  "ipfs",
  "tel",
  "geo",
  "data",
  "nostr",
  "bitcoin",
  "lightning",
  "lnurl",
  "ethereum",
  "monero",
  "urn",
  "note",
  "ps",
  "re",
  "fwd",
]);

type KeyReader = (value: string, nowSeconds: number) => KeyMeaning | Refusal;

const KEYS: Readonly<Record<string, KeyReader>> = {
  from: authorKey,
  by: authorKey,
  author: authorKey,
  since: momentKey("since"),
  until: momentKey("until"),
  has: hasKey,
  is: hasKey,
  site: siteKey,
  url: siteKey,
  kind: kindKey,
  language: languageKey,
  lang: languageKey,
  domain: (value) => condition({ type: "domain", domain: value.toLowerCase().replace(/^.*@/, "") }),
  sentiment: (value) => {
    const sentiment = SENTIMENTS.find((each) => each === value.toLowerCase());
    return sentiment === undefined ? IGNORED : condition({ type: "sentiment", value: sentiment });
  },
  nsfw: (value) => (value.toLowerCase() === "false" ? condition({ type: "nsfw" }, true) : IGNORED),
  include: (value) => (value.toLowerCase() === "spam" ? { type: "spam" } : IGNORED),
  sort: (value) => {
    const sort = SORT_NAMES[value.toLowerCase()];
    return sort === undefined ? IGNORED : { type: "sort", sort };
  },
  autocomplete: (value) => booleanKey(value, (on) => ({ type: "autocomplete", on })),
  distinct: (value) => (value.toLowerCase() === "author" ? { type: "distinct" } : IGNORED),
  media: switchKey("media"),
  image: switchKey("image"),
  video: switchKey("video"),
  audio: switchKey("audio"),
  protocol: (value) => condition({ type: "protocol", value: value.toLowerCase() }),
  client: (value) => condition({ type: "client", value: value.toLowerCase() }),
  pow: powKey,
  tag: (value) => condition({ type: "tag", name: value }),
};

/** What the word `key:value` means; `text` when it is no key. Refuses a known key whose value nobody could read. */
export function readKey(word: string, nowSeconds: number): KeyMeaning | Refusal {
  const colon = word.indexOf(":");
  const written = word.slice(0, colon);
  // Phones write the first letter large.
  const key = Object.hasOwn(KEYS, written.toLowerCase()) ? written.toLowerCase() : written;
  const value = word.slice(colon + 1);
  // Keys nobody knows are lower-case words; `12:30`, `C:\x`, `std::vector`, `Note:` and `https://…` are prose.
  if (colon < 1 || value === "" || !/^[a-z][a-z0-9_-]*$/.test(key) || NOT_A_KEY.has(key)) return TEXT;
  if (value.startsWith("//") || value.startsWith(":")) return TEXT;
  return Object.hasOwn(KEYS, key) ? KEYS[key]!(value, nowSeconds) : IGNORED;
}

/** A pasted identifier: npub, nprofile, note, nevent, naddr (with or without `nostr:`), or 64 hex characters. */
export function readLookup(word: string): Lookup | undefined {
  const bare = word
    .replace(/^(?:web\+)?nostr:/i, "")
    .replace(/^@/, "")
    .replace(/[.,;:!?…)\]]+$/, "");
  if (isHex64(bare.toLowerCase())) return { type: "hex", value: bare.toLowerCase() };
  return /^(?:npub|nprofile|note|nevent|naddr)1/i.test(bare) ? decodeEntity(bare) : undefined;
}

function condition(value: Condition, negated = false): KeyMeaning {
  return { type: "condition", condition: value, negated, operand: false };
}

function operand(value: Condition): KeyMeaning {
  return { type: "condition", condition: value, negated: false, operand: true };
}

function authorKey(value: string): KeyMeaning | Refusal {
  const lookup = readLookup(value);
  if (lookup?.type === "pubkey") return operand({ type: "author", pubkey: lookup.pubkey });
  if (lookup?.type === "hex") return operand({ type: "author", pubkey: lookup.value });
  return refuse(
    "invalid",
    "from: takes an npub, an nprofile or a 64 character hex key; look names up with kind:0 first",
  );
}

function momentKey(type: "since" | "until"): KeyReader {
  return (value, nowSeconds) => {
    const moment = parseMoment(value, nowSeconds);
    if (moment === undefined) {
      return refuse(
        "invalid",
        `${type}: takes a period such as 12h, 7d or 2w, a date such as 2024-05-01, or unix seconds`,
      );
    }
    return condition({ type, seconds: type === "since" ? moment.first : moment.last });
  };
}

function hasKey(value: string): KeyMeaning | Refusal {
  const what = ATTACHMENT_NAMES[value.toLowerCase()];
  if (what !== undefined) return operand({ type: "has", what });
  return refuse("invalid", "has: and is: take image, video, audio, media, link, reply or quote");
}

function siteKey(value: string): KeyMeaning {
  const host = value
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, "")
    .replace(/^www\./, "")
    .replace(/[/:?#].*$/, "");
  return host === "" ? IGNORED : operand({ type: "site", host: asInUrls(host) });
}

/** Names that are not in ASCII stand in URLs as IDNA writes them (see sitesOf). */
function asInUrls(host: string): string {
  const url = `http://${host}`;
  return /[^\0-\x7f]/.test(host) && URL.canParse(url) ? new URL(url).hostname : host;
}

function kindKey(value: string): KeyMeaning | Refusal {
  const kind = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (kind <= KIND_MAX) return condition({ type: "kind", kind });
  return refuse("invalid", `kind: takes one whole number from 0 to ${KIND_MAX}`);
}

function languageKey(value: string): KeyMeaning {
  const code = /^([a-z]{2})(?:[-_][a-z]+)?$/i.exec(value)?.[1];
  return code === undefined ? IGNORED : condition({ type: "language", code: code.toLowerCase() });
}

function powKey(value: string): KeyMeaning | Refusal {
  if (/^\d{1,3}$/.test(value) && Number(value) <= 256) return condition({ type: "pow", bits: Number(value) });
  return refuse("invalid", "pow: takes a number of leading zero bits from 0 to 256");
}

function switchKey(what: Attachment): KeyReader {
  return (value) => booleanKey(value, (on) => condition({ type: "has", what }, !on));
}

function booleanKey(value: string, meaning: (on: boolean) => KeyMeaning): KeyMeaning {
  const lower = value.toLowerCase();
  return lower === "true" || lower === "false" ? meaning(lower === "true") : IGNORED;
}
