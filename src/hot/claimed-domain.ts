// The NIP-05 domain that an author's profile claims, read from the hot store: profiles never leave it.

import { eventFromJson } from "../nostr/event.ts";
import { Kind } from "../nostr/kind.ts";
import { factsOf } from "../search/facts.ts";
import type { HotReader } from "./contract.ts";

export function claimedDomainOf(reader: Pick<HotReader, "scan">, pubkey: string): string | undefined {
  let domain: string | undefined;
  reader.scan({ authors: [pubkey], kinds: [Kind.metadata], tags: [] }).run(
    (hit) => {
      domain = factsOf(eventFromJson(hit.json)).domain;
      return false;
    },
    { deadlineMs: Number.POSITIVE_INFINITY },
  );
  return domain;
}
