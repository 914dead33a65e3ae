// An open-addressing table from 32-bit fingerprints to slots: eight bytes an entry where a Map takes fifty.

const LOAD_MAX = 0.5;
const CAPACITY_MIN = 1024;

/**
 * A multimap: several slots may share a fingerprint, so the caller compares the real key of each slot it is offered.
 * The multiplier is secret, or somebody could grind ids that all fall into one neighbourhood.
 */
export class KeyTable {
  private fingerprints = new Uint32Array(CAPACITY_MIN);
  /** slot + 1; 0 is an empty place. */
  private entries = new Int32Array(CAPACITY_MIN);
  private shift = 32 - Math.log2(CAPACITY_MIN);
  private count = 0;
  private readonly multiplier: number;

  /** `multiplier` is a 32-bit number; it is made odd here. */
  constructor(multiplier: number) {
    this.multiplier = multiplier | 1;
  }

  add(fingerprint: number, slot: number): void {
    if (this.count >= this.entries.length * LOAD_MAX) this.grow();
    this.place(fingerprint >>> 0, slot + 1);
    this.count++;
  }

  /** The next place after `from` that holds this fingerprint, or -1. Start with -1, go on with the last answer. */
  next(fingerprint: number, from: number): number {
    const mask = this.entries.length - 1;
    let at = from === -1 ? this.home(fingerprint) : (from + 1) & mask;
    while (this.entries[at] !== 0) {
      if (this.fingerprints[at] === fingerprint) return at;
      at = (at + 1) & mask;
    }
    return -1;
  }

  slotAt(place: number): number {
    return this.entries[place]! - 1;
  }

  /** Takes the entry out and closes the gap, so that no marks of the dead pile up. */
  remove(fingerprint: number, slot: number): void {
    const wanted = slot + 1;
    let at = this.next(fingerprint >>> 0, -1);
    while (at !== -1 && this.entries[at] !== wanted) at = this.next(fingerprint >>> 0, at);
    if (at === -1) return;
    this.count--;
    this.closeGap(at);
  }

  private closeGap(gap: number): void {
    const mask = this.entries.length - 1;
    let hole = gap;
    let at = (gap + 1) & mask;
    while (this.entries[at] !== 0) {
      const home = this.home(this.fingerprints[at]!);
      // An entry may move back into the hole only if its home does not lie behind the hole.
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        this.entries[hole] = this.entries[at]!;
        this.fingerprints[hole] = this.fingerprints[at]!;
        hole = at;
      }
      at = (at + 1) & mask;
    }
    this.entries[hole] = 0;
  }

  private home(fingerprint: number): number {
    return Math.imul(fingerprint ^ (fingerprint >>> 15), this.multiplier) >>> this.shift;
  }

  private place(fingerprint: number, entry: number): void {
    const mask = this.entries.length - 1;
    let at = this.home(fingerprint);
    while (this.entries[at] !== 0) at = (at + 1) & mask;
    this.fingerprints[at] = fingerprint;
    this.entries[at] = entry;
  }

  private grow(): void {
    const { fingerprints, entries } = this;
    this.fingerprints = new Uint32Array(entries.length * 2);
    this.entries = new Int32Array(entries.length * 2);
    this.shift--;
    for (let i = 0; i < entries.length; i++) {
      if (entries[i] !== 0) this.place(fingerprints[i]!, entries[i]!);
    }
  }
}
