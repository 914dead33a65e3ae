// One history over two stores: what has left the hot store, and the cold store that it is asked of.

import type { ColdReader } from "../cold/cold-reader.ts";
import type { EvictionReader } from "../hot/eviction-reader.ts";
import type { EvictionHorizon } from "../hot/horizon.ts";
import type { Filter } from "../nostr/filter.ts";

/** Reads of the cold store. Its hits are shown only after EvictionReader.admit() and mayRead(). */
export type ColdHistory = Pick<ColdReader, "page" | "byIds" | "bySeqs" | "count">;

export interface History {
  readonly cold: ColdHistory;
  readonly horizon: EvictionHorizon;
  /** Does the cold store hold all that has left, as far as is known? Else nothing is claimed about the past. */
  readonly isWhole: () => boolean;
  readonly evictions: Pick<EvictionReader, "admit" | "evictedIds" | "stubsAt">;
}

/** The part of a filter that the cold store may have more of than the hot store, at this moment; undefined for none. */
export function coldPartOf(filter: Filter, { horizon }: History): Filter | undefined {
  const until = Math.min(filter.until ?? Number.MAX_SAFE_INTEGER, horizon.of(filter));
  const since = filter.since ?? 0;
  if (until < since) return undefined;
  if (filter.kinds === undefined) return { ...filter, until };
  return { ...filter, until, kinds: filter.kinds.filter((kind) => horizon.ofKind(kind) >= since) };
}
