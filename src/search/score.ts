// How well a text answers a query, from the text alone: for candidates that no index has scored.

import type { NostrEvent } from "../nostr/event.ts";
import { type Match, type Node, positiveMatches } from "./query.ts";
import { textOfEvent } from "./text-of-event.ts";
import { tokenise } from "./tokenise.ts";

const FIELD_WEIGHTS = { name: 8, title: 4, body: 1, url: 0.5 } as const;
/** Words of an average note: a match in a short text says more. */
const LENGTH_PIVOT = 40;

/** 0 to below 1; 0 when nothing positive matches. */
export function scoreText(event: NostrEvent, node: Node | undefined): number {
  const matches = positiveMatches(node);
  if (matches.length === 0) return 0;
  const text = textOfEvent(event);
  let sum = 0;
  for (const [field, weight] of Object.entries(FIELD_WEIGHTS)) {
    const tokens = tokenise(text[field as keyof typeof FIELD_WEIGHTS]);
    if (tokens.length === 0) continue;
    const damping = 0.25 + (0.75 * tokens.length) / LENGTH_PIVOT;
    for (const match of matches) {
      const times = occurrences(tokens, match);
      sum += (weight * times * 2.2) / (times + 1.2 * damping);
    }
  }
  return sum / (sum + 2 * matches.length);
}

/** How often the tokens of a match stand consecutively in a text. */
export function occurrences(tokens: readonly string[], match: Match): number {
  const last = match.tokens.length - 1;
  let times = 0;
  for (let at = 0; at + last < tokens.length; at++) {
    const stands = match.tokens.every((token, offset) => {
      const found = tokens[at + offset]!;
      return found === token || (match.prefix && offset === last && found.startsWith(token));
    });
    if (stands) times++;
  }
  return times;
}
