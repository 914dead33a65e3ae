// One author's events in the recent tail, walked newest first, as a stream among others.

import type { Start } from "./scan-source.ts";
import type { NewestFirstStream } from "./stream.ts";
import type { RecentTail } from "./tail.ts";

export class TailStream implements NewestFirstStream {
  createdAt = 0;
  rank = 0;
  seq = 0;
  readonly isFilled = true;
  private readonly tail: RecentTail;
  private readonly slots: readonly number[];
  private readonly first: number;
  private readonly kinds: readonly number[] | undefined;
  private readonly since: number;
  /** The index above the next one to look at. */
  private at: number;

  constructor(
    tail: RecentTail,
    { slots, start }: { readonly slots: readonly number[]; readonly start: number },
    kinds: readonly number[] | undefined,
    bounds: { readonly start: Start; readonly since: number },
  ) {
    this.tail = tail;
    this.slots = slots;
    this.first = start;
    this.kinds = kinds;
    this.since = bounds.since;
    this.at = this.above(bounds.start);
  }

  /** All its rows are at hand, always. */
  fill(): boolean {
    return this.step();
  }

  step(): boolean {
    while (this.at > this.first) {
      const slot = this.slots[--this.at]!;
      const { createdAt, kind, seq } = this.tail.atSlot(slot);
      if (createdAt < this.since) return false;
      if (this.kinds !== undefined && !this.kinds.includes(kind)) continue;
      this.createdAt = createdAt;
      this.rank = this.tail.rankAt(slot);
      this.seq = seq;
      return true;
    }
    return false;
  }

  /** The first index that stands above the start. */
  private above({ createdAt, rank }: Start): number {
    let low = this.first;
    let high = this.slots.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const slot = this.slots[middle]!;
      const at = this.tail.atSlot(slot).createdAt;
      if (at < createdAt || (at === createdAt && this.tail.rankAt(slot) <= rank)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A stream for each author with something to show. `authors` are 48-bit keys; doubles are walked once. */
export function* openTailStreams(
  tail: RecentTail,
  authors: readonly number[],
  kinds: readonly number[] | undefined,
  bounds: { readonly start: Start; readonly since: number },
): Generator<TailStream[], void> {
  const streams: TailStream[] = [];
  for (const author of new Set(authors.map((key) => key >>> 0))) {
    const list = tail.authors.listOf(author);
    if (list === undefined) continue;
    const stream = new TailStream(tail, list, kinds, bounds);
    if (stream.step()) streams.push(stream);
  }
  yield streams;
}
