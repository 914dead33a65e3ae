// Which kinds are private, and who may read each (NIP-04, NIP-17, NIP-37, NIP-59).

import { Kind } from "../nostr/kind.ts";

/** `author`: the signer. `recipient`: whoever stands in a `p` tag. */
export interface PrivateReaders {
  readonly author: boolean;
  readonly recipient: boolean;
}

const AUTHOR_ONLY: PrivateReaders = { author: true, recipient: false };
const RECIPIENT_ONLY: PrivateReaders = { author: false, recipient: true };

const PRIVATE_KINDS: ReadonlyMap<number, PrivateReaders> = new Map([
  [Kind.encryptedDirectMessage, { author: true, recipient: true }],
  [Kind.seal, AUTHOR_ONLY],
  // The signer of a wrap is a one-time key that nobody holds any more: only recipients count.
  [Kind.giftWrap, RECIPIENT_ONLY],
  [Kind.ephemeralGiftWrap, RECIPIENT_ONLY],
  [Kind.draftCheckpoint, AUTHOR_ONLY],
  [Kind.draft, AUTHOR_ONLY],
]);

/** Undefined for kinds that anybody may read. */
export function privateReadersOf(kind: number): PrivateReaders | undefined {
  return PRIVATE_KINDS.get(kind);
}

/** All private kinds, for stores that must leave them out of text, totals and trends. */
export const PRIVATE_KIND_NUMBERS: readonly number[] = [...PRIVATE_KINDS.keys()];
