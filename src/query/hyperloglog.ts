// HyperLogLog of distinct authors, as NIP-45 defines it: 256 registers that relays may merge.

import type { Filter } from "../nostr/filter.ts";
import { isHex64 } from "../nostr/hex.ts";
import { Kind } from "../nostr/kind.ts";
import { leadingZeroBits } from "../nostr/proof-of-work.ts";

const REGISTERS = 256;
/** Bytes of the key after the register byte that are looked at, as the field does: values stay below 58. */
const HASHED_BYTES = 7;

export class HyperLogLog {
  readonly offset: number;
  private readonly registers = new Uint8Array(REGISTERS);

  /** `offset` is the byte of a public key that chooses the register, 8 to 23. */
  constructor(offset: number) {
    this.offset = offset;
  }

  add(pubkey: string): void {
    const at = this.offset * 2;
    const register = Number.parseInt(pubkey.slice(at, at + 2), 16);
    const value = leadingZeroBits(pubkey.slice(at + 2, at + 2 + HASHED_BYTES * 2)) + 1;
    if (value > this.registers[register]!) this.registers[register] = value;
  }

  /** Registers that were fed elsewhere. */
  static of(offset: number, registers: Uint8Array): HyperLogLog {
    const made = new HyperLogLog(offset);
    made.registers.set(registers);
    return made;
  }

  /** As if everything that the other one has seen had been added here. */
  merge(other: HyperLogLog): void {
    for (let i = 0; i < REGISTERS; i++) this.registers[i] = Math.max(this.registers[i]!, other.registers[i]!);
  }

  toBytes(): Uint8Array<ArrayBuffer> {
    return this.registers.slice();
  }

  /** 512 hex characters. */
  toHex(): string {
    return Buffer.from(this.registers).toString("hex");
  }
}

/**
 * The offset for a filter that asks for one tag value, or undefined where NIP-45 defines none: exactly one tag
 * condition with one value, kinds that are one kind or the quotes pair (1 and 1111 by `q`), and nothing else.
 */
export function hyperLogLogOffset(filter: Filter): number | undefined {
  const [condition, ...others] = filter.tags;
  if (condition === undefined || others.length > 0 || condition.values.length !== 1) return undefined;
  const { ids, authors, since, until, search } = filter;
  if ([ids, authors, since, until, search].some((key) => key !== undefined)) return undefined;
  if (!isCountedKinds(filter.kinds, condition.name)) return undefined;
  return Number.parseInt(baseHex(condition.values[0]!)[32]!, 16) + 8;
}

function isCountedKinds(kinds: readonly number[] | undefined, tagName: string): boolean {
  if (kinds?.length === 1) return true;
  return tagName === "q" && kinds?.length === 2 && kinds.includes(Kind.note) && kinds.includes(Kind.comment);
}

/** A hex value stands for itself, an address for its key, any other text for its hash. */
function baseHex(value: string): string {
  if (isHex64(value)) return value;
  const pubkey = /^\d+:([0-9a-f]{64}):/.exec(value)?.[1];
  return pubkey ?? Bun.SHA256.hash(value, "hex");
}
