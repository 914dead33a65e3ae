// Events of one search by their seqs, each fetched at most once: a long list is ranked by facts, and only its page is read.

import type { Hit, HotReader } from "../hot/contract.ts";

export class HitTexts {
  private readonly reader: Pick<HotReader, "getMany">;
  private readonly fetched = new Map<number, Hit | undefined>();

  constructor(reader: Pick<HotReader, "getMany">) {
    this.reader = reader;
  }

  /** Many at once cost less than one after another. */
  fetch(seqs: readonly number[]): void {
    const missing = seqs.filter((seq) => !this.fetched.has(seq));
    if (missing.length === 0) return;
    const found = new Map(this.reader.getMany(missing).map((hit) => [hit.seq, hit]));
    for (const seq of missing) this.fetched.set(seq, found.get(seq));
  }

  get(seq: number): Hit | undefined {
    this.fetch([seq]);
    return this.fetched.get(seq);
  }

  isAbsent(seq: number): boolean {
    return this.fetched.has(seq) && this.fetched.get(seq) === undefined;
  }

  /** The first of these that are stored, at most `limit`; `isAll` when there are no others. */
  first(seqs: readonly number[], limit: number): { hits: Hit[]; isAll: boolean } {
    const hits: Hit[] = [];
    let at = 0;
    while (hits.length < limit && at < seqs.length) {
      const next = seqs.slice(at, at + limit - hits.length);
      at += next.length;
      this.fetch(next);
      for (const seq of next) {
        const hit = this.fetched.get(seq);
        if (hit !== undefined) hits.push(hit);
      }
    }
    return { hits, isAll: at === seqs.length };
  }
}
