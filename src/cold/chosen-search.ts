// One search of the indexes that filters need, asked again where a reindex has just taken those away.

import type { Filter } from "../nostr/filter.ts";
import type { IndexChoice } from "./index-choice.ts";
import type { Outcome, SearchAnswer, SearchDoor } from "./search-door.ts";

/** Under the bounds of the door, the list of indexes included. */
export async function searchChosen(
  door: SearchDoor,
  choice: IndexChoice,
  filters: readonly Filter[],
  body: Record<string, unknown>,
  isSecond = false,
): Promise<Outcome<SearchAnswer>> {
  const index = await door.guarded<string>(async () => ({
    type: "answered",
    value: await choice.forFilters(filters),
    isPartial: false,
  }));
  if (index.type !== "answered") return index;
  const outcome = await door.search(index.value, body);
  if (isSecond || outcome.type !== "answered" || !outcome.value.isNowhere) return outcome;
  choice.forget();
  return searchChosen(door, choice, filters, body, true);
}
