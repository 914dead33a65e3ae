// An author's events of one kind in the recent tail, walked newest first, as a stream among others.

import type { Start } from "./scan-source.ts";
import type { NewestFirstStream } from "./stream.ts";
import type { RecentTail } from "./tail.ts";
import type { SlotList } from "./tail-authors.ts";

export interface TailBounds {
  readonly start: Start;
  readonly since: number;
}

export class TailStream implements NewestFirstStream {
  createdAt = 0;
  rank = 0;
  seq = 0;
  readonly isFilled = true;
  private readonly tail: RecentTail;
  private readonly slots: readonly number[];
  private readonly first: number;
  private readonly since: number;
  /** The index above the next one to look at. */
  private at: number;

  constructor(tail: RecentTail, { slots, start }: Readonly<SlotList>, bounds: TailBounds) {
    this.tail = tail;
    this.slots = slots;
    this.first = start;
    this.since = bounds.since;
    this.at = this.above(bounds.start);
  }

  /** All its rows are at hand, always. */
  fill(): boolean {
    return this.step();
  }

  step(): boolean {
    if (this.at <= this.first) return false;
    const slot = this.slots[--this.at]!;
    const { createdAt, seq } = this.tail.atSlot(slot);
    if (createdAt < this.since) return false;
    this.createdAt = createdAt;
    this.rank = this.tail.rankAt(slot);
    this.seq = seq;
    return true;
  }

  /** The first index that stands above the start. */
  private above({ createdAt, rank }: Start): number {
    const { slots, tail } = this;
    const isAbove = (index: number): boolean => {
      const slot = slots[index]!;
      const at = tail.atSlot(slot).createdAt;
      return at > createdAt || (at === createdAt && tail.rankAt(slot) > rank);
    };
    // Most walks begin at the newest event.
    if (!isAbove(slots.length - 1)) return slots.length;
    let low = this.first;
    let high = slots.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isAbove(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** A stream for each author and kind with something to show. `authors` are 48-bit keys; doubles are walked once. */
export function* openTailStreams(
  tail: RecentTail,
  authors: readonly number[],
  kinds: readonly number[] | undefined,
  bounds: TailBounds,
): Generator<TailStream[], void> {
  const wanted = kinds && new Set(kinds);
  for (const author of new Set(authors.map((key) => key >>> 0))) {
    const lists = tail.authors.listsOf(author);
    if (lists === undefined) continue;
    const streams: TailStream[] = [];
    for (const kind of wanted ?? lists.keys()) {
      const list = lists.get(kind);
      const stream = list && new TailStream(tail, list, bounds);
      if (stream?.step() === true) streams.push(stream);
    }
    yield streams;
  }
}
