// Requests to vanish (NIP-62): does one mean this relay?

import type { NostrEvent } from "./event.ts";
import { normaliseRelayUrl } from "./relay-url.ts";
import { tagValues } from "./tag.ts";

const ALL_RELAYS = "ALL_RELAYS";

/** `ownUrls` are normalised URLs of this relay. The word ALL_RELAYS counts in upper case only. */
export function vanishesHere(request: NostrEvent, ownUrls: ReadonlySet<string>): boolean {
  return tagValues(request, "relay").some((value) => {
    if (value === ALL_RELAYS) return true;
    const normal = normaliseRelayUrl(value);
    return normal !== undefined && ownUrls.has(normal);
  });
}

/** A request for one named relay is nobody else's business; one to all relays is meant to travel. */
export function vanishesEverywhere(request: NostrEvent): boolean {
  return tagValues(request, "relay").includes(ALL_RELAYS);
}
