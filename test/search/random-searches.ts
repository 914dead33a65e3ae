// Random notes in many scripts, and random searches of the whole grammar over what stands in them.

import type { EventTemplate } from "../support/events.ts";

type Random = () => number;

export interface Vocabulary {
  /** One family of words a row: a text takes its words from few of them, as people do. */
  readonly words: readonly (readonly string[])[];
  readonly hashtags: readonly string[];
  readonly urls: readonly string[];
  /** What stands between two words. */
  readonly glue: readonly string[];
}

/** Latin with accents in both normal forms, scripts without spaces, right to left, combining marks, emoji of every making. */
export const ALL_SCRIPTS: Vocabulary = {
  words: [
    [
      "bitcoin",
      "Nostr",
      "relay",
      "relays",
      "RELAY",
      "a",
      "be",
      "bee",
      "3.14",
      "10,000",
      "x_y",
      "e-mail",
      "C++",
      "v2",
      "$21",
    ],
    [
      "don't",
      "Apollo's",
      "l'homme",
      "dell’arte",
      "O’Brien",
      "rock'n'roll",
      "it's",
      "'quoted'",
      "aujourd'hui",
    ],
    [
      "Café",
      "cafe\u0301",
      "cafe",
      "naïve",
      "Straße",
      "strasse",
      "Łódź",
      "Đà",
      "Nẵng",
      "tiếng",
      "Việt",
      "İstanbul",
      "ılık",
    ],
    ["ﬁne", "fine", "Ｎｏｓｔｒ", "①", "Ⅳ", "ｶﾀｶﾅ", "²", "10", "x²", "½", "𝐛𝐨𝐥𝐝", "4k"],
    ["привет", "Ёлка", "елка", "йод", "и\u0306од", "Україна", "ΣΊΣΥΦΟΣ", "σίσυφος", "Αθήνα"],
    [
      "日本",
      "日本語",
      "東京タワー",
      "語",
      "タワー",
      "中文",
      "文",
      "漢字とかな",
      "々",
      "ー",
      "한국어",
      "한국",
      "안녕하세요",
    ],
    ["ไทย", "ภาษาไทย", "น้ำ", "ລາວ", "ខ្មែរ", "မြန်မာ"],
    ["مَرْحَبًا", "مرحبا", "العربية", "۱۲۳", "١٢٣", "123", "שָׁלוֹם", "שלום", "فارسی"],
    ["हिन्दी", "हिंदी", "नमस्ते", "தமிழ்", "বাংলা", "१२३", "ગુજરાતી"],
    ["🧡", "❤️", "❤", "👍🏽", "👍", "👩‍👩‍👧", "🇩🇪", "🇩🇪🇫🇷", "1️⃣", "☕", "🧡🧡", "love🧡", "™"],
  ],
  hashtags: ["nostr", "Bitcoin", "日本", "Café", "привет", "grow nostr", "🧡", "v2"],
  urls: [
    "https://example.com/path/to-page?q=Relay#top",
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
    "http://sub.example.co.uk/Photo_1.JPG",
    "https://example.com/日本",
    "https://xn--caf-dma.example/x",
    "wss://relay.example.com",
    "example.org/naked",
    "me@example.com",
  ],
  glue: [" ", " ", " ", " ", " ", ", ", ". ", "\n", "", "/", "-", "… ", " — ", ": "],
};

const OTHERWISE_ANALYSED =
  /^語$|[々ー]|\p{Extended_Pictographic}|\p{RI}|\u20e3|[\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}]/u;

/**
 * The same without what the analyzers of OpenSearch take for other words (see "Search" in docs/BEHAVIOR.md): they part
 * words where the script changes and scripts without spaces by dictionaries, keep an emoji with all that modifies it,
 * know no iteration mark by itself, and find 日本語 for "日本 語".
 */
export const ANALYSED_ALIKE: Vocabulary = {
  ...ALL_SCRIPTS,
  words: ALL_SCRIPTS.words
    .map((family) => family.filter((word) => !OTHERWISE_ANALYSED.test(word)))
    .filter((family) => family.length > 0),
  glue: ALL_SCRIPTS.glue.filter((glue) => /\s/.test(glue)),
};

export class RandomSearches {
  private readonly random: Random;
  private readonly vocabulary: Vocabulary;
  private readonly authors: readonly string[];
  private readonly nowSeconds: number;

  constructor(random: Random, vocabulary: Vocabulary, authors: readonly string[], nowSeconds: number) {
    this.random = random;
    this.vocabulary = vocabulary;
    this.authors = authors;
    this.nowSeconds = nowSeconds;
  }

  /** A note, comment, article, profile or reaction. */
  event(): EventTemplate {
    const created_at = this.nowSeconds - 1 - Math.floor(this.random() * 3600);
    const kind = this.pick([1, 1, 1, 1, 1, 1111, 30_023, 0, 7]);
    const text = this.text(1 + Math.floor(this.random() * 9));
    if (kind === 0) {
      return { kind, created_at, content: JSON.stringify({ name: this.text(1), about: text }) };
    }
    const tags: string[][] = this.chance(0.3) ? [["t", this.pick(this.vocabulary.hashtags)]] : [];
    if (kind === 30_023) tags.push(["d", String(this.random())], ["title", this.text(2)]);
    if (this.chance(0.1)) tags.push(["e", "12".repeat(32), "", "reply"]);
    return { kind, created_at, tags, content: text };
  }

  /** Mostly of words that stand in `texts` somewhere, so that much is found. */
  search(texts: readonly string[]): string {
    const pieces = Array.from({ length: 1 + Math.floor(this.random() * 3) }, () => this.piece(texts));
    let search = pieces[0]!;
    for (const piece of pieces.slice(1)) search += this.pick([" ", " ", " OR ", " -", " "]) + piece;
    if (this.chance(0.15)) search = `(${search}) ${this.piece(texts)}`;
    if (this.chance(0.1)) search = `-${this.piece(texts)} ${search}`;
    return this.chance(0.25) ? `${search} ${this.condition()}` : search;
  }

  private text(length: number): string {
    const families = [this.pick(this.vocabulary.words), this.pick(this.vocabulary.words)];
    let text = "";
    for (let count = 0; count < length; count++) {
      const word = this.chance(0.06)
        ? this.pick(this.vocabulary.urls)
        : this.chance(0.06)
          ? `#${this.pick(this.vocabulary.hashtags)}`
          : this.pick(this.pick(families));
      text += count === 0 ? word : this.pick(this.vocabulary.glue) + word;
    }
    return text;
  }

  private piece(texts: readonly string[]): string {
    if (this.chance(0.06)) return this.pick(this.vocabulary.urls);
    if (this.chance(0.3)) return `"${this.excerpt(texts)}"`;
    const word = this.pick(this.pick(this.vocabulary.words));
    if (this.chance(0.1)) return `#${this.pick(this.vocabulary.hashtags)}`;
    return this.chance(0.15) ? `${word}*` : word;
  }

  /** Some words as they stand side by side, or what looks like it. */
  private excerpt(texts: readonly string[]): string {
    const words = this.pick(texts).split(/\s+/);
    const from = Math.floor(this.random() * words.length);
    return words
      .slice(from, from + 1 + Math.floor(this.random() * 3))
      .join(" ")
      .replaceAll(/["“”„«»＂]/g, " ");
  }

  private condition(): string {
    return this.pick([
      `from:${this.pick(this.authors)}`,
      "kind:1",
      "kind:1111 kind:30023",
      "-kind:1",
      "has:link",
      "has:image",
      "is:reply",
      "site:example.com",
      "since:30m",
      "until:20m",
      "media:false",
      `#${this.pick(this.vocabulary.hashtags)}`,
      `-#${this.pick(this.vocabulary.hashtags)}`,
    ]);
  }

  private pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)]!;
  }

  private chance(share: number): boolean {
    return this.random() < share;
  }
}
