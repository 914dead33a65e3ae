// Random events and filters that hit each other: few authors, kinds and values, many ties.

import type { Filter, TagCondition } from "../../src/nostr/filter.ts";
import { type EventTemplate, unsignedEvent } from "./events.ts";
import type { VerifiedEvent } from "../../src/nostr/event.ts";

const KINDS = [0, 1, 3, 4, 6, 7, 1059, 10_002, 30_023, 40_000];
const LETTERS = ["e", "p", "t", "E", "d"];

export const AUTHORS = Array.from({ length: 6 }, (_, index) => String(index + 1).repeat(64));
const HEX_VALUES = Array.from({ length: 6 }, (_, index) => "abcdef"[index]!.repeat(64));
const TEXT_VALUES = ["", "nostr", "Nostr", "日本", "a:b", "🜁"];

export function pick<T>(random: () => number, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)]!;
}

function some<T>(random: () => number, values: readonly T[]): T[] {
  const count = 1 + Math.floor(random() * 3);
  return [...new Set(Array.from({ length: count }, () => pick(random, values)))];
}

function valuesFor(letter: string): readonly string[] {
  return letter === "e" || letter === "p" ? HEX_VALUES : TEXT_VALUES;
}

export function randomEvent(random: () => number, extra: EventTemplate = {}): VerifiedEvent {
  const tags = Array.from({ length: Math.floor(random() * 4) }, () => {
    const letter = pick(random, LETTERS);
    return random() < 0.05 ? [letter] : [letter, pick(random, valuesFor(letter))];
  });
  return unsignedEvent(pick(random, AUTHORS), {
    kind: pick(random, KINDS),
    created_at: 1000 + Math.floor(random() * 40),
    tags,
    content: String(random()),
    ...extra,
  });
}

export function randomFilter(random: () => number, ids: readonly string[] = []): Filter {
  const filter: { -readonly [K in keyof Filter]: Filter[K] } = { tags: [] };
  if (ids.length > 0 && random() < 0.1) filter.ids = some(random, ids);
  if (random() < 0.4) filter.authors = some(random, AUTHORS);
  if (random() < 0.5) filter.kinds = some(random, KINDS);
  if (random() < 0.25) filter.since = 1000 + Math.floor(random() * 40);
  if (random() < 0.25) filter.until = 1000 + Math.floor(random() * 40);
  if (random() < 0.03) filter.authors = [];
  const tags: TagCondition[] = [];
  for (const letter of LETTERS) {
    if (random() < 0.12) tags.push({ name: letter, mode: "any", values: some(random, valuesFor(letter)) });
    if (random() < 0.04) tags.push({ name: letter, mode: "all", values: some(random, valuesFor(letter)) });
  }
  filter.tags = tags;
  return filter;
}
