// Keys as people write them: hex, or the bech32 forms npub and nsec (NIP-19), checksum included.

import { isHex64 } from "../nostr/hex.ts";

const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const CHECKSUM_LENGTH = 6;

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
  const bytes = decodeBech32(trimmed, prefix);
  return bytes?.length === 32 ? Buffer.from(bytes).toString("hex") : undefined;
}

/** The payload of a lower-case bech32 text (BIP-173) with this prefix, or undefined. */
function decodeBech32(text: string, prefix: string): number[] | undefined {
  if (!text.startsWith(`${prefix}1`)) return undefined;
  const words = [...text.slice(prefix.length + 1)].map((letter) => ALPHABET.indexOf(letter));
  if (words.includes(-1) || words.length <= CHECKSUM_LENGTH) return undefined;
  if (checksum([...expandPrefix(prefix), ...words]) !== 1) return undefined;
  return toBytes(words.slice(0, -CHECKSUM_LENGTH));
}

function expandPrefix(prefix: string): number[] {
  const codes = [...prefix].map((letter) => letter.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function checksum(words: readonly number[]): number {
  let state = 1;
  for (const word of words) {
    const top = state >>> 25;
    state = ((state & 0x1ffffff) << 5) ^ word;
    for (let bit = 0; bit < 5; bit++) if ((top >> bit) & 1) state ^= GENERATORS[bit]!;
  }
  return state >>> 0;
}

/** Five-bit words to bytes; undefined when the padding is not zero or longer than four bits. */
function toBytes(words: readonly number[]): number[] | undefined {
  const bytes: number[] = [];
  let value = 0;
  let bits = 0;
  for (const word of words) {
    value = ((value << 5) | word) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 0xff);
    }
  }
  return bits < 5 && (value & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}
