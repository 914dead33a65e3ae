// Reading bech32 identifiers (NIP-19): npub, note, nprofile, nevent and naddr, to what they name. Secret keys are not read.

import type { Address } from "./address.ts";
import { KIND_MAX } from "./kind.ts";

export type Entity =
  | { readonly type: "pubkey"; readonly pubkey: string }
  | { readonly type: "event"; readonly id: string }
  | { readonly type: "address"; readonly address: Address };

const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const CHECKSUM_LENGTH = 6;
/** NIP-19 itself suggests 5000; what people type into a search is far shorter, relay hints included. */
const TEXT_LENGTH_MAX = 1024;

/** What a NIP-19 text names, or undefined when it is no such text or its checksum fails. Relay hints are left out. */
export function decodeEntity(text: string): Entity | undefined {
  const decoded = decodeBech32(text);
  if (decoded === undefined) return undefined;
  const { prefix, bytes } = decoded;
  if (prefix === "npub") return bytes.length === 32 ? { type: "pubkey", pubkey: bytes.toHex() } : undefined;
  if (prefix === "note") return bytes.length === 32 ? { type: "event", id: bytes.toHex() } : undefined;
  const parts = readParts(bytes);
  const special = parts?.get(0);
  if (parts === undefined || special === undefined) return undefined;
  if (prefix === "nprofile")
    return special.length === 32 ? { type: "pubkey", pubkey: special.toHex() } : undefined;
  if (prefix === "nevent") return special.length === 32 ? { type: "event", id: special.toHex() } : undefined;
  return prefix === "naddr" ? addressEntity(special, parts.get(2), parts.get(3)) : undefined;
}

function addressEntity(
  identifier: Uint8Array,
  author: Uint8Array | undefined,
  kind: Uint8Array | undefined,
): Entity | undefined {
  if (author?.length !== 32 || kind?.length !== 4) return undefined;
  const number = new DataView(kind.buffer, kind.byteOffset).getUint32(0);
  if (number > KIND_MAX) return undefined;
  const address = { kind: number, pubkey: author.toHex(), identifier: new TextDecoder().decode(identifier) };
  return { type: "address", address };
}

/** Type, length, value; the first of a type wins, unknown types are skipped as the NIP asks. */
function readParts(bytes: Uint8Array): Map<number, Uint8Array> | undefined {
  const parts = new Map<number, Uint8Array>();
  for (let at = 0; at < bytes.length;) {
    const length = bytes[at + 1];
    if (length === undefined || at + 2 + length > bytes.length) return undefined;
    if (!parts.has(bytes[at]!)) parts.set(bytes[at]!, bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return parts;
}

/** Prefix and payload of a bech32 text (BIP-173), or undefined when it is none or its checksum fails. */
export function decodeBech32(text: string): { prefix: string; bytes: Uint8Array } | undefined {
  if (text.length > TEXT_LENGTH_MAX || (text !== text.toLowerCase() && text !== text.toUpperCase()))
    return undefined;
  const lower = text.toLowerCase();
  const separator = lower.lastIndexOf("1");
  if (separator < 1 || lower.length - separator - 1 < CHECKSUM_LENGTH) return undefined;
  const prefix = lower.slice(0, separator);
  const words: number[] = [];
  for (const letter of lower.slice(separator + 1)) {
    const word = ALPHABET.indexOf(letter);
    if (word === -1) return undefined;
    words.push(word);
  }
  if (checksum([...expandPrefix(prefix), ...words]) !== 1) return undefined;
  const bytes = toBytes(words.slice(0, -CHECKSUM_LENGTH));
  return bytes === undefined ? undefined : { prefix, bytes };
}

function expandPrefix(prefix: string): number[] {
  const codes = [...prefix].map((letter) => letter.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function checksum(words: readonly number[]): number {
  let sum = 1;
  for (const word of words) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ word;
    for (let bit = 0; bit < 5; bit++) if ((top >>> bit) & 1) sum ^= GENERATORS[bit]!;
  }
  return sum >>> 0;
}

/** Groups of five bits to bytes; left-over bits must be fewer than five, and zero. */
function toBytes(words: readonly number[]): Uint8Array | undefined {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const word of words) {
    held = ((held << 5) | word) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >>> bits) & 0xff);
    }
  }
  return bits < 5 && (held & ((1 << bits) - 1)) === 0 ? Uint8Array.from(bytes) : undefined;
}
