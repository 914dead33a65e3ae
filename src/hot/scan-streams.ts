// The part of a scan that merges index streams and fetches the JSON of what comes out on top.

import type { Hit, ScanPosition } from "./contract.ts";
import type { HitLookup } from "./hit-lookup.ts";
import { NewestFirstMerge } from "./merge.ts";
import type { IndexAccess } from "./plan.ts";
import { type Meter, Work } from "./scan-budget.ts";
import { compareHits, endOfRank, type HitSource, PAUSED } from "./scan-source.ts";
import { openStreams, type StreamBounds } from "./stream-open.ts";
import type { IndexStream } from "./stream.ts";
import type { ReadStatements } from "./stream-sql.ts";

export class StreamSource implements HitSource {
  streams = 0;
  private readonly merge = new NewestFirstMerge();
  private readonly lookup: HitLookup;
  private readonly upToSeq: number;
  private opening: Generator<IndexStream[], void> | undefined;
  private rankAt: { readonly createdAt: number; readonly rank: number } | undefined;
  /** What is left of a tie, in reverse order. */
  private tied: Hit[] = [];

  constructor(
    access: IndexAccess,
    bounds: StreamBounds,
    upToSeq: number,
    statements: ReadStatements,
    lookup: HitLookup,
  ) {
    this.lookup = lookup;
    this.upToSeq = upToSeq;
    this.opening = openStreams(access, bounds, statements);
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
