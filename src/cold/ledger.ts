// What the indexer must remember between runs, in a small SQLite file of its own: its cursor, dead letters, jobs.

import { Database } from "bun:sqlite";
import type { ColdJobStatus, ColdStatus, DayCounts } from "./contract.ts";

/** In the data folder. */
export const LEDGER_FILE = "cold.db";

/** An event that the index refused even in its reduced form. Kept until a retry succeeds. */
export interface DeadLetter {
  readonly seq: number;
  readonly id: string;
  readonly error: string;
  /** Unix seconds. */
  readonly at: number;
  readonly tries: number;
}

export type JobKind = ColdJobStatus["kind"];

export interface Job extends Omit<ColdJobStatus, "state"> {
  readonly id: number;
  readonly state: ColdJobStatus["state"] | "queued";
}

/** How far one set of indexes has come. `built` names the set: another one has to be filled from the start. */
export interface Progress {
  readonly built: string;
  readonly cursor: number;
}

/** The indexes of one set as they were last seen, by name. */
export interface SeenIndexes {
  readonly built: string;
  readonly uuids: Readonly<Record<string, string>>;
}

/** Documents of one set of indexes that were seen there, by the seqs of their events. */
export interface SeenDocuments {
  readonly built: string;
  readonly seqs: readonly number[];
}

/** How many of the events that have left the hot store one set of indexes does not hold. */
export interface LostEvents {
  readonly built: string;
  readonly events: number;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS fact (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
  CREATE TABLE IF NOT EXISTS dead (
    seq   INTEGER PRIMARY KEY,
    id    TEXT NOT NULL,
    error TEXT NOT NULL,
    at    INTEGER NOT NULL,
    tries INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS job (
    id      INTEGER PRIMARY KEY,
    kind    TEXT NOT NULL,
    state   TEXT NOT NULL,
    done    INTEGER NOT NULL DEFAULT 0,
    total   INTEGER NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT ''
  ) STRICT;
  -- What the last comparison found.
  CREATE TABLE IF NOT EXISTS job_day (
    job      INTEGER NOT NULL,
    day      TEXT NOT NULL,
    hot      INTEGER NOT NULL,
    evicted  INTEGER NOT NULL,
    indexed  INTEGER NOT NULL,
    missing  INTEGER NOT NULL,
    surplus  INTEGER NOT NULL,
    repaired INTEGER NOT NULL
  ) STRICT;
`;

const JOB_COLUMNS = "id, kind, state, done, total, message";

/** One process writes it while indexing; others may read it and queue jobs. */
export class Ledger {
  private readonly database: Database;

  constructor(path: string) {
    this.database = new Database(path, { create: true, strict: true });
    this.database.run("PRAGMA busy_timeout = 5000");
    this.database.run("PRAGMA journal_mode = WAL");
    this.database.run("PRAGMA synchronous = NORMAL");
    this.database.run(SCHEMA);
  }

  progress(): Progress | undefined {
    return this.fact<Progress>("progress");
  }

  saveProgress(progress: Progress): void {
    this.setFact("progress", progress);
  }

  /** A rebuild that was about to take over when it was last heard of. */
  rebuild(): Progress | undefined {
    return this.fact<Progress>("rebuild");
  }

  saveRebuild(progress: Progress | undefined): void {
    this.setFact("rebuild", progress ?? null);
  }

  uuids(): SeenIndexes | undefined {
    return this.fact<SeenIndexes>("uuids");
  }

  saveUuids(seen: SeenIndexes): void {
    this.setFact("uuids", seen);
  }

  sentinels(): SeenDocuments | undefined {
    return this.fact<SeenDocuments>("sentinels");
  }

  saveSentinels(seen: SeenDocuments): void {
    this.setFact("sentinels", seen);
  }

  lost(): LostEvents | undefined {
    return this.fact<LostEvents>("lost");
  }

  saveLost(lost: LostEvents): void {
    this.setFact("lost", lost);
  }

  /** From now on, and for ever, the cold store may hold events that the hot store has let go. */
  noteEviction(): void {
    this.setFact("evicts", { since: Math.floor(Date.now() / 1000) });
  }

  mayHaveEvicted(): boolean {
    return this.fact("evicts") !== undefined;
  }

  /** What the indexer last said of itself, and when (unix seconds). */
  status(): { readonly at: number; readonly status: ColdStatus } | undefined {
    return this.fact("status");
  }

  saveStatus(status: ColdStatus, at: number): void {
    this.setFact("status", { at, status });
  }

  bury(letter: { seq: number; id: string; error: string; at: number }): void {
    this.database
      .query(
        `INSERT INTO dead (seq, id, error, at, tries) VALUES ($seq, $id, $error, $at, 1)
         ON CONFLICT (seq) DO UPDATE SET error = excluded.error, at = excluded.at, tries = tries + 1`,
      )
      .run(letter);
  }

  exhume(seq: number): void {
    this.database.query("DELETE FROM dead WHERE seq = ?").run(seq);
  }

  deadCount(): number {
    return (this.database.query("SELECT count(*) AS count FROM dead").get() as { count: number }).count;
  }

  /** In order of seq, after the given one. */
  dead(limit: number, after = 0): DeadLetter[] {
    return this.database
      .query("SELECT seq, id, error, at, tries FROM dead WHERE seq > ? ORDER BY seq LIMIT ?")
      .all(after, limit) as DeadLetter[];
  }

  /** Queues a job for whoever is indexing, and answers its number. The same kind is not queued twice. */
  requestJob(kind: JobKind): number {
    const waiting = this.database
      .query("SELECT id FROM job WHERE kind = ? AND state IN ('queued', 'running')")
      .get(kind) as { id: number } | null;
    if (waiting !== null) return waiting.id;
    const { lastInsertRowid } = this.database
      .query("INSERT INTO job (kind, state) VALUES (?, 'queued')")
      .run(kind);
    return Number(lastInsertRowid);
  }

  job(id: number): Job | undefined {
    return (
      (this.database.query(`SELECT ${JOB_COLUMNS} FROM job WHERE id = ?`).get(id) as Job | null) ?? undefined
    );
  }

  /** The next job to do. One that was running when its process ended is taken up again. */
  nextJob(): Job | undefined {
    const row = this.database
      .query(`SELECT ${JOB_COLUMNS} FROM job WHERE state IN ('queued', 'running') ORDER BY id LIMIT 1`)
      .get() as Job | null;
    return row ?? undefined;
  }

  saveJob(id: number, status: Omit<ColdJobStatus, "kind">): void {
    this.database
      .query("UPDATE job SET state = $state, done = $done, total = $total, message = $message WHERE id = $id")
      .run({ id, ...status });
  }

  /** Keeps what a comparison found, in place of what the one before it found. */
  saveDays(job: number, days: readonly DayCounts[]): void {
    const add = this.database.query(
      `INSERT INTO job_day VALUES ($job, $day, $hot, $evicted, $indexed, $missing, $surplus, $repaired)`,
    );
    this.database.transaction(() => {
      this.database.run("DELETE FROM job_day");
      for (const day of days) add.run({ job, ...day });
    })();
  }

  /** In the order in which they were saved; empty when another comparison has been made since. */
  days(job: number): DayCounts[] {
    return this.database
      .query(
        "SELECT day, hot, evicted, indexed, missing, surplus, repaired FROM job_day WHERE job = ? ORDER BY rowid",
      )
      .all(job) as DayCounts[];
  }

  close(): void {
    this.database.close();
  }

  private fact<T>(key: string): T | undefined {
    const row = this.database.query("SELECT value FROM fact WHERE key = ?").get(key) as {
      value: string;
    } | null;
    return row === null ? undefined : ((JSON.parse(row.value) as T | null) ?? undefined);
  }

  private setFact(key: string, value: object | null): void {
    this.database
      .query(
        "INSERT INTO fact (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      )
      .run(key, JSON.stringify(value));
  }
}
