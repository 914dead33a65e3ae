// From an access path to its streams: which (key, kind) pairs exist, and how new each one's newest row is.

import { isReplaceableKind } from "../nostr/kind.ts";
import { RANK_MAX } from "./keys.ts";
import type { IndexAccess } from "./plan.ts";
import type { Start } from "./scan-source.ts";
import { CHUNK_MAX, IndexStream } from "./stream.ts";
import {
  HEADS_MAX,
  type HeadRow,
  type KeyedTable,
  type ReadStatements,
  type StreamRow,
} from "./stream-sql.ts";

/** Up to here pairs are opened straight away: asking for their heads first would cost more than it saves. */
const DIRECT_PAIRS_MAX = 6;
const FIRST_CHUNK_MIN = 4;

export interface StreamBounds {
  readonly start: Start;
  readonly since: number;
  /** How many hits the caller probably wants in all: sizes the first chunks, nothing else. */
  readonly wanted: number;
}

/**
 * Yields streams in portions, one statement each at most, so that a hostile key with tens of thousands of kinds can be
 * paused in the middle. Nothing may be read from them before the last portion has come.
 */
export function* openStreams(
  access: IndexAccess,
  bounds: StreamBounds,
  statements: ReadStatements,
): Generator<IndexStream[], void> {
  switch (access.source) {
    case "time":
      yield [directStream(statements.time, 0, 0, 1, bounds)];
      return;
    case "kind":
      yield access.kinds.map((kind) => directStream(statements.kind, 0, kind, access.kinds.length, bounds));
      return;
    case "author":
      if (access.kinds?.every(isReplaceableKind) === true)
        yield* openReplaceable(statements.author, access.keys, access.kinds, bounds);
      else yield* openKeyed(statements.author, access.keys, access.kinds, bounds);
      return;
    case "tag":
      yield* openKeyed(statements.tag, access.keys, access.kinds, bounds);
      return;
  }
}

function* openKeyed(
  table: KeyedTable,
  keys: readonly number[],
  kinds: readonly number[] | undefined,
  bounds: StreamBounds,
): Generator<IndexStream[], void> {
  if (kinds === undefined) {
    yield* openByNextKinds(table, keys, bounds);
  } else if (keys.length * kinds.length <= DIRECT_PAIRS_MAX) {
    const pairs = keys.length * kinds.length;
    yield keys.flatMap((key) => kinds.map((kind) => directStream(table, key, kind, pairs, bounds)));
  } else {
    yield* openByHeads(table, keys, kinds, bounds);
  }
}

/** Known kinds: one statement for each slice of keys tells every pair's newest second. */
function* openByHeads(
  table: KeyedTable,
  keys: readonly number[],
  kinds: readonly number[],
  bounds: StreamBounds,
): Generator<IndexStream[], void> {
  for (const [keysJson, kindsJson] of slicesOfPairs(keys, kinds)) {
    yield headStreams(table, table.heads(keysJson, kindsJson, bounds.start.createdAt), bounds);
  }
}

/** All pairs of keys and kinds in slices of at most HEADS_MAX, as JSON for a statement. */
function* slicesOfPairs(
  keys: readonly number[],
  kinds: readonly number[],
): Generator<readonly [keys: string, kinds: string], void> {
  const kindsAtOnce = Math.min(kinds.length, HEADS_MAX);
  const keysAtOnce = Math.max(1, Math.floor(HEADS_MAX / kindsAtOnce));
  for (let k = 0; k < kinds.length; k += kindsAtOnce) {
    const kindsJson = JSON.stringify(kinds.slice(k, k + kindsAtOnce));
    for (let i = 0; i < keys.length; i += keysAtOnce)
      yield [JSON.stringify(keys.slice(i, i + keysAtOnce)), kindsJson];
  }
}

/**
 * Profiles, follow lists and the like: a pair has one row at the most (but for authors whose keys collide), so all rows
 * of a slice of keys are read at once and make one stream.
 */
function* openReplaceable(
  table: KeyedTable,
  keys: readonly number[],
  kinds: readonly number[],
  bounds: StreamBounds,
): Generator<IndexStream[], void> {
  for (const [keysJson, kindsJson] of slicesOfPairs(keys, kinds)) {
    const rows = table
      .all(keysJson, kindsJson, bounds.since, bounds.start.createdAt)
      .filter((row) => !isAbove(row, bounds.start))
      .sort(compareRows);
    yield rows.length === 0 ? [] : [streamOfRows(rows, bounds)];
  }
}

function isAbove([createdAt, rank]: StreamRow, start: Start): boolean {
  return createdAt === start.createdAt && rank > start.rank;
}

function compareRows(a: StreamRow, b: StreamRow): number {
  return b[0] - a[0] || b[1] - a[1] || b[2] - a[2];
}

/** A stream whose rows are all at hand, in order. */
function streamOfRows(rows: readonly StreamRow[], { start, since }: StreamBounds): IndexStream {
  const table = { chunk: () => [...rows] };
  return new IndexStream(table, { key: 0, kind: 0, since }, start, rows.length + 1);
}

/** Unknown kinds: a skip scan, some kinds of many keys at a time, until each key has answered that it has no more. */
function* openByNextKinds(
  table: KeyedTable,
  keys: readonly number[],
  bounds: StreamBounds,
): Generator<IndexStream[], void> {
  // So that one statement has room for eight kinds of each: most keys have fewer, and end with it.
  const keysAtOnce = HEADS_MAX / 8;
  for (let i = 0; i < keys.length; i += keysAtOnce) {
    const lastKinds = new Map(keys.slice(i, i + keysAtOnce).map((key) => [key, -1]));
    while (lastKinds.size > 0) {
      const heads = table.nextKinds(JSON.stringify([...lastKinds]), bounds.start.createdAt);
      for (const [key, kind] of heads) {
        if (kind === null) lastKinds.delete(key);
        else lastKinds.set(key, kind);
      }
      yield headStreams(table, heads, bounds);
    }
  }
}

/** Pairs whose newest row is missing or too old are left out. */
function headStreams(
  table: KeyedTable,
  heads: readonly HeadRow[],
  { start, since, wanted }: StreamBounds,
): IndexStream[] {
  const streams: IndexStream[] = [];
  const firstChunk = firstChunkOf(wanted, heads.length);
  for (const [key, kind, createdAt] of heads) {
    if (kind === null || createdAt === null || createdAt < since) continue;
    const rank = createdAt === start.createdAt ? start.rank : RANK_MAX;
    streams.push(new IndexStream(table, { key, kind, since }, { createdAt, rank }, firstChunk));
  }
  return streams;
}

function directStream(
  table: KeyedTable | ReadStatements["kind"],
  key: number,
  kind: number,
  streams: number,
  { start, since, wanted }: StreamBounds,
): IndexStream {
  const firstChunk = firstChunkOf(wanted, streams);
  return new IndexStream(table, { key, kind, since }, start, firstChunk);
}

/** One row more than wanted tells the caller whether there is more, without another chunk. */
function firstChunkOf(wanted: number, streams: number): number {
  const share = Math.ceil(wanted / streams) + 1;
  return Math.min(CHUNK_MAX, Math.max(FIRST_CHUNK_MIN, share));
}
