// Keys as people write them: hex, or the bech32 forms npub and nsec (NIP-19), checksum included.

import { isHex64 } from "../nostr/hex.ts";
import { decodeBech32 } from "../nostr/nip19.ts";

/** The key as lower-case hex, or undefined when the text is neither 64 hex characters nor a valid npub. */
export function parsePublicKey(text: string): string | undefined {
  return parseKey(text, "npub");
}

/** The secret key as lower-case hex, or undefined when the text is neither 64 hex characters nor a valid nsec. */
export function parseSecretKey(text: string): string | undefined {
  return parseKey(text, "nsec");
}

function parseKey(text: string, prefix: string): string | undefined {
  const trimmed = text.trim().toLowerCase();
  if (isHex64(trimmed)) return trimmed;
  const decoded = decodeBech32(trimmed);
  if (decoded?.prefix !== prefix || decoded.bytes.length !== 32) return undefined;
  return Buffer.from(decoded.bytes).toString("hex");
}
