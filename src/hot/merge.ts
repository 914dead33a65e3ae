// The lazy k-way merge: many streams, one order.

import { type Meter, Work } from "./scan-budget.ts";
import { PAUSED } from "./scan-source.ts";
import type { NewestFirstStream } from "./stream.ts";

/** Rows that share a second and a rank: almost always one. Their order is decided by their full ids. */
export interface Tie {
  createdAt: number;
  rank: number;
  /** Without doubles: one event stands in many tag streams. */
  readonly seqs: number[];
}

/**
 * A binary heap of streams, newest on top. A stream that has no rows in hand stands where its next row is at best and
 * is asked for a chunk only when it comes to the top, so that most of 300 authors' streams are never opened.
 */
export class NewestFirstMerge {
  private readonly heap: NewestFirstStream[] = [];
  private readonly tie: Tie = { createdAt: 0, rank: 0, seqs: [] };

  add(stream: NewestFirstStream): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(stream);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!isNewer(stream, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = stream;
  }

  /** The next rows in order, valid until the next call; undefined at the end. */
  next(meter: Meter): Tie | undefined | typeof PAUSED {
    const { heap, tie } = this;
    let top = heap[0];
    while (top !== undefined && !top.isFilled) {
      if (meter.isUp()) return PAUSED;
      this.fill(top, meter);
      top = heap[0];
    }
    if (top === undefined) return undefined;
    tie.createdAt = top.createdAt;
    tie.rank = top.rank;
    tie.seqs.length = 0;
    // A tie is taken whole, whatever the time: it is rarely more than one event, and never more than share 32 bits.
    while (top !== undefined && top.createdAt === tie.createdAt && top.rank === tie.rank) {
      if (!top.isFilled) this.fill(top, meter);
      else {
        if (!tie.seqs.includes(top.seq)) tie.seqs.push(top.seq);
        this.settle(top.step());
      }
      top = heap[0];
    }
    return tie;
  }

  private fill(top: NewestFirstStream, meter: Meter): void {
    meter.spend(Work.statement);
    this.settle(top.fill());
  }

  /** Puts the heap in order after its top has moved on, or ended. */
  private settle(isAlive: boolean): void {
    const { heap } = this;
    const moved = isAlive ? heap[0]! : heap.pop()!;
    if (heap.length > 0) this.sink(moved);
  }

  private sink(stream: NewestFirstStream): void {
    const { heap } = this;
    const { length } = heap;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= length) break;
      if (child + 1 < length && isNewer(heap[child + 1]!, heap[child]!)) child++;
      if (!isNewer(heap[child]!, stream)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = stream;
  }
}

function isNewer(a: NewestFirstStream, b: NewestFirstStream): boolean {
  return a.createdAt !== b.createdAt ? a.createdAt > b.createdAt : a.rank > b.rank;
}
