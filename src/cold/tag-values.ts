// Tag values as index terms: long ones are hashed, because the index has a limit and exact matches have none (NIP-01).

import type { NostrEvent } from "../nostr/event.ts";
import { forEachIndexedTag } from "../nostr/tag.ts";

const BYTES_MAX = 256;

/** The term that stands for a value, in documents and in queries alike. Who reads a hit compares the full value. */
export function tagTerm(value: string): string {
  if (value.length * 3 <= BYTES_MAX || Buffer.byteLength(value) <= BYTES_MAX) return value;
  return `h:${Bun.SHA256.hash(value, "hex")}`;
}

/** Every indexed tag by its letter, without doubles. */
export function tagTerms(event: NostrEvent): Record<string, string[]> {
  const sets = new Map<string, Set<string>>();
  forEachIndexedTag(event, (name, value) => {
    const set = sets.get(name);
    if (set === undefined) sets.set(name, new Set([tagTerm(value)]));
    else set.add(tagTerm(value));
  });
  const terms: Record<string, string[]> = {};
  for (const [name, set] of sets) terms[name] = [...set];
  return terms;
}
