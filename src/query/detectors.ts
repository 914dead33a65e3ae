// What texts do not say themselves: the detectors that a relay has switched on, loaded once in each thread that asks.

import type { NostrEvent } from "../nostr/event.ts";
import type { SearchCapabilities } from "../search/capability.ts";
import type { Oracles } from "../search/match.ts";
import { loadLanguageDetector } from "./language-detector.ts";
import { loadSentimentDetector } from "./sentiment-detector.ts";

export type Detectors = Pick<Oracles, "languageOf" | "sentimentOf">;

export async function loadDetectors({ languages, sentiments }: SearchCapabilities): Promise<Detectors> {
  if (!languages) return {};
  const languageOf = remembering(await loadLanguageDetector());
  return sentiments ? { languageOf, sentimentOf: await loadSentimentDetector(languageOf) } : { languageOf };
}

/** The same event is asked about several times in a row: for its language, its sentiment, and by each search that listens. */
function remembering<T>(ask: (event: NostrEvent) => T): (event: NostrEvent) => T {
  let last: { readonly event: NostrEvent; readonly answer: T } | undefined;
  return (event) => {
    if (last?.event !== event) last = { event, answer: ask(event) };
    return last.answer;
  };
}
