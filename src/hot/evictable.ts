// Which events may leave the hot store for the cold one.

import type { NostrEvent } from "../nostr/event.ts";
import { isHex64 } from "../nostr/hex.ts";
import { isAddressableKind, isReplaceableKind, Kind } from "../nostr/kind.ts";
import { tagValues } from "../nostr/tag.ts";

/**
 * Heads of addresses stay, because they decide which versions may come; so do deletion requests and requests to vanish,
 * which must reach what arrives later.
 */
export function isEvictableKind(kind: number): boolean {
  if (isReplaceableKind(kind) || isAddressableKind(kind)) return false;
  return kind !== Kind.deletion && kind !== Kind.vanish;
}

/** A stub has room for one recipient: a wrap with none, or with several, stays. */
export function isEvictable(event: NostrEvent): boolean {
  if (!isEvictableKind(event.kind)) return false;
  return event.kind !== Kind.giftWrap || recipientOf(event) !== undefined;
}

/** Whom a gift wrap is for, where that is exactly one key. */
export function recipientOf(event: NostrEvent): string | undefined {
  if (event.kind !== Kind.giftWrap) return undefined;
  const [recipient, ...others] = new Set(tagValues(event, "p"));
  return recipient !== undefined && others.length === 0 && isHex64(recipient) ? recipient : undefined;
}
