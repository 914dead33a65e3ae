// Recognises texts that say the same with small changes: a 64-bit simhash over their words, and an exact hash for short ones.

import type { NostrEvent } from "../nostr/event.ts";
import { Kind } from "../nostr/kind.ts";

export interface Fingerprint {
  /** Equal texts, case and punctuation aside, have equal hashes. */
  readonly exact: number;
  /** Two halves of a simhash; undefined for texts too short to be compared that way. */
  readonly similar: readonly [number, number] | undefined;
}

const TOKENS_MIN = 12;
/** Of 64 bits, at most so many differ between two texts taken for the same. */
const BITS_DIFFERENT_MAX = 6;
/** More of a long text says nothing new about it. */
const TOKENS_MAX = 400;
/** Bits that count the pairs of TOKENS_MAX tokens. */
const COUNT_BITS = 9;
const SEEDS: readonly [number, number] = [0x811c9dc5, 0x01234567];

export function fingerprintOf(tokens: readonly string[]): Fingerprint {
  const used = tokens.length > TOKENS_MAX ? tokens.slice(0, TOKENS_MAX) : tokens;
  const exact = finished(extended(SEEDS[0], used.join(" ")));
  if (used.length < TOKENS_MIN) return { exact, similar: undefined };
  return { exact, similar: [simhash(used, SEEDS[0]), simhash(used, SEEDS[1])] };
}

/** Of an event's title and body in tokens. Profiles repeat nobody: two people may say the same of themselves. */
export function fingerprintOfText(
  { kind, pubkey }: Pick<NostrEvent, "kind" | "pubkey">,
  title: readonly string[],
  body: readonly string[],
): Fingerprint {
  return fingerprintOf(kind === Kind.metadata ? [pubkey] : [...title, ...body]);
}

export function isNearDuplicate(a: Fingerprint, b: Fingerprint): boolean {
  if (a.exact === b.exact) return true;
  if (a.similar === undefined || b.similar === undefined) return false;
  return bitCount(a.similar[0] ^ b.similar[0]) + bitCount(a.similar[1] ^ b.similar[1]) <= BITS_DIFFERENT_MAX;
}

/** Over pairs of words, so that the same words in another order are another text. */
function simhash(tokens: readonly string[], seed: number): number {
  const votes = new Votes();
  let first = extended(seed, tokens[0]!);
  for (let at = 1; at < tokens.length; at++) {
    const token = tokens[at]!;
    votes.add(finished(extended(extended(first, " "), token)));
    first = extended(seed, token);
  }
  return votes.majority();
}

/** 32 counters side by side: bit n of the i-th number is bit i of the n-th counter, so that a few operations add to all. */
class Votes {
  private readonly planes = new Int32Array(COUNT_BITS);
  private votes = 0;

  add(bits: number): void {
    const { planes } = this;
    this.votes++;
    let carry = bits;
    for (let plane = 0; carry !== 0; plane++) {
      const before = planes[plane]!;
      planes[plane] = before ^ carry;
      carry &= before;
    }
  }

  /** The bits that were set in more than half of the votes. */
  majority(): number {
    const half = this.votes >>> 1;
    let [above, level] = [0, -1];
    for (let plane = COUNT_BITS - 1; plane >= 0; plane--) {
      const bits = this.planes[plane]!;
      const limit = (half >>> plane) & 1 ? -1 : 0;
      above |= level & bits & ~limit;
      level &= ~(bits ^ limit);
    }
    return above;
  }
}

/** FNV-1a with a final mix: this decides what is shown twice, not who may write. */
function extended(state: number, text: string): number {
  let hash = state;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

function finished(state: number): number {
  let hash = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function bitCount(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
