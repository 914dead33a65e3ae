// Reads some answers to searches in full, over an ordinary WebSocket, and looks whether they hold what was asked for.

import { type NostrEvent, parseEvent } from "../../../src/nostr/event.ts";
import { matchesFilter, parseFilter } from "../../../src/nostr/filter.ts";
import { isRefusal } from "../../../src/nostr/reason.ts";
import { tokenise } from "../../../src/search/tokenise.ts";
import { askOnce } from "./ask-once.ts";
import type { Search } from "./searches.ts";

/** Answers what is wrong, nothing if all is well. */
export async function probeSearches(url: string, searches: readonly Search[]): Promise<string[]> {
  const faults: string[] = [];
  for (const search of searches) {
    const { events, closed } = await askOnce(url, search.filter);
    const fault = closed ?? faultOf(search, events);
    if (fault !== undefined) faults.push(`${fault}: ${JSON.stringify(search.filter).slice(0, 120)}`);
  }
  return faults.slice(0, 5);
}

/** What is wrong with the answer to a search, undefined if nothing is. */
export function faultOf({ filter, expected, holds }: Search, answer: readonly unknown[]): string | undefined {
  if (answer.length !== expected) return `found ${answer.length} events instead of ${expected}`;
  const parsed = parseFilter(filter);
  if (isRefusal(parsed)) return parsed.text;
  let before = Number.POSITIVE_INFINITY;
  for (const value of answer) {
    const read = parseEvent(value);
    if (isRefusal(read)) return `sent a malformed event (${read.text})`;
    const { event } = read;
    if (!matchesFilter(parsed, event)) return "sent an event that does not match the filter";
    if (!holds.every((word) => holdsWord(event, word))) return "sent an event without what was searched for";
    if (filter.search.includes("sort:recent") && event.created_at > before)
      return "sent the newest not first";
    before = event.created_at;
  }
  return undefined;
}

function holdsWord(event: NostrEvent, word: string): boolean {
  if (word.startsWith("#"))
    return event.tags.some(([name, value]) => name === "t" && value === word.slice(1));
  const text = [event.content, ...event.tags.map((tag) => tag[1] ?? "")].join(" ");
  const [token] = tokenise(word);
  return tokenise(text.replaceAll('\\"', '"')).includes(token!);
}
