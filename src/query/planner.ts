// From the filters of a REQ or COUNT to the sources that answer them.

import type { Hit, HotReader } from "../hot/contract.ts";
import { type Filter, matchesNothing } from "../nostr/filter.ts";
import { mayRead, type ReaderKeys } from "../policy/read.ts";
import { HotSource } from "./hot-source.ts";
import type { ReaderPool } from "./reader-pool.ts";
import type { HitSource } from "./source.ts";

/** The stores a query may ask, and the limits it keeps to. */
export interface QueryStores {
  readonly reader: HotReader;
  readonly pool: ReaderPool | undefined;
  /** Answers filters with a search text; absent where search is off. */
  readonly search?: SearchPort;
}

/** Makes a ranked source for a filter with `search`. */
export interface SearchPort {
  source(filter: Filter, limit: number, context: QueryContext): HitSource;
}

export interface QueryContext {
  readonly upToSeq: number;
  readonly keys: ReaderKeys;
  /** Unix seconds. */
  readonly now: number;
  /** Called when a waiting source has news. */
  readonly wake: () => void;
}

export interface LimitOptions {
  readonly defaultLimit: number;
  readonly limitMax: number;
}

/**
 * One source for each filter that can match something. `limits` undefined means every match (COUNT). A filter with
 * `limit: 0` shows nothing stored, and nothing is known of what it might have.
 */
export function planSources(
  filters: readonly Filter[],
  stores: QueryStores,
  context: QueryContext,
  limits: LimitOptions | undefined,
): HitSource[] {
  return filters
    .filter((filter) => !matchesNothing(filter))
    .map((filter) =>
      limits !== undefined && filter.limit === 0 ? UNASKED : sourceOf(filter, stores, context, limits),
    );
}

/** A filter whose stored events nobody asked for. */
const UNASKED: HitSource = {
  order: "time",
  pull: () => "ended",
  peek: () => {
    throw new Error("a source that has ended shows nothing");
  },
  shift: () => {},
  hasMore: undefined,
  error: undefined,
  close: () => {},
};

function sourceOf(
  filter: Filter,
  stores: QueryStores,
  context: QueryContext,
  limits: LimitOptions | undefined,
): HitSource {
  const limit = limits === undefined ? Number.POSITIVE_INFINITY : limitOf(filter, limits);
  if (filter.search !== undefined && stores.search !== undefined)
    return stores.search.source(filter, limit, context);
  return new HotSource(filter, {
    reader: stores.reader,
    pool: stores.pool,
    upToSeq: context.upToSeq,
    limit,
    accept: (hit: Hit) => mayRead(hit, context.keys, context.now),
    wake: context.wake,
  });
}

/** What the client asked for, clamped; somebody who names ids gets them all, whatever the default. */
function limitOf(filter: Filter, { defaultLimit, limitMax }: LimitOptions): number {
  const asked = filter.limit ?? Math.max(defaultLimit, filter.ids?.length ?? 0);
  return Math.min(asked, limitMax);
}
