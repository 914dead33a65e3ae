// Reading tags: which of them are indexed, and the first value of a name.

import type { NostrEvent, Tag } from "./event.ts";

/** Relays index single-letter tags, a–z and A–Z, case-sensitively, and only their first value (NIP-01 "Tags"). */
export function isIndexedTagName(name: string): boolean {
  if (name.length !== 1) return false;
  const code = name.charCodeAt(0);
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

/** Calls back once for each indexed tag that has a value; a value that stands twice is told twice. */
export function forEachIndexedTag(event: NostrEvent, visit: (name: string, value: string) => void): void {
  for (const tag of event.tags) {
    const value = tag[1];
    if (value !== undefined && isIndexedTagName(tag[0]!)) visit(tag[0]!, value);
  }
}

export function firstTag(event: Pick<NostrEvent, "tags">, name: string): Tag | undefined {
  return event.tags.find((tag) => tag[0] === name);
}

/** The second element of every tag of that name that has one. */
export function tagValues(event: Pick<NostrEvent, "tags">, name: string): string[] {
  const values: string[] = [];
  for (const tag of event.tags) if (tag[0] === name && tag[1] !== undefined) values.push(tag[1]);
  return values;
}

export function hasTag(event: Pick<NostrEvent, "tags">, name: string): boolean {
  return event.tags.some((tag) => tag[0] === name);
}

export function hasTagValue(event: Pick<NostrEvent, "tags">, name: string, value: string): boolean {
  return event.tags.some((tag) => tag[0] === name && tag[1] === value);
}
