// Above which second the hot store holds everything, kind by kind: below it the cold store may have more.

import type { Filter } from "../nostr/filter.ts";
import { isEvictableKind } from "./evictable.ts";

/** Nothing has ever left. */
export const COMPLETE = -1;

export interface LeavingEvent {
  readonly kind: number;
  readonly createdAt: number;
}

/** Rises only, and before anything leaves: whoever looks at it after a read knows what that read may have missed. */
export class EvictionHorizon {
  private readonly untilByKind: Map<number, number>;
  /** The highest of all kinds, or COMPLETE. */
  latest: number;
  /** Counts evictions of this process, their begins and ends: unchanged between two looks, none began or ended in between. */
  version = 0;
  /** Evictions under way: what they take out may be seen in the one store, in the other, or in both one after the other. */
  leaving = 0;

  constructor(untilByKind: Iterable<readonly [kind: number, until: number]> = []) {
    this.untilByKind = new Map(untilByKind);
    this.latest = Math.max(COMPLETE, ...this.untilByKind.values());
  }

  raise(kind: number, createdAt: number): void {
    this.version++;
    if (createdAt > this.ofKind(kind)) this.untilByKind.set(kind, createdAt);
    this.latest = Math.max(this.latest, createdAt);
  }

  /** Raises for events that are about to leave, as far as they may, and takes them out. */
  async during<T>(events: Iterable<LeavingEvent>, takeOut: () => Promise<T>): Promise<T> {
    raiseFor(this, events);
    this.leaving++;
    try {
      return await takeOut();
    } finally {
      this.leaving--;
      this.version++;
    }
  }

  ofKind(kind: number): number {
    return this.untilByKind.get(kind) ?? COMPLETE;
  }

  /** The last second from which the hot store may lack events of this filter; below its `since` there is none. */
  of(filter: Pick<Filter, "kinds">): number {
    if (this.latest === COMPLETE || filter.kinds === undefined) return this.latest;
    let until = COMPLETE;
    for (const kind of filter.kinds) until = Math.max(until, this.ofKind(kind));
    return until;
  }
}

/** For events that are about to leave; those of them that may not do not count. */
export function raiseFor(horizon: EvictionHorizon, leaving: Iterable<LeavingEvent>): void {
  for (const { kind, createdAt } of leaving) if (isEvictableKind(kind)) horizon.raise(kind, createdAt);
}
