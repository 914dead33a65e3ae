// When an event expires (NIP-40).

import type { NostrEvent } from "./event.ts";
import { firstTag } from "./tag.ts";

/** Stands for "never" wherever an expiry is kept as a number. */
export const NEVER_EXPIRES = 0;

/**
 * Unix seconds of the first `expiration` tag, NEVER_EXPIRES without one, undefined when its value is not a positive
 * whole number (such an event is refused). A value of 0 is read as 1: long expired either way.
 */
export function expirationOf(event: Pick<NostrEvent, "tags">): number | undefined {
  const tag = firstTag(event, "expiration");
  if (tag === undefined) return NEVER_EXPIRES;
  if (!/^\d{1,15}$/.test(tag[1] ?? "")) return undefined;
  return Math.max(1, Number(tag[1]));
}

/** An event is expired from that very second on. */
export function isExpired(expiresAt: number, nowSeconds: number): boolean {
  return expiresAt !== NEVER_EXPIRES && expiresAt <= nowSeconds;
}
