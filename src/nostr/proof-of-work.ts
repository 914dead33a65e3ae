// Proof of work (NIP-13): leading zero bits of the id, held to the difficulty the author committed to.

import type { NostrEvent } from "./event.ts";
import { firstTag } from "./tag.ts";

/** Number of leading zero bits of a lower-case hex id. */
export function leadingZeroBits(hex: string): number {
  let bits = 0;
  for (let i = 0; i < hex.length; i++) {
    const nibble = Number.parseInt(hex[i]!, 16);
    if (nibble !== 0) return bits + Math.clz32(nibble) - 28;
    bits += 4;
  }
  return bits;
}

/** What the id is worth: a lucky hash above a lower committed target counts as the target only. */
export function difficultyOf(event: NostrEvent): number {
  const actual = leadingZeroBits(event.id);
  const committed = firstTag(event, "nonce")?.[2];
  if (committed === undefined || !/^\d{1,3}$/.test(committed)) return actual;
  return Math.min(actual, Number(committed));
}
