// A Bloom filter over everything that may bar an event, so that most events pass without asking the tombstone tables.

const BITS_MIN = 1 << 17;
const BITS_PER_KEY = 16;
const PROBES = 4;

/**
 * Holds 48-bit keys: of ids (deleted, banned), of authors (vanished, banned) and of addresses (deleted). It answers
 * "certainly not" or "perhaps"; only a perhaps costs a look-up. Keys are never taken out: one too many is one look-up.
 */
export class BarredKeys {
  private readonly bits: Uint32Array;
  private readonly mask: number;
  private held = 0;
  /** False while another process may have written tombstones that are not in here: then every key is a perhaps. */
  trusted = false;
  private hasVanished = false;

  constructor(expected = 0) {
    let size = BITS_MIN;
    while (size < expected * BITS_PER_KEY) size *= 2;
    this.bits = new Uint32Array(size / 32);
    this.mask = size - 1;
  }

  /** May any key have vanished? Gift wraps to it are refused, and they name it in a tag. */
  get anyVanished(): boolean {
    return !this.trusted || this.hasVanished;
  }

  set anyVanished(has: boolean) {
    this.hasVanished = has;
  }

  add(key: number): void {
    this.held++;
    let probe = firstProbe(key);
    const stride = strideOf(key);
    for (let i = 0; i < PROBES; i++) {
      const bit = probe & this.mask;
      this.bits[bit >>> 5]! |= 1 << (bit & 31);
      probe = (probe + stride) | 0;
    }
  }

  mayHold(key: number): boolean {
    if (!this.trusted) return true;
    if (this.held === 0) return false;
    let probe = firstProbe(key);
    const stride = strideOf(key);
    for (let i = 0; i < PROBES; i++) {
      const bit = probe & this.mask;
      if ((this.bits[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
      probe = (probe + stride) | 0;
    }
    return true;
  }

  /** So full that too many answers are a needless perhaps: time to build a larger one. */
  get crowded(): boolean {
    return this.held * (BITS_PER_KEY / 2) > this.mask;
  }
}

function firstProbe(key: number): number {
  const low = key | 0;
  return Math.imul(low ^ (low >>> 15), 0x9e37_79b1) ^ highHalf(key);
}

function strideOf(key: number): number {
  return Math.imul(highHalf(key) ^ (key | 0), 0x85eb_ca6b) | 1;
}

function highHalf(key: number): number {
  return Math.floor(key / 0x1_0000_0000);
}
