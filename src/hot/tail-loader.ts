// Fills the recent tail from the store: the newest events before the relay serves, older ones in slices while it does.

import type { Database, Statement } from "bun:sqlite";
import type { Hit } from "./contract.ts";
import { lastSeqOf } from "./log.ts";
import type { RecentTail } from "./tail.ts";

/** Rows taken in one slice: some 3 ms of this thread. A second is never split, so it may be more. */
const SLICE_ROWS = 1024;

type Row = [seq: number, createdAt: number, kind: number, expiresAt: number, json: string];

/**
 * The tail grows downwards: each slice lowers its horizon to a second above which everything is held. Commits go on
 * meanwhile. What a slice finds beyond the tail's own last seq is left out, for apply() will bring it.
 */
export class TailLoader {
  private readonly tail: RecentTail;
  private readonly database: Database;
  private readonly sliceRows: number;
  private readonly secondAt: Statement<unknown, number[]>;
  private readonly rowsWithin: Statement<unknown, number[]>;

  /** Closes the connection when it is closed itself. */
  constructor(tail: RecentTail, database: Database, sliceRows = SLICE_ROWS) {
    this.tail = tail;
    this.database = database;
    this.sliceRows = sliceRows;
    this.secondAt = database.prepare(
      "SELECT created_at FROM event WHERE created_at <= ?1 ORDER BY created_at DESC LIMIT 1 OFFSET ?2+0",
    );
    this.rowsWithin = database.prepare(
      "SELECT seq, created_at, kind, expires_at, json FROM event WHERE created_at > ?1 AND created_at <= ?2",
    );
  }

  /** Slices until the tail holds so many bytes, or everything there is. */
  loadUpTo(bytes: number): void {
    while (this.tail.bytes < bytes && this.slice());
  }

  /** Takes one slice; false when there is nothing more to take, or no room. */
  slice(): boolean {
    const { tail, database } = this;
    if (tail.isComplete || tail.isFull) return false;
    database.run("BEGIN");
    try {
      if (!tail.isLoaded) tail.lastSeq = lastSeqOf(database);
      const top = Math.min(tail.horizon, Number.MAX_SAFE_INTEGER);
      const floor = this.floorBelow(top);
      return tail.extend(this.hitsWithin(floor, top), floor) && !tail.isComplete && !tail.isFull;
    } finally {
      database.run("COMMIT");
    }
  }

  close(): void {
    this.database.close();
  }

  /** The second above which the next slice lies; -1 when that is all there is. */
  private floorBelow(top: number): number {
    const [newest, floor] = [this.second(top, 0), this.second(top, this.sliceRows)];
    if (floor === undefined) return -1;
    // A second with more events than a slice is taken whole.
    return floor === newest ? floor - 1 : floor;
  }

  private second(top: number, offset: number): number | undefined {
    return (this.secondAt.values(top, offset) as [number][])[0]?.[0];
  }

  private hitsWithin(floor: number, top: number): Hit[] {
    const hits: Hit[] = [];
    for (const [seq, createdAt, kind, expiresAt, json] of this.rowsWithin.values(floor, top) as Row[]) {
      if (seq <= this.tail.lastSeq) hits.push({ seq, createdAt, kind, expiresAt, json });
    }
    return hits;
  }
}
