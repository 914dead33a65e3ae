// May these filters be asked at all? Refuses a REQ or COUNT that could only ever show private events to a stranger.

import type { Filter } from "../nostr/filter.ts";
import { type Refusal, refuse } from "../nostr/reason.ts";
import { privateReadersOf } from "./private-kinds.ts";
import type { ReaderKeys } from "./read.ts";

/**
 * - Every filter names private kinds only and nobody is authenticated: `auth-required:`.
 * - Every filter names private kinds only, and only other people's: `restricted:`.
 * - Anything mixed is served, and the reading gate leaves out what the asker may not see.
 */
export function checkAsk(filters: readonly Filter[], reader: ReaderKeys): Refusal | undefined {
  if (filters.length === 0 || !filters.every(namesPrivateKindsOnly)) return undefined;
  if (reader.size === 0) {
    return refuse(
      "auth-required",
      "these kinds are shown only to their author or recipients; authenticate first",
    );
  }
  if (filters.some((filter) => mayConcern(filter, reader))) return undefined;
  return refuse(
    "restricted",
    "these kinds are shown only to their author or recipients, and the filter names others",
  );
}

function namesPrivateKindsOnly(filter: Filter): boolean {
  const kinds = filter.kinds;
  return (
    kinds !== undefined && kinds.length > 0 && kinds.every((kind) => privateReadersOf(kind) !== undefined)
  );
}

/** Does the filter leave room for the keys themselves? What is addressed to several is found by asking for one's own. */
function mayConcern(filter: Filter, reader: ReaderKeys): boolean {
  const names = (values: readonly string[]): boolean => values.some((value) => reader.has(value));
  const recipients = filter.tags.filter((tag) => tag.name === "p");
  // With `&p` alone others may be addressed beside those that it names.
  const mayBeRecipient =
    recipients.every(({ mode }) => mode === "all") || recipients.some(({ values }) => names(values));
  const mayBeAuthor = filter.authors === undefined || names(filter.authors);
  return filter.kinds!.some((kind) => {
    const readers = privateReadersOf(kind)!;
    return (readers.author && mayBeAuthor) || (readers.recipient && mayBeRecipient);
  });
}
