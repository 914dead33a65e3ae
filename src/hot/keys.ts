// The narrow integer keys that stand for ids, authors and tag values in the indexes.

import { type Address, addressText } from "../nostr/address.ts";

// Index width is what a write costs (each commit writes every page it dirtied), so 32-byte values are indexed by 48 bits
// of them: six bytes in SQLite, exact in a JavaScript number. A key may collide; the full value in the JSON decides.

/** The first 48 bits of a hex id. */
export function idKey(id: string): number {
  return Number.parseInt(id.slice(0, 12), 16);
}

/** The first 48 bits of a hex public key. */
export function authorKey(pubkey: string): number {
  return Number.parseInt(pubkey.slice(0, 12), 16);
}

/** The same 48 bits of a binary id, public key or address. */
export function keyOfBytes(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 6);
  return view.getUint32(0) * 0x1_0000 + view.getUint16(4);
}

/**
 * A secret-seeded hash of tag name and value. Tag values are free text: without the seed, anybody could fill the index
 * with values that collide with a victim's.
 */
export function tagKey(name: string, value: string, seed: bigint): number {
  return Number(Bun.hash.xxHash64(name + value, seed) & 0xffff_ffff_ffffn);
}

/** The rank of the lowest id there can be. */
export const RANK_MAX = 0xffff_ffff;

/**
 * Orders events of one second inside an index that is walked backwards: a higher rank is a lower id. 32 bits of the id
 * are enough to order; where two events share them the full ids decide.
 */
export function rankOf(id: string): number {
  return RANK_MAX - Number.parseInt(id.slice(0, 8), 16);
}

/** 128 bits of SHA-256 over `kind:pubkey:d`: an address is never verified against JSON, so its key must not collide. */
export function addressKey(address: Address): Uint8Array {
  return Bun.SHA256.hash(addressText(address)).slice(0, 16) as Uint8Array;
}
