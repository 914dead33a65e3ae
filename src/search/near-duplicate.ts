// Recognises texts that say the same with small changes: a 64-bit simhash over their words, and an exact hash for short ones.

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

export function fingerprintOf(tokens: readonly string[]): Fingerprint {
  const used = tokens.length > TOKENS_MAX ? tokens.slice(0, TOKENS_MAX) : tokens;
  const exact = hashOf(used.join(" "), 0x811c9dc5);
  if (used.length < TOKENS_MIN) return { exact, similar: undefined };
  const weights = new Int32Array(64);
  for (let at = 0; at + 1 < used.length; at++) {
    // Pairs of words, so that the same words in another order are another text.
    const pair = `${used[at]!} ${used[at + 1]!}`;
    addBits(weights, 0, hashOf(pair, 0x811c9dc5));
    addBits(weights, 32, hashOf(pair, 0x01234567));
  }
  return { exact, similar: [signsOf(weights, 0), signsOf(weights, 32)] };
}

export function isNearDuplicate(a: Fingerprint, b: Fingerprint): boolean {
  if (a.exact === b.exact) return true;
  if (a.similar === undefined || b.similar === undefined) return false;
  return bitCount(a.similar[0] ^ b.similar[0]) + bitCount(a.similar[1] ^ b.similar[1]) <= BITS_DIFFERENT_MAX;
}

/** FNV-1a with a final mix: this decides what is shown twice, not who may write. */
function hashOf(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function addBits(weights: Int32Array, offset: number, hash: number): void {
  for (let bit = 0; bit < 32; bit++) weights[offset + bit]! += (hash >>> bit) & 1 ? 1 : -1;
}

function signsOf(weights: Int32Array, offset: number): number {
  let bits = 0;
  for (let bit = 0; bit < 32; bit++) if (weights[offset + bit]! > 0) bits |= 1 << bit;
  return bits;
}

function bitCount(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
