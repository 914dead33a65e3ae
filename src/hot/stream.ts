// One stretch of an index, walked newest first in chunks: no statement stays open between two of them.

import type { Start } from "./scan-source.ts";
import type { StreamRow, StreamTable } from "./stream-sql.ts";

/** Chunks grow by this factor, since most walks end early and the others are long. */
const GROWTH = 4;
export const CHUNK_MAX = 256;

/** What the merge takes: rows in order, newest first. It stands on one of them once fill() or step() has said true. */
export interface NewestFirstStream {
  readonly createdAt: number;
  readonly rank: number;
  readonly seq: number;
  /** False while the rows from here on have to be fetched by fill(). */
  readonly isFilled: boolean;
  fill(): boolean;
  step(): boolean;
}

/** What a table does not ask for, the key of a kind's rows and more, is 0. */
export interface Stretch {
  readonly key: number;
  readonly kind: number;
  readonly since: number;
}

/** The rows of one (key, kind) pair, of one kind, or of all time, each below the one before. */
export class IndexStream implements NewestFirstStream {
  /** The row it stands on; before the first chunk, and at each chunk's end, a point that no later row is above. */
  createdAt: number;
  rank: number;
  seq = Number.MAX_SAFE_INTEGER;
  /** False while the rows from here on have to be fetched. */
  isFilled = false;
  private rows: readonly StreamRow[] = [];
  private next = 0;
  private isLastChunk = false;
  private readonly table: StreamTable;
  private readonly key: number;
  private readonly kind: number;
  private readonly since: number;
  private count: number;

  /** Its first row is at `start` or below. `firstChunk` rows are fetched at first. */
  constructor(table: StreamTable, { key, kind, since }: Stretch, start: Start, firstChunk: number) {
    this.table = table;
    this.key = key;
    this.kind = kind;
    this.since = since;
    this.createdAt = start.createdAt;
    this.rank = start.rank;
    this.count = firstChunk;
  }

  /** Fetches the next chunk and stands on its first row; false when there is none. */
  fill(): boolean {
    if (this.isLastChunk) return false;
    this.rows = this.table.chunk(
      this.key,
      this.kind,
      this.since,
      this.createdAt,
      this.rank,
      this.seq,
      this.count,
    );
    this.isLastChunk = this.rows.length < this.count;
    this.count = Math.min(CHUNK_MAX, this.count * GROWTH);
    this.next = 0;
    return this.step();
  }

  /** Goes on to the next row; false when the stream is at its end. At a chunk's end it waits, unfilled, where it is. */
  step(): boolean {
    const row = this.rows[this.next];
    if (row === undefined) {
      this.isFilled = false;
      return !this.isLastChunk;
    }
    this.next++;
    this.isFilled = true;
    this.createdAt = row[0];
    this.rank = row[1];
    this.seq = row[2];
    return true;
  }
}
