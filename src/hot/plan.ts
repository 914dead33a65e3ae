// Which way a filter is answered: one index for the whole filter, with or without the recent tail in front of it.

import { type Filter, matchesNothing, type TagCondition } from "../nostr/filter.ts";
import { authorKey, tagKey } from "./keys.ts";
import type { KeyedTable, ReadStatements } from "./stream-sql.ts";
import type { RecentTail } from "./tail.ts";

/** What SQLite can walk newest first. Keys are 48-bit; `kinds` undefined means every kind the key has. */
export type IndexAccess =
  | {
      readonly source: "author" | "tag";
      readonly keys: readonly number[];
      readonly kinds: readonly number[] | undefined;
    }
  | { readonly source: "kind"; readonly kinds: readonly number[] }
  | { readonly source: "time" };

export type Access =
  IndexAccess | { readonly source: "ids"; readonly ids: readonly string[] } | { readonly source: "nothing" };

/** All rows one by one, or the lists of the filter's authors. */
export type TailWalk = "columns" | "authors";

export interface Plan {
  readonly access: Access;
  /** 48-bit keys of the filter's authors, in its order. */
  readonly authorKeys: readonly number[] | undefined;
  /** How the tail is walked down to its horizon first, and the index only below it. */
  readonly tailWalk: TailWalk | undefined;
  readonly because: string;
}

/** Rows counted to find a condition rare enough to need no comparison, and to compare those that are not. */
const RARE_MAX = 48;
const COMPARED_MAX = 1536;
/** Conditions on tags that are compared: a filter may name thousands, and to count for all of them takes seconds. */
const TAG_CANDIDATES_MAX = 12;
/** Hits a filter without limit is taken to want. */
const WANTED_DEFAULT = 100;
const WANTED_MAX = 500;

/** What a scan of this filter probably wants. `limit` is only a hint here: who asks stops the scan. */
export function wantedOf(filter: Filter): number {
  return Math.min(filter.limit ?? WANTED_DEFAULT, WANTED_MAX);
}

export function planScan(
  filter: Filter,
  statements: ReadStatements,
  tail: RecentTail | undefined,
  tagSeed: bigint,
): Plan {
  const authorKeys = filter.authors?.map(authorKey);
  const plain = { authorKeys, tailWalk: undefined };
  if (matchesNothing(filter))
    return { ...plain, access: { source: "nothing" }, because: "nothing can match" };
  if (filter.ids !== undefined) {
    return { ...plain, access: { source: "ids", ids: filter.ids }, because: "ids name the events" };
  }
  const { access, because } = chooseIndex(filter, authorKeys, statements, tagSeed);
  const tailWalk = tail && cheaperWalk(filter, authorKeys, access, tail);
  if (tailWalk === undefined) return { ...plain, access, because };
  const way = tailWalk === "columns" ? "the tail is" : "the tail's lists of these authors are";
  return { authorKeys, access, tailWalk, because: `${because}; ${way} cheaper for what is recent` };
}

interface Choice {
  readonly access: IndexAccess;
  readonly because: string;
}

/** A condition that could drive the scan, in the order they are tried. */
interface Candidate extends Choice {
  readonly table: KeyedTable;
  readonly name: string;
}

function chooseIndex(
  filter: Filter,
  authorKeys: readonly number[] | undefined,
  statements: ReadStatements,
  tagSeed: bigint,
): Choice {
  const candidates = candidatesOf(filter, authorKeys, statements, tagSeed);
  const [first, second] = candidates;
  if (first === undefined) {
    return filter.kinds === undefined
      ? { access: { source: "time" }, because: "nothing but time restricts" }
      : { access: { source: "kind", kinds: filter.kinds }, because: "kinds alone restrict" };
  }
  return second === undefined ? first : rarest(candidates, filter.kinds);
}

function candidatesOf(
  filter: Filter,
  authorKeys: readonly number[] | undefined,
  statements: ReadStatements,
  tagSeed: bigint,
): Candidate[] {
  const { kinds } = filter;
  const byTag = (condition: TagCondition, values: readonly string[]): Candidate => {
    const name = `${condition.mode === "any" ? "#" : "&"}${condition.name}`;
    const keys = values.map((value) => tagKey(condition.name, value, tagSeed));
    return {
      access: { source: "tag", keys, kinds },
      table: statements.tag,
      name,
      because: `${name} restricts`,
    };
  };
  // Every value of an `&x` must be there, so any one of them can drive: each is a candidate of its own.
  const candidates = filter.tags
    .flatMap((condition) =>
      condition.mode === "any"
        ? [byTag(condition, condition.values)]
        : condition.values.slice(0, TAG_CANDIDATES_MAX).map((value) => byTag(condition, [value])),
    )
    .slice(0, TAG_CANDIDATES_MAX);
  if (authorKeys !== undefined) {
    const keys = authorKeys;
    const access: IndexAccess = { source: "author", keys, kinds };
    candidates.push({ access, table: statements.author, name: "authors", because: "authors restrict" });
  }
  return candidates;
}

/**
 * The condition with the fewest index rows, found by counting no further than needed: the first rare one is good enough,
 * and beyond the second bound they are all alike. Times are not looked at: they restrict every index alike.
 */
function rarest(candidates: readonly Candidate[], kinds: readonly number[] | undefined): Choice {
  let best: { readonly candidate: Candidate; readonly count: number } | undefined;
  for (const max of [RARE_MAX, COMPARED_MAX]) {
    for (const candidate of candidates) {
      const count = countRows(candidate, kinds, max);
      if (count < max && (best === undefined || count < best.count)) best = { candidate, count };
      if (count < RARE_MAX) break;
    }
    if (best !== undefined) break;
  }
  const chosen = best?.candidate ?? candidates[0]!;
  const because =
    best === undefined
      ? `${chosen.name} is as common as the others`
      : `${chosen.name} is the rarest condition (${best.count} rows)`;
  return { access: chosen.access, because };
}

function countRows({ access, table }: Candidate, kinds: readonly number[] | undefined, max: number): number {
  const keys = "keys" in access ? access.keys : [];
  return table.countRows(JSON.stringify(keys), kinds && JSON.stringify(kinds), max);
}

// Measured costs in microseconds, rounded: only their proportions matter.
const TAIL_ROW_US = 0.003;
const TAIL_LIST_US = 0.15;
const TAIL_LIST_HIT_US = 0.2;
/** Lists of an author whose kinds nobody names. */
const KINDS_EACH = 4;
const STREAM_US = 4;
const HEAD_US = 0.8;
const SKIP_HEAD_US = 7;
const INDEX_HIT_US = 0.2;

/**
 * Walking the columns costs by the row, whoever wrote it; the authors' lists and the index cost by the list or stream and
 * the hit. The tail's own counts tell how far a walk must go: an upper bound for kinds and authors, multiplied when both
 * restrict. Tags are not in the tail, so what is driven by a tag goes to the index (and takes the JSON from the tail).
 */
function cheaperWalk(
  filter: Filter,
  authorKeys: readonly number[] | undefined,
  access: IndexAccess,
  tail: RecentTail,
): TailWalk | undefined {
  if (access.source === "tag") return undefined;
  if (tail.size === 0 || (filter.until ?? Number.MAX_SAFE_INTEGER) <= tail.horizon) return undefined;
  const wanted = wantedOf(filter) + 1;
  const ofKinds = shareOfKinds(filter.kinds, tail);
  const byAuthors = authorKeys === undefined ? tail.size : Math.min(tail.size, eventsBy(authorKeys, tail));
  const matching = ofKinds * byAuthors;
  const found = Math.min(matching, wanted);
  const walked = matching <= wanted ? tail.columns.length : (tail.columns.length * wanted) / matching;
  const columns = walked * TAIL_ROW_US;
  const pairs = (authorKeys?.length ?? Number.POSITIVE_INFINITY) * (filter.kinds?.length ?? KINDS_EACH);
  const lists = pairs * TAIL_LIST_US + found * TAIL_LIST_HIT_US;
  if (Math.min(columns, lists) >= indexCost(access, wanted)) return undefined;
  return columns <= lists ? "columns" : "authors";
}

function shareOfKinds(kinds: readonly number[] | undefined, tail: RecentTail): number {
  if (kinds === undefined) return 1;
  return kinds.reduce((sum, kind) => sum + (tail.kindCounts[kind] ?? 0), 0) / tail.size;
}

/** An upper bound of the events that these authors have in the tail. */
function eventsBy(authorKeys: readonly number[], tail: RecentTail): number {
  return authorKeys.reduce((sum, key) => sum + tail.authorCounts[(key >>> 0) & 0xffff]!, 0);
}

function indexCost(access: IndexAccess, wanted: number): number {
  const hits = wanted * INDEX_HIT_US;
  if (access.source === "time") return STREAM_US + hits;
  if (access.source === "kind") return access.kinds.length * STREAM_US + hits;
  if (access.kinds === undefined) return access.keys.length * SKIP_HEAD_US + wanted * STREAM_US;
  const pairs = access.keys.length * access.kinds.length;
  if (pairs <= 6) return pairs * STREAM_US + hits;
  return pairs * HEAD_US + Math.min(pairs, wanted) * STREAM_US + hits;
}
