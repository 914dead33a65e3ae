// The part of a scan that merges streams and fetches the JSON of what comes out on top.

import type { Hit, ScanPosition } from "./contract.ts";
import type { HitLookup } from "./hit-lookup.ts";
import { NewestFirstMerge } from "./merge.ts";
import { type Meter, Work } from "./scan-budget.ts";
import { compareHits, endOfRank, type HitSource, PAUSED } from "./scan-source.ts";
import type { NewestFirstStream } from "./stream.ts";

export class StreamSource implements HitSource {
  streams = 0;
  private readonly merge = new NewestFirstMerge();
  private readonly lookup: HitLookup;
  private readonly upToSeq: number;
  private opening: Generator<NewestFirstStream[], void> | undefined;
  private rankAt: { readonly createdAt: number; readonly rank: number } | undefined;
  /** What is left of a tie, in reverse order. */
  private tied: Hit[] = [];

  /** `opening` hands out the streams in portions; nothing is read from them before the last portion has come. */
  constructor(opening: Generator<NewestFirstStream[], void>, upToSeq: number, lookup: HitLookup) {
    this.opening = opening;
    this.upToSeq = upToSeq;
    this.lookup = lookup;
  }

  next(meter: Meter): Hit | undefined | typeof PAUSED {
    if (this.opening !== undefined && !this.open(meter)) return PAUSED;
    for (;;) {
      const tied = this.tied.pop();
      if (tied !== undefined) return tied;
      if (meter.isUp()) return PAUSED;
      const tie = this.merge.next(meter);
      if (tie === undefined || tie === PAUSED) return tie;
      meter.spend(Work.candidate);
      const hit = this.hitsOf(tie.seqs, meter);
      this.rankAt = { createdAt: tie.createdAt, rank: tie.rank };
      if (hit !== undefined) return hit;
    }
  }

  reached(): ScanPosition | undefined {
    if (this.rankAt === undefined || this.tied.length > 0) return undefined;
    return endOfRank(this.rankAt.createdAt, this.rankAt.rank);
  }

  private open(meter: Meter): boolean {
    for (;;) {
      if (meter.isUp()) return false;
      const portion = this.opening!.next();
      if (portion.done === true) break;
      meter.spend(Work.statement + portion.value.length * Work.candidate);
      for (const stream of portion.value) this.merge.add(stream);
      this.streams += portion.value.length;
    }
    this.opening = undefined;
    return true;
  }

  /** The first hit of a tie; the others are kept for the next calls. */
  private hitsOf(seqs: readonly number[], meter: Meter): Hit | undefined {
    const [only] = seqs;
    if (seqs.length === 1) return this.hit(only!, meter);
    const hits = seqs.map((seq) => this.hit(seq, meter)).filter((hit) => hit !== undefined);
    this.tied = hits.sort(compareHits).reverse();
    return this.tied.pop();
  }

  private hit(seq: number, meter: Meter): Hit | undefined {
    if (seq > this.upToSeq) return undefined;
    const hit = this.lookup.bySeq(seq);
    if (hit !== undefined) meter.spend(hit.json.length);
    return hit;
  }
}
