// Events of one search by their seqs, each fetched at most once: a long list is ranked by facts, and only its page is read.

import type { Hit, HotReader } from "../hot/contract.ts";

/** Of large events fewer make an answer: it is held in memory until its reader has taken it. */
const ANSWER_CHARACTERS_MAX = 8 * 1024 * 1024;
/** Read at once: more than a page, and not so many that large ones would fill the memory. */
const PORTION = 128;

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

  /** The first of these that are stored, at most `limit`, fewer where they are large; `isAll` when there are no others. */
  first(seqs: readonly number[], limit: number): { hits: Hit[]; isAll: boolean } {
    const hits: Hit[] = [];
    let characters = 0;
    let at = 0;
    let fetchedTo = 0;
    for (; hits.length < limit && at < seqs.length && characters < ANSWER_CHARACTERS_MAX; at++) {
      if (at === fetchedTo) {
        fetchedTo += Math.min(PORTION, limit - hits.length);
        this.fetch(seqs.slice(at, fetchedTo));
      }
      const hit = this.fetched.get(seqs[at]!);
      if (hit === undefined) continue;
      hits.push(hit);
      characters += hit.json.length;
    }
    return { hits, isAll: at === seqs.length };
  }
}
