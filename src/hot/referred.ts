// The stored event that others refer to: by its id, or by the address at which its versions stand.

import { addressOf, parseAddress } from "../nostr/address.ts";
import { eventFromJson } from "../nostr/event.ts";
import { isHex64 } from "../nostr/hex.ts";
import type { Hit, HotReader } from "./contract.ts";

/** Events of one author and kind that are looked at for the one whose first `d` tag says nothing, which no index finds. */
const LOOKED_AT_MAX = 1000;

export function referred(reader: Pick<HotReader, "get" | "scan">, ref: string): Hit | undefined {
  if (isHex64(ref)) return reader.get(ref);
  const address = parseAddress(ref);
  if (address === undefined) return undefined;
  const { kind, pubkey, identifier } = address;
  const tags = identifier === "" ? [] : [{ name: "d", mode: "any" as const, values: [identifier] }];
  let found: Hit | undefined;
  let looked = 0;
  reader.scan({ kinds: [kind], authors: [pubkey], tags }).run(
    (hit) => {
      // Only the first `d` tag counts, and an index holds them all.
      if (addressOf(eventFromJson(hit.json))?.identifier === identifier) found = hit;
      return found === undefined && ++looked < LOOKED_AT_MAX;
    },
    { deadlineMs: Number.POSITIVE_INFINITY },
  );
  return found;
}
