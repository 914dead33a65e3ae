// What of replaceable kinds may stand below the recent tail: only what is not in it.

import { pubkeyOfJson } from "../nostr/event-json.ts";
import type { RecentTail } from "./tail.ts";

/**
 * Those keys of whose authors one of these replaceable kinds is not in the tail. Of such a kind an author has one event,
 * and what replaces it is newer, so that this holds also where the file is a commit ahead of the tail.
 */
export function keysBelowTail(
  tail: RecentTail,
  authors: readonly string[],
  authorKeys: readonly number[],
  kinds: readonly number[],
): number[] {
  return authorKeys.filter((key, index) => !kinds.every((kind) => holds(tail, authors[index]!, key, kind)));
}

/** Strangers may share a list of the tail, and even the key; the text decides. */
function holds(tail: RecentTail, author: string, key: number, kind: number): boolean {
  const list = tail.authors.listsOf(key >>> 0)?.get(kind);
  if (list === undefined) return false;
  for (let index = list.start; index < list.slots.length; index++) {
    if (pubkeyOfJson(tail.atSlot(list.slots[index]!).json) === author) return true;
  }
  return false;
}
