// Parsed public keys by their 32 bytes, so that an author's second event does not pay for finding the curve point again.

import { ptr } from "bun:ffi";

/** sizeof(secp256k1_xonly_pubkey): opaque, but fixed by the library's header. */
const PARSED_BYTES = 64;
const KEY_WORDS = 8;

/**
 * A direct-mapped cache over two slabs: a key has one slot, named by its first bits, and a newcomer takes it over. Keys are
 * as good as random, and an author who mines one to collide with another only costs both a parse (4 µs) each time.
 */
export class ParsedKeys {
  private readonly keys: Int32Array;
  private readonly filled: Uint8Array;
  private readonly parsed: Uint8Array;
  private readonly parsedAt: number;
  private readonly mask: number;
  private readonly parse: (parsedPointer: number, keyPointer: number) => boolean;

  /** `slots` is a power of two, 96 bytes each. `parse` writes 64 bytes and answers false for a key not on the curve. */
  constructor(slots: number, parse: (parsedPointer: number, keyPointer: number) => boolean) {
    if (slots < 1 || (slots & (slots - 1)) !== 0)
      throw new Error(`slots must be a power of two, not ${slots}`);
    this.keys = new Int32Array(slots * KEY_WORDS);
    this.filled = new Uint8Array(slots);
    this.parsed = new Uint8Array(new ArrayBuffer(slots * PARSED_BYTES));
    this.parsedAt = ptr(this.parsed);
    this.mask = slots - 1;
    this.parse = parse;
  }

  /**
   * Address of the parsed form of the key that is `words[at…at+8]` and lies in memory at `keyPointer`; 0 when it is not
   * on the curve. The address is good until the next call.
   */
  pointerOf(words: Int32Array, at: number, keyPointer: number): number {
    const slot = words[at]! & this.mask;
    const pointer = this.parsedAt + slot * PARSED_BYTES;
    if (this.filled[slot] === 1 && this.holds(slot, words, at)) return pointer;
    // Empty first: a failed parse leaves zeros behind, and verifying with those would abort the process.
    this.filled[slot] = 0;
    if (!this.parse(pointer, keyPointer)) return 0;
    for (let word = 0; word < KEY_WORDS; word++) this.keys[slot * KEY_WORDS + word] = words[at + word]!;
    this.filled[slot] = 1;
    return pointer;
  }

  private holds(slot: number, words: Int32Array, at: number): boolean {
    const base = slot * KEY_WORDS;
    for (let word = 0; word < KEY_WORDS; word++)
      if (this.keys[base + word] !== words[at + word]) return false;
    return true;
  }
}
