// From the filters of a REQ or COUNT to the sources that answer them.

import type { Hit, HotReader } from "../hot/contract.ts";
import { type Filter, matchesNothing } from "../nostr/filter.ts";
import { mayRead, type ReaderKeys } from "../policy/read.ts";
import type { Client } from "../policy/rotation.ts";
import { HitCount, type CountSource, TieredCount } from "./count-source.ts";
import type { ColdSourceOptions } from "./cold-source.ts";
import type { History } from "./history.ts";
import type { HyperLogLog } from "./hyperloglog.ts";
import { NumberCount } from "./number-count.ts";
import { HotSource } from "./hot-source.ts";
import type { ReaderPool } from "./reader-pool.ts";
import type { HitSource } from "./source.ts";
import { TieredSource } from "./tiered-source.ts";

/** The stores a query may ask, and the limits it keeps to. */
export interface QueryStores {
  readonly reader: HotReader;
  readonly pool: ReaderPool | undefined;
  /** Answers filters with a search text; absent where search is off. */
  readonly search?: SearchPort;
  /** Events that are being erased and may still stand in an index for a moment. */
  readonly hides: (hit: Hit) => boolean;
  /** May any such stand in the hot store? */
  readonly hidesAny: () => boolean;
  /** Milliseconds that a scan may use up on this thread. */
  readonly budgetMs: number;
  /** Where events may have left the hot store for the cold one. */
  readonly history?: History;
}

/** Answers a filter with `search`. */
export interface SearchPort {
  /** Ranked, best first. */
  source(filter: Filter, limit: number, context: QueryContext): HitSource;
  /** For a filter that is counted alone, while nothing is being erased: not every match is looked at. */
  count(filter: Filter, context: QueryContext): CountSource;
}

export interface QueryContext {
  readonly upToSeq: number;
  readonly keys: ReaderKeys;
  readonly client: Client;
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
 * One source for each filter that can match something. A filter with `limit: 0` shows nothing stored, and nothing is known
 * of what it might have.
 */
export function planSources(
  filters: readonly Filter[],
  stores: QueryStores,
  context: QueryContext,
  limits: LimitOptions,
): HitSource[] {
  return filters
    .filter((filter) => !matchesNothing(filter))
    .map((filter) =>
      filter.limit === 0 ? UNASKED : sourceOf(filter, stores, context, limitOf(filter, limits)),
    );
}

/** The same for COUNT: every match, whatever the limits. `hyperLogLog` is fed with the authors, where it is wanted. */
export function planCounts(
  filters: readonly Filter[],
  stores: QueryStores,
  context: QueryContext,
  hyperLogLog?: HyperLogLog,
): CountSource[] {
  const all = Number.POSITIVE_INFINITY;
  const asked = filters.filter((filter) => !matchesNothing(filter));
  const [only] = asked;
  // Not by number while the indexes hold what must not be counted any more.
  if (only !== undefined && asked.length === 1 && !stores.hidesAny()) {
    if (isSearch(only, stores)) return [stores.search.count(only, context)];
    const { history, reader, pool, budgetMs } = stores;
    const { keys, client, now: nowSeconds, wake } = context;
    if (history === undefined)
      return [new NumberCount(only, { reader, pool, budgetMs, keys, client, nowSeconds, hyperLogLog, wake })];
  }
  return asked.map((filter) => {
    if (stores.history === undefined || isSearch(filter, stores))
      return new HitCount(sourceOf(filter, stores, context, all));
    const hot = hotSource(filter, stores, context, all);
    return new TieredCount(filter, hot, coldOptions(stores.history, context, stores));
  });
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

function sourceOf(filter: Filter, stores: QueryStores, context: QueryContext, limit: number): HitSource {
  if (isSearch(filter, stores)) return stores.search.source(filter, limit, context);
  const hot = hotSource(filter, stores, context, limit);
  if (stores.history === undefined) return hot;
  const { upToSeq } = context;
  return new TieredSource(filter, hot, { ...coldOptions(stores.history, context, stores), limit, upToSeq });
}

function isSearch(
  filter: Filter,
  stores: QueryStores,
): stores is QueryStores & { readonly search: SearchPort } {
  return filter.search !== undefined && stores.search !== undefined;
}

function hotSource(filter: Filter, stores: QueryStores, context: QueryContext, limit: number): HotSource {
  const { reader, pool, budgetMs } = stores;
  const { upToSeq, wake, keys, client, now: nowSeconds } = context;
  return new HotSource(filter, {
    reader,
    pool,
    budgetMs,
    upToSeq,
    limit,
    accept: gateOf(context, stores),
    rules: () => ({ nowSeconds, keys: [...keys] }),
    client,
    wake,
  });
}

function coldOptions(history: History, context: QueryContext, stores: QueryStores): ColdSourceOptions {
  const { keys, now, wake } = context;
  return { history, nowSeconds: now, isStranger: keys.size === 0, accept: gateOf(context, stores), wake };
}

function gateOf({ keys, now }: QueryContext, { hides }: QueryStores): (hit: Hit) => boolean {
  return (hit) => mayRead(hit, keys, now) && !hides(hit);
}

/** What the client asked for, clamped; somebody who names ids gets them all, whatever the default. */
function limitOf(filter: Filter, { defaultLimit, limitMax }: LimitOptions): number {
  const asked = filter.limit ?? Math.max(defaultLimit, filter.ids?.length ?? 0);
  return Math.min(asked, limitMax);
}
