// A full-text thread for tests: beside a hot store, in a folder of its own where one is named.

import type { HotStore } from "../../src/hot/hot-store.ts";
import type { VerifiedEvent } from "../../src/nostr/event.ts";
import { FulltextService, type FulltextServiceOptions } from "../../src/query/fulltext-service.ts";

export function fulltextFor(
  folder: string,
  store: HotStore,
  told: Pick<FulltextServiceOptions, "onProgress" | "onTrouble" | "onHeldUp"> &
    Partial<Pick<FulltextServiceOptions, "depthMax">>,
): FulltextService {
  return new FulltextService({
    folder,
    path: store.path,
    tagSeed: store.tagSeed,
    detect: { languages: false, sentiments: false },
    verifyDomains: false,
    seeds: [],
    signatures: { choice: "auto" },
    depthMax: 10,
    ...told,
  });
}

/** Resolves when each of these was told its outcome. */
export async function writeAll(store: HotStore, events: readonly VerifiedEvent[]): Promise<void> {
  await Promise.all(events.map((event) => new Promise((resolve) => store.write(event, resolve))));
}
