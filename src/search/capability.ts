// What a search may ask for that a relay may have no means for.

import { type Refusal, refuse } from "../nostr/reason.ts";
import { conditionsOf, type SearchQuery } from "./query.ts";

export interface SearchCapabilities {
  /** Languages of notes without a label are detected. */
  readonly languages: boolean;
  readonly sentiments: boolean;
}

/** NIP-50 wants unknown keys ignored; these are known, and an answer without regard to them would be a wrong one. */
export function unsupportedIn(
  query: SearchQuery,
  { languages, sentiments }: SearchCapabilities,
): Refusal | undefined {
  const types = new Set(conditionsOf(query).map((condition) => condition.type));
  if (types.has("language") && !languages) {
    return refuse("unsupported", "this relay does not detect languages; please search without language:");
  }
  if (types.has("sentiment") && !sentiments) {
    return refuse("unsupported", "this relay does not tell sentiments; please search without sentiment:");
  }
  return undefined;
}
