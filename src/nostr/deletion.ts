// What a deletion request reaches (NIP-09), and what it never may.

import { type Address, parseAddress } from "./address.ts";
import type { NostrEvent } from "./event.ts";
import { isHex64 } from "./hex.ts";
import { Kind } from "./kind.ts";
import { hasTagValue, tagValues } from "./tag.ts";

export interface DeletionTargets {
  /** Ids named by `e` tags. Whose they are is only known once the event is seen. */
  readonly ids: readonly string[];
  /** Addresses of `a` tags that are the signer's own: foreign ones are left out here. Versions up to created_at go. */
  readonly addresses: readonly Address[];
}

/** Targets of a kind 5 event, without doubles. Both lists empty means that it names nothing it could delete. */
export function deletionTargets(request: NostrEvent): DeletionTargets {
  const ids = new Set(tagValues(request, "e").filter(isHex64));
  const addresses = new Map<string, Address>();
  for (const text of new Set(tagValues(request, "a"))) {
    const address = parseAddress(text);
    if (address !== undefined && address.pubkey === request.pubkey) addresses.set(text, address);
  }
  return { ids: [...ids], addresses: [...addresses.values()] };
}

/** A kind 5 must name something, by `e` or `a`, even if it is not the signer's own. */
export function namesAnyTarget(request: NostrEvent): boolean {
  return request.tags.some((tag) => (tag[0] === "e" || tag[0] === "a") && tag[1] !== undefined);
}

/**
 * May `pubkey` delete this event by its id? The author may; so may the recipient of a gift wrap, whose author is a
 * one-time key (NIP-59). Deletion requests and requests to vanish cannot be deleted (NIP-09, NIP-62).
 */
export function mayDelete(pubkey: string, target: NostrEvent): boolean {
  if (target.kind === Kind.deletion || target.kind === Kind.vanish) return false;
  if (target.pubkey === pubkey) return true;
  return target.kind === Kind.giftWrap && hasTagValue(target, "p", pubkey);
}
