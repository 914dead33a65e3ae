// Keeping the file in shape: checkpoints between commits, statistics, and checks for the doctor.

import type { Database, Statement } from "bun:sqlite";
import type { BulkCheckpoints } from "./checkpoint-thread.ts";
import { CHECKPOINT_PAGES } from "./database.ts";

export const PASSIVE = "PRAGMA wal_checkpoint(PASSIVE)";
/** Does nothing but answer. */
export const NOOP = "PRAGMA wal_checkpoint(NOOP)";

export interface CheckpointRow {
  readonly busy: number;
  /** Pages in the WAL. */
  readonly log: number;
  /** Those of them that are in the database file already. */
  readonly checkpointed: number;
}

/** A WAL that readers kept from starting over, one after the other, is cut back by force from here: 1 GiB. */
const WAL_PAGES_MAX = 262_144;
const FORCE_WAIT_MS = 200;

export interface CheckpointerOptions {
  readonly dueAtPages?: number;
  readonly walPagesMax?: number;
  /** Does the bulk beside the writer; absent, the writer does all. */
  readonly bulk?: BulkCheckpoints;
}

/**
 * Checkpoints for a connection that is opened with autoCheckpointPages 0: the writer answers its batch first and calls
 * this afterwards, so that no OK waits for a checkpoint of its own making. Nor should the next batch wait for one, which
 * takes a disk some tenths of a second. So the bulk is done by another thread, and the writer takes the rest, after which
 * the WAL starts over; only a checkpoint that leaves nothing behind lets it.
 */
export class Checkpointer {
  private readonly database: Database;
  private readonly measure: Statement<CheckpointRow, []>;
  private readonly dueAtPages: number;
  private readonly walPagesMax: number;
  private readonly bulk: BulkCheckpoints | undefined;
  /** From here the WAL is cut back: further on where a reader has just held that up. */
  private cutAtPages: number;
  private isUnderWay = false;

  constructor(database: Database, options: CheckpointerOptions = {}) {
    this.database = database;
    this.dueAtPages = options.dueAtPages ?? CHECKPOINT_PAGES;
    this.walPagesMax = options.walPagesMax ?? WAL_PAGES_MAX;
    this.cutAtPages = this.walPagesMax;
    this.bulk = options.bulk;
    this.measure = database.prepare<CheckpointRow, []>(NOOP);
  }

  /** Does what is due; answers how it went, undefined for nothing. */
  run(): "passive" | "begun" | "truncated" | "held-up" | undefined {
    if (this.isUnderWay) return undefined;
    const { log, checkpointed } = this.measure.get()!;
    if (log - checkpointed < this.dueAtPages) return this.cutBack(log);
    if (this.bulk?.run(() => this.finish()) === true) {
      this.isUnderWay = true;
      return "begun";
    }
    this.database.run(PASSIVE);
    return "passive";
  }

  /** Only of what is in the file already, or nearly: the writer would carry over a gibibyte in seconds. */
  private cutBack(log: number): "truncated" | "held-up" | undefined {
    if (log < this.walPagesMax) this.cutAtPages = this.walPagesMax;
    if (log < this.cutAtPages) return undefined;
    // Whoever reads for long would else hold up every commit for as long as is waited.
    this.cutAtPages = log + this.dueAtPages;
    return this.truncate();
  }

  private finish(): void {
    this.isUnderWay = false;
    this.database.run(PASSIVE);
  }

  /** Empties the WAL file, waiting a moment for readers. For a WAL that grew too long, and before closing. */
  truncate(): "truncated" | "held-up" {
    const { timeout } = this.database.query<{ timeout: number }, []>("PRAGMA busy_timeout").get()!;
    this.database.run(`PRAGMA busy_timeout = ${FORCE_WAIT_MS}`);
    try {
      const row = this.database.query<CheckpointRow, []>("PRAGMA wal_checkpoint(TRUNCATE)").get()!;
      return row.busy === 0 ? "truncated" : "held-up";
    } finally {
      this.database.run(`PRAGMA busy_timeout = ${timeout}`);
    }
  }
}

/** Refreshes the planner's statistics where they are stale; bounded by SQLite itself. */
export function optimize(database: Database): void {
  database.run("PRAGMA optimize");
}

/** Empty when all is well, else one line for each fault found. `full` also compares every index with its table. */
export function checkIntegrity(database: Database, full = false): string[] {
  const pragma = full ? "integrity_check" : "quick_check";
  const faults = database
    .query<Record<string, string>, []>(`PRAGMA ${pragma}(20)`)
    .all()
    .map((row) => Object.values(row)[0]!)
    .filter((line) => line !== "ok");
  for (const [text, sql] of CROSS_CHECKS) {
    const { faulty } = database.query<{ faulty: number }, []>(sql).get()!;
    if (faulty > 0) faults.push(`${faulty} ${text}`);
  }
  return faults;
}

const CROSS_CHECKS: readonly (readonly [string, string])[] = [
  [
    "heads of replaceable events point at rows that are not there",
    "SELECT count(*) AS faulty FROM head WHERE seq IS NOT NULL AND seq NOT IN (SELECT seq FROM event)",
  ],
  [
    "rows have a seq beyond the last one given out",
    `SELECT (SELECT count(*) FROM event WHERE seq > last) + (SELECT count(*) FROM removal WHERE seq > last) AS faulty
     FROM (SELECT CAST(value AS INTEGER) AS last FROM meta WHERE key = 'seq')`,
  ],
];
