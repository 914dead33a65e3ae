// Random stores and filters that meet each other often: few authors, few values, many ties, and keys that collide.

import type { NostrEvent, Tag } from "../../src/nostr/event.ts";
import type { Filter, TagCondition } from "../../src/nostr/filter.ts";

export type Random = () => number;

export function pick<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)]!;
}

function hex(random: Random, length: number): string {
  let text = "";
  while (text.length < length) text += Math.floor(random() * 16).toString(16);
  return text;
}

const KINDS = [0, 1, 1, 1, 3, 6, 7, 1059, 9735, 30_023, 45_000, 65_535];
const TAG_NAMES = ["e", "p", "t", "T", "d"];
const TIMES = [0, 1, 1000, 1001, 1002, 2 ** 31, 2 ** 32 + 5, 2 ** 40 + 1, Number.MAX_SAFE_INTEGER];
const CONTENTS = ["", "plain", "ends with [", '["p","x"]', "\u{1f600} 漢字", "x".repeat(500), '\u0000\\"'];

/** A world in which everything is drawn from small pools. */
export class RandomWorld {
  readonly authors: readonly string[];
  readonly values: readonly string[];
  private readonly random: Random;
  private readonly idStarts: readonly string[];

  constructor(random: Random) {
    this.random = random;
    const authors = Array.from({ length: 6 }, () => hex(random, 64));
    // One more author shares another's 48-bit key, and one only the 32 bits that the tail keeps.
    authors.push(
      authors[0]!.slice(0, 12) + hex(random, 52),
      hex(random, 4) + authors[1]!.slice(4, 12) + hex(random, 52),
    );
    this.authors = authors;
    this.values = [
      ...authors.slice(0, 4),
      "",
      "nostr",
      'a"]["p","b',
      "[",
      "]",
      "naïve 漢\u{1f600}",
      "\\",
      "\n\u0001",
    ];
    // Ids that agree in 32 bits (one rank), and in 48 (one key).
    this.idStarts = ["", "", hex(random, 8), hex(random, 12)];
  }

  event(): NostrEvent {
    const { random } = this;
    const start = pick(random, this.idStarts);
    return {
      id: start + hex(random, 64 - start.length),
      pubkey: pick(random, this.authors),
      created_at: this.time(),
      kind: pick(random, KINDS),
      tags: Array.from({ length: Math.floor(random() * 5) }, () => this.tag()),
      content: pick(random, CONTENTS),
      sig: hex(random, 128),
    };
  }

  /** Any combination of keys; ids of `known` events so that they hit. */
  filter(known: readonly NostrEvent[]): Filter {
    const { random } = this;
    const filter: { -readonly [K in keyof Filter]: Filter[K] } = { tags: this.conditions() };
    if (random() < 0.12) filter.ids = this.some([...known.map((event) => event.id), hex(random, 64)], 12);
    if (random() < 0.45) filter.authors = this.some([...this.authors, hex(random, 64)], 8);
    if (random() < 0.5) filter.kinds = this.some([...KINDS, 44], random() < 0.2 ? 12 : 3);
    if (random() < 0.25) filter.since = this.time();
    if (random() < 0.25) filter.until = this.time();
    if (random() < 0.5) filter.limit = Math.floor(random() * 100);
    return filter;
  }

  private conditions(): TagCondition[] {
    const { random } = this;
    const count = random() < 0.45 ? 0 : random() < 0.7 ? 1 : 2;
    return Array.from({ length: count }, () => ({
      name: pick(random, TAG_NAMES),
      mode: random() < 0.7 ? ("any" as const) : ("all" as const),
      values: this.some(this.values, random() < 0.15 ? 11 : random() < 0.5 ? 1 : 3),
    }));
  }

  private tag(): Tag {
    const { random } = this;
    if (random() < 0.1)
      return pick(random, [["-"], ["p"], ["expiration", "1700000000"], ["title", "x["], ["alt", '["p"']]);
    const tag = [pick(random, TAG_NAMES), pick(random, this.values)];
    if (random() < 0.3) tag.push(pick(random, this.values));
    return tag;
  }

  private time(): number {
    return this.random() < 0.5 ? 1000 + Math.floor(this.random() * 40) : pick(this.random, TIMES);
  }

  /** Up to `max` different ones; now and then none at all, which matches nothing. */
  private some<T>(values: readonly T[], max: number): T[] {
    if (this.random() < 0.02) return [];
    const count = 1 + Math.floor(this.random() * max);
    return [...new Set(Array.from({ length: count }, () => pick(this.random, values)))];
  }
}
