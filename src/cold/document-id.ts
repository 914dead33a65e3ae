// Under which id an event stands in the index: its own, or the slot that all versions of an address share.

import type { Address } from "../nostr/address.ts";
import { addressOf } from "../nostr/address.ts";
import type { NostrEvent } from "../nostr/event.ts";
import { isAddressableKind, isReplaceableKind } from "../nostr/kind.ts";

/** A new version overwrites the old one in place, so there are never two of them. The hot store says who wins. */
export function documentId(event: NostrEvent): string {
  const address = addressOf(event);
  return address === undefined ? event.id : slotId(address);
}

/** The same for an event of which only a removal entry is left. */
export function removedDocumentId(entry: {
  readonly id: string;
  readonly pubkey: string;
  readonly kind: number;
  readonly identifier: string;
}): string {
  const { id, kind, pubkey, identifier } = entry;
  if (isReplaceableKind(kind)) return slotId({ kind, pubkey, identifier: "" });
  if (isAddressableKind(kind)) return slotId({ kind, pubkey, identifier });
  return id;
}

/** Identifiers are hashed: they are free text of any length, and the index allows 512 bytes. */
function slotId(address: Address): string {
  const identifier = Bun.SHA256.hash(address.identifier, "hex").slice(0, 32);
  return `r:${address.kind}:${address.pubkey}:${identifier}`;
}
