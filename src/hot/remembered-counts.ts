// How many rows an index has of one kind, or of one author and kind: counted once, then carried forward by what the log tells.

import type { Database, Statement } from "bun:sqlite";
import { authorKey } from "./keys.ts";
import { prepare } from "./prepared.ts";

/** A step of the log that is followed, 1 to 2 ms; after a longer one all is forgotten. The writer keeps removals far longer. */
const FOLLOWED_MAX = 4000;
/** Remembered, some 1 MiB; then all are forgotten. */
const REMEMBERED_MAX = 10_000;
/** Fewer rows are counted again as fast as they are found here. */
const WORTH_MIN = 100;

type StoredRow = readonly [kind: number, author: number];
type RemovalRow = readonly [kind: number, pubkey: string];

/**
 * Of one index: each count has a kind and a key, as the index has them. What is read and written here is as of the last
 * follow(), which belongs into the same snapshot.
 */
export class RememberedCounts {
  private readonly newest: Statement<unknown, []>;
  private readonly stored: Statement<unknown, number[]>;
  private readonly removed: Statement<unknown, number[]>;
  private readonly counts = new Map<string, number>();
  private readonly keyOf: (author: number) => number;
  private seq = 0;

  /** `keyOf`: the key under which the index has an event of this author (authorKey). */
  constructor(database: Database, keyOf: (author: number) => number) {
    this.keyOf = keyOf;
    this.newest = prepare<unknown>(
      database,
      "SELECT max(ifnull((SELECT max(seq) FROM event), 0), ifnull((SELECT max(seq) FROM removal), 0))",
    );
    this.stored = prepare<unknown, number[]>(
      database,
      "SELECT kind, author FROM event NOT INDEXED WHERE seq > ?1",
    );
    this.removed = prepare<unknown, number[]>(database, "SELECT kind, pubkey FROM removal WHERE seq > ?1");
  }

  /** Brings what is remembered up to this snapshot; answers the number of the log that it stands for. */
  follow(): number {
    const [[seq]] = this.newest.values() as unknown as [[number]];
    if (seq - this.seq > FOLLOWED_MAX) this.counts.clear();
    else if (seq !== this.seq && this.counts.size > 0) this.carry();
    this.seq = seq;
    return seq;
  }

  get(kind: number, key: number): number | undefined {
    return this.counts.get(nameOf(kind, key));
  }

  set(kind: number, key: number, count: number): void {
    if (count < WORTH_MIN) return;
    if (this.counts.size >= REMEMBERED_MAX) this.counts.clear();
    this.counts.set(nameOf(kind, key), count);
  }

  private carry(): void {
    for (const [kind, author] of this.stored.values(this.seq) as unknown as StoredRow[]) {
      const name = nameOf(kind, this.keyOf(author));
      const count = this.counts.get(name);
      if (count !== undefined) this.counts.set(name, count + 1);
    }
    // A removal may tell of a row that had left before, for the cold store: it makes forget, and does not count down.
    for (const [kind, pubkey] of this.removed.values(this.seq) as unknown as RemovalRow[])
      this.counts.delete(nameOf(kind, this.keyOf(authorKey(pubkey))));
  }
}

function nameOf(kind: number, key: number): string {
  return `${kind} ${key}`;
}
