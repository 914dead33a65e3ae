// The live side of a search: which new events go to a subscription whose filter has a `search`.

import type { NostrEvent } from "../nostr/event.ts";
import type { Filter } from "../nostr/filter.ts";
import { isRefusal, type Refusal } from "../nostr/reason.ts";
import { type SearchCapabilities, unsupportedIn } from "../search/capability.ts";
import { type Oracles, SearchableEvent } from "../search/match.ts";
import { asAsked } from "../search/narrow.ts";
import { parseSearch } from "../search/parse.ts";

/** Which new events one filter with a `search` lets through. Refuses what cannot be parsed or answered. */
export type SearchMatcher = (filter: Filter) => ((event: NostrEvent) => boolean) | Refusal;

/** Makes a matcher for each filter; all of them together take an event apart once. */
export function createSearchMatcher(
  now: () => number,
  capabilities: SearchCapabilities,
  oracles: Oracles = {},
): SearchMatcher {
  let last: SearchableEvent | undefined;
  const searchable = (event: NostrEvent): SearchableEvent => {
    if (last?.event !== event) last = new SearchableEvent(event, oracles);
    return last;
  };
  return (filter) => {
    const written = parseSearch(filter.search ?? "", { nowSeconds: now() });
    if (isRefusal(written)) return written;
    const fault = unsupportedIn(written, capabilities);
    if (fault !== undefined) return fault;
    const query = asAsked(written, filter);
    return (event) => searchable(event).matches(query, filter);
  };
}
