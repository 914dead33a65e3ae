// Tells the language of a text (ISO 639-1) with a detector that is loaded only where somebody wants it.

import type { NostrEvent } from "../nostr/event.ts";
import { textOfEvent } from "../search/text-of-event.ts";

/** Shorter texts are guesses: "gm", "lol". */
const LETTERS_MIN = 12;
const TEXT_MAX = 2000;

/** Loads the detector, about 120 MB of memory. What it answers for an event is undefined when it is not sure. */
export async function loadLanguageDetector(): Promise<(event: NostrEvent) => string | undefined> {
  const { default: detector } = await import("eld/extrasmall");
  return (event) => {
    const { title, body } = textOfEvent(event);
    const text = `${title}\n${body}`.slice(0, TEXT_MAX);
    if ((text.match(/\p{L}/gu) ?? []).length < LETTERS_MIN) return undefined;
    const found = detector.detect(text);
    return found.language !== "" && found.isReliable() ? found.language : undefined;
  };
}
