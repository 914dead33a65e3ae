// The one writer of the hot store: batches in, one durable transaction each, an outcome for every event.

import { SQLiteError, type Database } from "bun:sqlite";
import type { VerifiedEvent } from "../nostr/event.ts";
import { BatchCursor, packBatch } from "./batch-codec.ts";
import { bookBanned, continueClearing } from "./clearing.ts";
import type { HotWriter, RemovalReason } from "./contract.ts";
import { banStub, dropStubAt, evictSeq, expireStubs } from "./eviction.ts";
import { authorKey, idKey } from "./keys.ts";
import { OutcomeCode, outcomeOf } from "./outcome-code.ts";
import { removeRow, removeSeq } from "./removals.ts";
import { asStoreError, faultText } from "./store-error.ts";
import { applyEvent } from "./write-rules.ts";
import { type Change, WriteConnection } from "./write-transaction.ts";

export interface WriterOptions {
  /** Normalised URLs of this relay: requests to vanish from them are obeyed (NIP-62). */
  readonly ownUrls: ReadonlySet<string>;
}

/** What one transaction did. Log entries after `before` and up to `lastSeq` are its own, all of them. */
export interface Commit {
  readonly before: number;
  readonly lastSeq: number;
  readonly removed: readonly number[];
}

export interface AppliedBatch extends Commit {
  /** For each event its seq, or an OutcomeCode. */
  readonly codes: Float64Array<ArrayBuffer>;
  /** What failed events are told; "" when none failed. */
  readonly error: string;
}

/** Rows of vanished or banned keys that one transaction takes out besides its own work. */
const CLEARED_ROWS_MAX = 500;
/** Without followers, removals this far behind the end of the log are of no use to anybody. */
const REMOVALS_KEPT = 100_000;
const PRUNED_ROWS_MAX = 10_000;

/** The writer with everything that only its owner needs: packed batches, sweeps and the operator's acts. */
export class StoreWriter implements HotWriter {
  readonly tagSeed: bigint;
  private readonly database: Database;
  private readonly connection: WriteConnection;
  private readonly ownUrls: ReadonlySet<string>;

  constructor(database: Database, options: WriterOptions) {
    this.database = database;
    this.connection = new WriteConnection(database);
    this.tagSeed = this.connection.tables.tagSeed;
    this.ownUrls = options.ownUrls;
  }

  apply(events: readonly VerifiedEvent[]): ReturnType<HotWriter["apply"]> {
    const applied = this.applyBatch(new BatchCursor(packBatch(events, this.tagSeed), events));
    const outcomes = Array.from(applied.codes, (code) => outcomeOf(code, applied.error));
    return { outcomes, removed: applied.removed, lastSeq: applied.lastSeq };
  }

  /**
   * Applies the batch as one transaction. If an event turns out to be defective, each is tried on its own so that only
   * that one fails; a fault of the whole store (disk full…) fails them all.
   */
  applyBatch(cursor: BatchCursor): AppliedBatch {
    const codes = new Float64Array(cursor.count);
    try {
      const change = this.transact((change) => {
        while (cursor.next())
          codes[cursor.index] = applyEvent(this.connection.tables, change, cursor, this.ownUrls);
      });
      return { ...change, codes, error: "" };
    } catch (error) {
      if (cursor.count > 1 && !isStoreFault(error)) return this.applySingly(cursor, codes);
      return this.allFailed(codes, error);
    }
  }

  /** The same in one transaction, with a savepoint around each event. */
  private applySingly(cursor: BatchCursor, codes: Float64Array<ArrayBuffer>): AppliedBatch {
    let failure = "";
    cursor.rewind();
    try {
      const commit = this.transact((change) => {
        while (cursor.next()) {
          const fault = this.connection.attempt(change, () => {
            codes[cursor.index] = applyEvent(this.connection.tables, change, cursor, this.ownUrls);
          });
          if (fault === undefined) continue;
          codes[cursor.index] = OutcomeCode.failed;
          failure = this.explain(fault.error);
        }
      });
      return { ...commit, codes, error: failure };
    } catch (error) {
      return this.allFailed(codes, error);
    }
  }

  private allFailed(codes: Float64Array<ArrayBuffer>, error: unknown): AppliedBatch {
    codes.fill(OutcomeCode.failed);
    return { ...this.nothing(), codes, error: this.explain(error) };
  }

  /** Removes up to `limit` events that are expired at `now` (unix seconds), see NIP-40. */
  removeExpired(now: number, limit: number): Commit {
    const { tables } = this.connection;
    const { expired, expiredStubs } = tables.sql;
    if (expired.get(now, 1) === null && expiredStubs.get(now, 1) === null) return this.nothing();
    return this.transact((change) => {
      for (const row of expired.all(now, limit)) removeRow(tables, change, row, "expired");
      expireStubs(tables, change, now, limit);
    });
  }

  /** Goes on removing what vanished or banned keys left behind; a bounded step. `moreToClear` says whether to call again. */
  clear(): Commit {
    if (!this.moreToClear) return this.nothing();
    return this.transact(() => {});
  }

  get moreToClear(): boolean {
    return this.connection.tables.clearingBooked;
  }

  /**
   * Removes these events if they are still there, here or as stubs of what is cold. Leaves no tombstone: an event may be
   * published again. `evicted` leaves a stub instead, and passes over what may not leave; the cold store must hold them.
   */
  removeMany(seqs: readonly number[], reason: RemovalReason): Commit {
    const { tables } = this.connection;
    return this.transact((change) => {
      for (const seq of seqs) {
        if (reason === "evicted") evictSeq(tables, change, seq);
        else if (!removeSeq(tables, change, seq, reason)) dropStubAt(tables, change, seq, reason);
      }
    });
  }

  /** Bars an event id (hex) and removes the event. */
  banEvent(id: string, reason: string): Commit {
    const { tables } = this.connection;
    return this.transact((change) => {
      tables.sql.banEvent.run(Uint8Array.fromHex(id), reason);
      tables.barred.add(idKey(id));
      const row = tables.sql.findEvent.get(idKey(id), id);
      if (row === null) banStub(tables, change, id);
      else removeRow(tables, change, row, "banned");
    });
  }

  unbanEvent(id: string): Commit {
    return this.transact(() => this.connection.tables.sql.unbanEvent.run(Uint8Array.fromHex(id)));
  }

  /** Bars a public key (hex) and removes its events: the first here, a large rest by clear(). */
  banPubkey(pubkey: string, reason: string): Commit {
    const { tables } = this.connection;
    const key = Uint8Array.fromHex(pubkey);
    return this.transact((change) => {
      tables.sql.banPubkey.run(key, reason);
      tables.barred.add(authorKey(pubkey));
      bookBanned(tables, change, key);
    });
  }

  unbanPubkey(pubkey: string): Commit {
    const { sql } = this.connection.tables;
    const key = Uint8Array.fromHex(pubkey);
    return this.transact(() => {
      sql.unbanPubkey.run(key);
      sql.endClearing.run(key, "banned");
    });
  }

  /** Notes how far a follower of the log has come: removals after it are kept for it. */
  moveFollower(name: string, seq: number): Commit {
    return this.transact(() => this.connection.tables.sql.moveFollower.run(name, seq));
  }

  /** A follower that is gone for good holds nothing back any more. */
  dropFollower(name: string): Commit {
    return this.transact(() => this.connection.tables.sql.dropFollower.run(name));
  }

  /** Forgets removals that every follower has passed; a bounded step. */
  pruneRemovals(kept: number = REMOVALS_KEPT): Commit {
    const { sql } = this.connection.tables;
    return this.transact((change) => {
      const slowest = sql.slowestFollower.get()?.seq ?? Number.POSITIVE_INFINITY;
      const upTo = Math.min(slowest, change.seq - kept);
      if (upTo > 0) sql.pruneRemovals.run(upTo, PRUNED_ROWS_MAX);
    });
  }

  /** The last seq on disk, whoever wrote it. */
  lastSeq(): number {
    return this.connection.lastSeq();
  }

  /** For quiet moments: makes the tombstone filter exact again after others wrote or many were added. */
  refresh(): void {
    const { barred } = this.connection.tables;
    if (!barred.trusted || barred.crowded) this.connection.reloadBarred();
  }

  close(): void {
    this.database.close();
  }

  private transact(work: (change: Change) => void): Commit {
    const { before, seq, removed } = this.connection.transact((change) => {
      work(change);
      if (this.moreToClear) continueClearing(this.connection.tables, change, CLEARED_ROWS_MAX);
    });
    return { before, lastSeq: seq, removed };
  }

  private nothing(): Commit {
    const lastSeq = this.connection.lastSeqOr(0);
    return { before: lastSeq, lastSeq, removed: [] };
  }

  private explain(error: unknown): string {
    return faultText(asStoreError(error, this.database.filename));
  }
}

export function createWriter(database: Database, options: WriterOptions): StoreWriter {
  return new StoreWriter(database, options);
}

/** Did the store fail, rather than one event in it? */
function isStoreFault(error: unknown): boolean {
  return error instanceof SQLiteError && !(error.code ?? "").startsWith("SQLITE_CONSTRAINT");
}
