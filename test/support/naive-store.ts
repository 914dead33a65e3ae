// The plain model of the hot store's read side: an array, the meaning of a filter, and the order of answers.

import type { NostrEvent } from "../../src/nostr/event.ts";
import { type Filter, matchesFilter } from "../../src/nostr/filter.ts";
import { compareNewestFirst } from "../../src/nostr/order.ts";

export interface NaiveRow {
  readonly seq: number;
  readonly event: NostrEvent;
}

export class NaiveStore {
  rows: NaiveRow[] = [];

  add(rows: readonly NaiveRow[]): void {
    this.rows.push(...rows);
  }

  remove(seqs: readonly number[]): void {
    const gone = new Set(seqs);
    this.rows = this.rows.filter((row) => !gone.has(row.seq));
  }

  /** Every match in the order of answers; `limit` and `search` do not count. */
  matches(filter: Filter, upToSeq = Number.MAX_SAFE_INTEGER): NaiveRow[] {
    return this.rows
      .filter((row) => row.seq <= upToSeq && matchesFilter(filter, row.event))
      .sort((a, b) => compareNewestFirst(a.event, b.event));
  }
}
