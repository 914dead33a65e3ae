// The sorted columns of the recent tail: typed arrays that a scan walks backwards.

/** One row on its way into the columns. */
export interface TailRow {
  readonly createdAt: number;
  readonly rank: number;
  /** Low 32 bits of authorKey: enough to pass over strangers; the JSON decides. */
  readonly author: number;
  readonly kind: number;
  readonly slot: number;
}

/** Tells whether the event in slot `a` has a higher id than the one in slot `b`. Asked only for equal second and rank. */
export type HasHigherId = (a: number, b: number) => boolean;

const CAPACITY_MIN = 1024;
/** Marks a row whose event is gone; it keeps its place until the columns are compacted. */
export const DEAD = -1;

/**
 * Rows [start, end) in order of created_at asc, rank asc, id desc: backwards that is the order of answers. Removing a row
 * only marks it, evicting moves `start`, and near-now rows land at the end, so that nothing moves in daily life.
 * created_at is a float: it may be as large as 2^53-1.
 */
export class TailColumns {
  createdAt = new Float64Array(CAPACITY_MIN);
  rank = new Uint32Array(CAPACITY_MIN);
  author = new Uint32Array(CAPACITY_MIN);
  kind = new Uint16Array(CAPACITY_MIN);
  slot = new Int32Array(CAPACITY_MIN);
  start = 0;
  end = 0;
  private dead = 0;
  private readonly hasHigherId: HasHigherId;

  constructor(hasHigherId: HasHigherId) {
    this.hasHigherId = hasHigherId;
  }

  get length(): number {
    return this.end - this.start;
  }

  /** First position whose (createdAt, rank) is above the given pair: a walk below it starts there, minus one. */
  above(createdAt: number, rank: number, end = this.end): number {
    let low = this.start;
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = this.createdAt[middle]!;
      if (at < createdAt || (at === createdAt && this.rank[middle]! <= rank)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Where a row of this event stands, or -1. */
  find(createdAt: number, rank: number, slot: number): number {
    for (let at = this.above(createdAt, rank) - 1; at >= this.start; at--) {
      if (this.createdAt[at] !== createdAt || this.rank[at] !== rank) return -1;
      if (this.slot[at] === slot) return at;
    }
    return -1;
  }

  /** Merges rows that are sorted as the columns are. Blocks of present rows move once, from the end backwards. */
  insert(rows: readonly TailRow[]): void {
    this.reserve(rows.length);
    let source = this.end;
    let target = this.end + rows.length;
    for (let i = rows.length - 1; i >= 0; i--) {
      const row = rows[i]!;
      const at = this.placeOf(row, source);
      if (at < source) {
        target -= source - at;
        this.move(target, at, source);
        source = at;
      }
      this.write(--target, row);
    }
    this.end += rows.length;
  }

  /** Puts rows before all present ones: they are sorted, and older than those. */
  prepend(rows: readonly TailRow[]): void {
    const { length } = rows;
    // Room for as many again: a tail that is being loaded grows by slices.
    if (this.start < length) this.reallocate(this.length * 2 + length * 2, this.length + length);
    this.start -= length;
    for (let i = 0; i < length; i++) this.write(this.start + i, rows[i]!);
  }

  kill(position: number): void {
    this.slot[position] = DEAD;
    this.dead++;
    if (this.dead > 4096 && this.dead > this.length >>> 3) this.compact();
  }

  /** Drops the oldest row; answers its slot, or DEAD. */
  dropOldest(): number {
    const slot = this.slot[this.start]!;
    if (slot === DEAD) this.dead--;
    this.start++;
    return slot;
  }

  private placeOf(row: TailRow, end: number): number {
    const last = end - 1;
    if (last < this.start || this.createdAt[last]! < row.createdAt) return end;
    let at = this.above(row.createdAt, row.rank, end);
    for (let i = at - 1; i >= this.start; i--) {
      if (this.createdAt[i] !== row.createdAt || this.rank[i] !== row.rank) break;
      const slot = this.slot[i]!;
      if (slot !== DEAD && this.hasHigherId(row.slot, slot)) at = i;
    }
    return at;
  }

  private write(at: number, row: TailRow): void {
    this.createdAt[at] = row.createdAt;
    this.rank[at] = row.rank;
    this.author[at] = row.author;
    this.kind[at] = row.kind;
    this.slot[at] = row.slot;
  }

  private move(target: number, from: number, to: number): void {
    this.createdAt.copyWithin(target, from, to);
    this.rank.copyWithin(target, from, to);
    this.author.copyWithin(target, from, to);
    this.kind.copyWithin(target, from, to);
    this.slot.copyWithin(target, from, to);
  }

  private compact(): void {
    let target = this.start;
    for (let at = this.start; at < this.end; at++) {
      if (this.slot[at] === DEAD) continue;
      this.createdAt[target] = this.createdAt[at]!;
      this.rank[target] = this.rank[at]!;
      this.author[target] = this.author[at]!;
      this.kind[target] = this.kind[at]!;
      this.slot[target] = this.slot[at]!;
      target++;
    }
    this.end = target;
    this.dead = 0;
  }

  private reserve(count: number): void {
    if (this.end + count <= this.slot.length) return;
    const { start, end, length } = this;
    if (length + count > this.slot.length * 0.75) return this.reallocate((length + count) * 2, 0);
    this.move(0, start, end);
    this.start = 0;
    this.end = length;
  }

  /** New columns of at least this capacity, with the rows from position `front` on. */
  private reallocate(wanted: number, front: number): void {
    const { start, end, length } = this;
    const capacity = Math.max(wanted, CAPACITY_MIN);
    this.createdAt = copyInto(new Float64Array(capacity), this.createdAt.subarray(start, end), front);
    this.rank = copyInto(new Uint32Array(capacity), this.rank.subarray(start, end), front);
    this.author = copyInto(new Uint32Array(capacity), this.author.subarray(start, end), front);
    this.kind = copyInto(new Uint16Array(capacity), this.kind.subarray(start, end), front);
    this.slot = copyInto(new Int32Array(capacity), this.slot.subarray(start, end), front);
    this.start = front;
    this.end = front + length;
  }
}

function copyInto<T extends { set(from: T, at: number): void }>(target: T, from: T, at: number): T {
  target.set(from, at);
  return target;
}
