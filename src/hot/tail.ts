// The recent tail: the newest events in memory, complete above its horizon, bounded in bytes.

import { ID_AT, idOfJson, pubkeyOfJson } from "../nostr/event-json.ts";
import type { Committed, Hit } from "./contract.ts";
import { hitBytes } from "./hit-bytes.ts";
import { KeyTable } from "./key-table.ts";
import { authorKey, idKey, rankOf } from "./keys.ts";
import { TailAuthors } from "./tail-authors.ts";
import { DEAD, TailColumns, type TailRow } from "./tail-columns.ts";

export interface TailOptions {
  /** Memory for events, columns and tables together, in bytes (estimated from above). */
  readonly bytesMax: number;
  /** Secret 32-bit number that spreads the hash tables; random when left out. */
  readonly spread?: number;
}

/** Buckets of the author counts: an upper bound of what one author has in the tail. */
const AUTHOR_BUCKETS = 65_536;
/** Loading stops a little below the bound, so that it and the next commits do not work against each other. */
const FULL_SHARE = 0.97;
const RANKS_MIN = 1024;

export function createTail(options: TailOptions): RecentTail {
  return new RecentTail(options);
}

/**
 * Everything with created_at above `horizon` that the store holds as of `lastSeq`. It starts empty and complete for
 * nothing; a TailLoader fills it from the store, and from its first slice on apply() must be given every commit, in order.
 */
export class RecentTail {
  readonly columns: TailColumns;
  readonly authors: TailAuthors;
  /** Complete for created_at > horizon: -1 when the whole store fits, Infinity before it is loaded. */
  horizon = Number.POSITIVE_INFINITY;
  lastSeq = 0;
  /** Changes with every change of content: a scan that paused looks whether its place still holds. */
  version = 0;
  bytes = 0;
  readonly kindCounts = new Uint32Array(65_536);
  readonly authorCounts = new Uint32Array(AUTHOR_BUCKETS);
  /** All zero between uses: a walk flags the kinds it looks for, and clears them before anything else can run. */
  readonly kindFlags = new Uint8Array(65_536);
  readonly spread: number;
  private readonly bytesMax: number;
  private readonly hits: (Hit | undefined)[] = [];
  /** The rank of the event in each slot: to read it from the id costs a trip to its text. */
  private ranks = new Uint32Array(RANKS_MIN);
  private readonly free: number[] = [];
  private readonly slotsById: KeyTable;
  private readonly slotsBySeq: KeyTable;

  constructor(options: TailOptions) {
    this.bytesMax = options.bytesMax;
    this.spread = options.spread ?? crypto.getRandomValues(new Uint32Array(1))[0]!;
    this.slotsById = new KeyTable(this.spread);
    this.slotsBySeq = new KeyTable(this.spread);
    this.columns = new TailColumns((a, b) => idOfJson(this.hits[a]!.json) > idOfJson(this.hits[b]!.json));
    this.authors = new TailAuthors((a, b) => this.compareSlots(a, b));
  }

  /** Events held. */
  get size(): number {
    return this.hits.length - this.free.length;
  }

  has(id: string): boolean {
    return this.slotOfId(id) !== -1;
  }

  get(id: string): Hit | undefined {
    const slot = this.slotOfId(id);
    return slot === -1 ? undefined : this.hits[slot];
  }

  bySeq(seq: number): Hit | undefined {
    const slot = this.slotOfSeq(seq);
    return slot === -1 ? undefined : this.hits[slot];
  }

  atSlot(slot: number): Hit {
    return this.hits[slot]!;
  }

  rankAt(slot: number): number {
    return this.ranks[slot]!;
  }

  /** Takes in one commit: stored events above the horizon come in, removed ones go, the oldest make room. */
  apply(committed: Committed): void {
    if (!this.isLoaded) return;
    const fresh = committed.stored.filter((hit) => hit.createdAt > this.horizon && hit.seq > this.lastSeq);
    if (fresh.length > 0) this.insert(fresh);
    for (const seq of committed.removed) this.remove(seq);
    this.evict();
    this.lastSeq = Math.max(this.lastSeq, committed.lastSeq);
    this.version++;
  }

  /**
   * Takes in what lies between `floor` (excluded) and the horizon, which moves down to `floor`: all of it, as of lastSeq
   * or later. -1 for the floor says that the store holds nothing older. Answers whether there was room for all of it.
   */
  extend(hits: readonly Hit[], floor: number): boolean {
    const rows = hits.map((hit) => this.hold(hit)).sort((a, b) => this.compareRows(a, b));
    this.columns.prepend(rows);
    // From the newest back, for each goes to the front of its list.
    for (const { author, kind, slot } of rows.toReversed()) this.authors.addOldest(author, kind, slot);
    this.horizon = floor;
    this.evict();
    this.version++;
    return this.horizon === floor;
  }

  /** False until the first extend(): the tail knows nothing then. */
  get isLoaded(): boolean {
    return this.horizon !== Number.POSITIVE_INFINITY;
  }

  /** Does it hold the whole store? */
  get isComplete(): boolean {
    return this.horizon < 0;
  }

  /** Would more older events be dropped again at once? */
  get isFull(): boolean {
    return this.bytes >= this.bytesMax * FULL_SHARE;
  }

  private insert(hits: readonly Hit[]): void {
    const rows: TailRow[] = [];
    for (const { seq, createdAt, kind, expiresAt, json } of hits) {
      // A fresh object: what comes in may carry a parsed event that must not be kept alive.
      rows.push(this.hold({ seq, createdAt, kind, expiresAt, json }));
    }
    if (rows.length > 1) rows.sort((a, b) => this.compareRows(a, b));
    this.columns.insert(rows);
    for (const { author, kind, slot } of rows) this.authors.add(author, kind, slot);
  }

  private compareSlots(a: number, b: number): number {
    if (a === b) return 0;
    const one = this.hits[a]!;
    const other = this.hits[b]!;
    if (one.createdAt !== other.createdAt) return one.createdAt - other.createdAt;
    if (this.ranks[a] !== this.ranks[b]) return this.ranks[a]! - this.ranks[b]!;
    return idOfJson(one.json) > idOfJson(other.json) ? -1 : 1;
  }

  private compareRows(a: TailRow, b: TailRow): number {
    if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt;
    if (a.rank !== b.rank) return a.rank - b.rank;
    return idOfJson(this.hits[a.slot]!.json) > idOfJson(this.hits[b.slot]!.json) ? -1 : 1;
  }

  private hold(hit: Hit): TailRow {
    const slot = this.free.pop() ?? this.hits.length;
    this.hits[slot] = hit;
    const id = idOfJson(hit.json);
    const author = tailAuthor(hit);
    this.slotsById.add(idKey(id), slot);
    this.slotsBySeq.add(hit.seq, slot);
    this.kindCounts[hit.kind]!++;
    this.authorCounts[author % AUTHOR_BUCKETS]!++;
    this.bytes += hitBytes(hit.json);
    const rank = this.noteRank(slot, rankOf(id));
    return { createdAt: hit.createdAt, rank, author, kind: hit.kind, slot };
  }

  private noteRank(slot: number, rank: number): number {
    if (slot >= this.ranks.length) {
      const grown = new Uint32Array(slot * 2);
      grown.set(this.ranks);
      this.ranks = grown;
    }
    this.ranks[slot] = rank;
    return rank;
  }

  private release(slot: number): void {
    const hit = this.hits[slot]!;
    this.authors.remove(tailAuthor(hit), hit.kind, slot);
    this.hits[slot] = undefined;
    this.free.push(slot);
    this.slotsById.remove(idKey(idOfJson(hit.json)), slot);
    this.slotsBySeq.remove(hit.seq, slot);
    this.kindCounts[hit.kind]!--;
    this.authorCounts[tailAuthor(hit) % AUTHOR_BUCKETS]!--;
    this.bytes -= hitBytes(hit.json);
  }

  private remove(seq: number): void {
    const slot = this.slotOfSeq(seq);
    if (slot === -1) return;
    const hit = this.hits[slot]!;
    this.columns.kill(this.columns.find(hit.createdAt, this.ranks[slot]!, slot));
    this.release(slot);
  }

  /** Drops whole seconds, oldest first: the horizon is a second, and the tail is complete above it. */
  private evict(): void {
    const { columns } = this;
    while (this.bytes > this.bytesMax && columns.length > 0) {
      this.horizon = columns.createdAt[columns.start]!;
      while (columns.length > 0 && columns.createdAt[columns.start] === this.horizon) {
        const slot = columns.dropOldest();
        if (slot !== DEAD) this.release(slot);
      }
    }
  }

  private slotOfId(id: string): number {
    const fingerprint = idKey(id) >>> 0;
    for (
      let at = this.slotsById.next(fingerprint, -1);
      at !== -1;
      at = this.slotsById.next(fingerprint, at)
    ) {
      const slot = this.slotsById.slotAt(at);
      if (this.hits[slot]!.json.startsWith(id, ID_AT)) return slot;
    }
    return -1;
  }

  private slotOfSeq(seq: number): number {
    const fingerprint = seq >>> 0;
    for (
      let at = this.slotsBySeq.next(fingerprint, -1);
      at !== -1;
      at = this.slotsBySeq.next(fingerprint, at)
    ) {
      const slot = this.slotsBySeq.slotAt(at);
      if (this.hits[slot]!.seq === seq) return slot;
    }
    return -1;
  }
}

/** The low 32 bits of the author's key, as the columns hold it. */
function tailAuthor(hit: Hit): number {
  return authorKey(pubkeyOfJson(hit.json)) >>> 0;
}
