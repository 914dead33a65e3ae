// The part of a scan that walks the recent tail's columns instead of asking SQLite.

import type { Filter } from "../nostr/filter.ts";
import type { Hit, ScanPosition } from "./contract.ts";
import { RANK_MAX } from "./keys.ts";
import { type Meter, Work } from "./scan-budget.ts";
import { endOfRank, type HitSource, PAUSED, type Start } from "./scan-source.ts";
import type { RecentTail } from "./tail.ts";
import { DEAD } from "./tail-columns.ts";

/** Rows walked between two looks at the budget: about 50 µs. */
const STRETCH = 32_768;

/** Candidates by kind and author, newest first, strictly above the tail's horizon and at or above `since`. */
export class TailSource implements HitSource {
  readonly streams = 1;
  private readonly tail: RecentTail;
  private readonly kinds: readonly number[] | undefined;
  private readonly authors: AuthorSet | undefined;
  /** The next position to look at; moves down to `last`. */
  private at: number;
  private readonly last: number;

  /** `authorKeys` are the keys of the filter's authors. */
  constructor(tail: RecentTail, filter: Filter, authorKeys: readonly number[] | undefined, start: Start) {
    this.tail = tail;
    this.kinds = filter.kinds;
    this.authors = authorKeys && new AuthorSet(authorKeys, tail.spread);
    this.at = tail.columns.above(start.createdAt, start.rank) - 1;
    const floor = Math.max(tail.horizon, (filter.since ?? 0) - 1);
    this.last = tail.columns.above(floor, RANK_MAX);
  }

  next(meter: Meter): Hit | undefined | typeof PAUSED {
    const { slot } = this.tail.columns;
    while (this.at >= this.last) {
      if (meter.isUp()) return PAUSED;
      const stretchEnd = Math.max(this.last, this.at - STRETCH + 1);
      const found = this.search(this.at, stretchEnd);
      meter.spend((this.at - found) * Work.tailRow + Work.candidate);
      const isFound = found >= stretchEnd;
      this.at = isFound ? found - 1 : found;
      if (!isFound) continue;
      const held = slot[found]!;
      if (held !== DEAD) return this.tail.atSlot(held);
    }
    return undefined;
  }

  reached(): ScanPosition | undefined {
    const { columns } = this.tail;
    // Rows above `at` are behind us; the one right above tells how far that is, unless we still stand on its rank.
    const above = this.at + 1;
    if (above >= columns.end) return undefined;
    const createdAt = columns.createdAt[above]!;
    const rank = columns.rank[above]!;
    const isSplit =
      this.at >= columns.start && columns.createdAt[this.at] === createdAt && columns.rank[this.at] === rank;
    return isSplit ? undefined : endOfRank(createdAt, rank);
  }

  /** The highest matching position in [last, from], or last - 1. */
  private search(from: number, last: number): number {
    const { kinds } = this;
    if (kinds === undefined) return this.searchAuthors(from, last);
    const [only] = kinds;
    if (kinds.length === 1 && only !== undefined) return this.searchOneKind(from, last, only);
    const { kindFlags } = this.tail;
    for (const kind of kinds) kindFlags[kind] = 1;
    const found = this.searchFlagged(from, last);
    for (const kind of kinds) kindFlags[kind] = 0;
    return found;
  }

  private searchAuthors(from: number, last: number): number {
    const { authors } = this;
    if (authors === undefined) return from;
    const { author } = this.tail.columns;
    let at = from;
    while (at >= last && !authors.has(author[at]!)) at--;
    return at;
  }

  private searchOneKind(from: number, last: number, wanted: number): number {
    const { authors } = this;
    const { kind, author } = this.tail.columns;
    let at = from;
    if (authors === undefined) while (at >= last && kind[at] !== wanted) at--;
    else while (at >= last && !(kind[at] === wanted && authors.has(author[at]!))) at--;
    return at;
  }

  private searchFlagged(from: number, last: number): number {
    const { authors } = this;
    const { kindFlags, columns } = this.tail;
    const { kind, author } = columns;
    let at = from;
    if (authors === undefined) while (at >= last && kindFlags[kind[at]!] === 0) at--;
    else while (at >= last && !(kindFlags[kind[at]!] === 1 && authors.has(author[at]!))) at--;
    return at;
  }
}

/** A set of 32-bit author keys: a probe in a typed array costs a fraction of a Set's. May say yes to a stranger. */
class AuthorSet {
  private readonly table: Uint32Array;
  private readonly mask: number;
  private readonly spread: number;
  private hasZero = false;

  /** `spread` keeps anybody from choosing authors that crowd one place of the table. */
  constructor(keys: readonly number[], spread: number) {
    const capacity = 2 ** Math.ceil(Math.log2(keys.length * 4 + 4));
    this.table = new Uint32Array(capacity);
    this.mask = capacity - 1;
    this.spread = spread | 1;
    for (const key of keys) this.add(key >>> 0);
  }

  has(author: number): boolean {
    if (author === 0) return this.hasZero;
    const { table, mask } = this;
    let at = (Math.imul(author, this.spread) >>> 15) & mask;
    for (;;) {
      const held = table[at]!;
      if (held === author) return true;
      if (held === 0) return false;
      at = (at + 1) & mask;
    }
  }

  private add(author: number): void {
    if (author === 0) {
      this.hasZero = true;
      return;
    }
    let at = (Math.imul(author, this.spread) >>> 15) & this.mask;
    while (this.table[at] !== 0) at = (at + 1) & this.mask;
    this.table[at] = author;
  }
}
