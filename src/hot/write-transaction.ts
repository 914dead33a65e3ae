// One durable transaction on the write connection, and the running seq it gives out.

import type { Database } from "bun:sqlite";
import { AuthorOwners } from "./author-owners.ts";
import { BarredKeys } from "./barred-keys.ts";
import { loadBarredKeys } from "./tombstones.ts";
import { readTagSeed } from "./migrate.ts";
import { prepareStatements, type WriteStatements } from "./write-statements.ts";

/** What a transaction has done so far. The rules count `seq` up for every row of the log they write. */
export interface Change {
  /** Last seq of the log when the transaction began: anything up to here may be another process's. */
  readonly before: number;
  seq: number;
  /** seqs of event rows that it removed. */
  readonly removed: number[];
}

/** The write connection with its prepared statements: what every rule works on. */
export interface WriteTables {
  readonly sql: WriteStatements;
  readonly tagSeed: bigint;
  readonly owners: AuthorOwners;
  barred: BarredKeys;
  /** Some key's rows may still have to leave: the clearing table is worth a look. */
  clearingBooked: boolean;
  /** No event younger than this second has been evicted; Infinity while another process may have evicted some. */
  evictedUntil: number;
}

export class WriteConnection {
  readonly tables: WriteTables;
  private readonly database: Database;
  private dataVersion = 0;

  constructor(database: Database) {
    this.database = database;
    const sql = prepareStatements(database);
    this.tables = {
      sql,
      owners: new AuthorOwners(sql),
      tagSeed: readTagSeed(database),
      barred: new BarredKeys(),
      clearingBooked: true,
      evictedUntil: Number.POSITIVE_INFINITY,
    };
    this.reloadBarred();
  }

  /** Runs `work` under the write lock and commits. A throw rolls everything back and comes out unchanged. */
  transact(work: (change: Change) => void): Change {
    const { sql } = this.tables;
    sql.begin.run();
    try {
      this.noticeOthers();
      const before = Number(sql.readSeq.get()!.value);
      const change: Change = { before, seq: before, removed: [] };
      work(change);
      if (change.seq !== before) sql.writeSeq.run(String(change.seq));
      sql.commit.run();
      return change;
    } catch (error) {
      // SQLite has rolled back by itself after some errors (disk full, I/O).
      if (this.database.inTransaction) sql.rollback.run();
      throw error;
    }
  }

  /** Inside transact(): tries `work`, and undoes it alone if it throws anything that spares the transaction. */
  attempt(change: Change, work: () => void): { readonly error: unknown } | undefined {
    const { sql } = this.tables;
    const { seq } = change;
    const removed = change.removed.length;
    sql.savepoint.run();
    try {
      work();
      sql.release.run();
      return undefined;
    } catch (error) {
      if (!this.database.inTransaction) throw error;
      sql.rollbackTo.run();
      sql.release.run();
      change.seq = seq;
      change.removed.length = removed;
      return { error };
    }
  }

  /** The last seq that is on disk, whoever wrote it. */
  lastSeq(): number {
    return Number(this.tables.sql.readSeq.get()!.value);
  }

  /** The same where a database that cannot be read is no news: a write has failed already. */
  lastSeqOr(unknown: number): number {
    try {
      return this.lastSeq();
    } catch {
      return unknown;
    }
  }

  /** When another process has committed since the last transaction, its tombstones are not in the filter. */
  private noticeOthers(): void {
    const { data_version } = this.tables.sql.dataVersion.get()!;
    if (data_version === this.dataVersion) return;
    this.dataVersion = data_version;
    this.tables.owners.forget();
    this.tables.barred.trusted = false;
    this.tables.barred.anyVanished = true;
    this.tables.clearingBooked = true;
    this.tables.evictedUntil = Number.POSITIVE_INFINITY;
  }

  /** Reads the tombstones again after others wrote, or when the filter has become crowded. For quiet moments. */
  reloadBarred(): void {
    const { sql } = this.tables;
    // A read transaction would do, but the write lock proves that nobody adds a tombstone while we read.
    sql.begin.run();
    try {
      this.dataVersion = sql.dataVersion.get()!.data_version;
      this.tables.owners.forget();
      this.tables.barred = loadBarredKeys(this.database);
      this.tables.barred.trusted = true;
      this.tables.evictedUntil = sql.evictedUntil.get()!.until ?? -1;
    } finally {
      sql.rollback.run();
    }
  }
}
