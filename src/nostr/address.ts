// The address of a replaceable or addressable event: `kind:pubkey:d` (NIP-01).

import type { NostrEvent } from "./event.ts";
import { isHex64 } from "./hex.ts";
import { isAddressableKind, isReplaceableKind, KIND_MAX } from "./kind.ts";
import { firstTag } from "./tag.ts";

export interface Address {
  readonly kind: number;
  readonly pubkey: string;
  /** Empty for replaceable kinds. */
  readonly identifier: string;
}

/** Where a new version of this event would stand, or undefined for kinds that keep every event. */
export function addressOf(event: NostrEvent): Address | undefined {
  if (isReplaceableKind(event.kind)) return { kind: event.kind, pubkey: event.pubkey, identifier: "" };
  if (isAddressableKind(event.kind)) {
    return {
      kind: event.kind,
      pubkey: event.pubkey,
      identifier: identifierOf(event),
    };
  }
  return undefined;
}

/** The value of the first `d` tag; a missing tag, `["d"]` and `["d",""]` are all the empty identifier. */
export function identifierOf(event: Pick<NostrEvent, "tags">): string {
  return firstTag(event, "d")?.[1] ?? "";
}

/**
 * Parses the value of an `a` tag. Only the first two colons separate: an identifier may hold colons itself.
 * `10002:<key>` without the trailing colon is taken as `10002:<key>:`.
 */
export function parseAddress(text: string): Address | undefined {
  const first = text.indexOf(":");
  if (first < 1) return undefined;
  const kindText = text.slice(0, first);
  if (!/^\d{1,5}$/.test(kindText)) return undefined;
  const kind = Number(kindText);
  const second = text.indexOf(":", first + 1);
  const pubkey = second === -1 ? text.slice(first + 1) : text.slice(first + 1, second);
  const identifier = second === -1 ? "" : text.slice(second + 1);
  if (kind > KIND_MAX || !isHex64(pubkey)) return undefined;
  if (isReplaceableKind(kind)) return { kind, pubkey, identifier: "" };
  if (isAddressableKind(kind)) return { kind, pubkey, identifier };
  return undefined;
}

export function addressText(address: Address): string {
  return `${address.kind}:${address.pubkey}:${address.identifier}`;
}
