// A set of seqs as bits: a count over several filters notes every event that it has seen, of millions perhaps.

/** Seqs that share a page of bits. */
const PAGE_SEQS = 4096;
const WORD_BITS = 32;

/** Takes at most a bit for each seq that was ever given out, and something for each page; a Set takes 40 bytes an event. */
export class SeqSet {
  private readonly pages = new Map<number, Uint32Array>();
  private lastAt = -1;
  private last: Uint32Array = new Uint32Array(0);

  /** Bytes of bits. */
  get bytes(): number {
    return (this.pages.size * PAGE_SEQS) / 8;
  }

  /** Answers whether it was not in here yet. */
  add(seq: number): boolean {
    const page = this.pageAt(Math.floor(seq / PAGE_SEQS));
    const place = seq % PAGE_SEQS;
    const word = Math.floor(place / WORD_BITS);
    const bit = 1 << (place % WORD_BITS);
    if ((page[word]! & bit) !== 0) return false;
    page[word]! |= bit;
    return true;
  }

  /** What is counted comes in order of time, so mostly from the page of the one before. */
  private pageAt(at: number): Uint32Array {
    if (at === this.lastAt) return this.last;
    let page: Uint32Array | undefined = this.pages.get(at);
    if (page === undefined) {
      page = new Uint32Array(PAGE_SEQS / WORD_BITS);
      this.pages.set(at, page);
    }
    this.lastAt = at;
    this.last = page;
    return page;
  }
}
