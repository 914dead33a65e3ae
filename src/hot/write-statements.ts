// Every SQL statement of the writer, prepared once.

import type { Database } from "bun:sqlite";
import type { RemovalReason } from "./contract.ts";
import { prepareEvictions } from "./eviction-statements.ts";
import { FULL_ID, FULL_PUBKEY } from "./full-keys.ts";
import { prepare } from "./prepared.ts";

export interface EventRow {
  readonly seq: number;
  readonly created_at: number;
  readonly rank: number;
  readonly kind: number;
  readonly json: string;
}

export interface HeadRow {
  readonly created_at: number;
  readonly id: string;
  readonly seq: number | null;
}

/** Rows of a key that are to leave: dated up to `until`, with a seq before `before_seq`. */
export interface ClearingRow {
  readonly pubkey: Uint8Array;
  readonly reason: RemovalReason;
  readonly until: number;
  readonly before_seq: number;
}

const ROW = "seq, created_at, rank, kind, json";

export type WriteStatements = ReturnType<typeof prepareStatements>;

export function prepareStatements(database: Database) {
  return {
    ...prepareTransaction(database),
    ...prepareEvents(database),
    ...prepareTombstones(database),
    ...prepareClearing(database),
    ...prepareLog(database),
    ...prepareEvictions(database),
  };
}

function prepareTransaction(database: Database) {
  return {
    begin: prepare(database, "BEGIN IMMEDIATE"),
    commit: prepare(database, "COMMIT"),
    rollback: prepare(database, "ROLLBACK"),
    savepoint: prepare(database, "SAVEPOINT one_event"),
    release: prepare(database, "RELEASE one_event"),
    rollbackTo: prepare(database, "ROLLBACK TO one_event"),
    dataVersion: prepare<{ data_version: number }>(database, "PRAGMA data_version"),
    readSeq: prepare<{ value: string }>(database, "SELECT value FROM meta WHERE key = 'seq'"),
    writeSeq: prepare<never, [string]>(database, "UPDATE meta SET value = ?1 WHERE key = 'seq'"),
  };
}

function prepareEvents(database: Database) {
  return {
    insertEvent: prepare<never, [number, number, number, number, number, number, number, string]>(
      database,
      `INSERT INTO event (seq, created_at, rank, kind, author, id, expires_at, json)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`,
    ),
    insertTag: prepare<never, [number, number, number, number, number]>(
      database,
      "INSERT OR IGNORE INTO tag (tag, kind, created_at, rank, seq) VALUES (?1, ?2, ?3, ?4, ?5)",
    ),
    /** First look: by key alone. */
    findKey: prepare<{ seq: number }, [number]>(database, "SELECT seq FROM event WHERE id = ?1"),
    findEvent: prepare<EventRow, [number, string]>(
      database,
      `SELECT ${ROW} FROM event WHERE id = ?1 AND ${FULL_ID} = ?2`,
    ),
    /** Whose events stand under an author's key; any one's where there are several. */
    ownerOf: prepare<{ pubkey: string }, [number]>(
      database,
      `SELECT ${FULL_PUBKEY} AS pubkey FROM event WHERE author = ?1 LIMIT 1`,
    ),
    shareAuthor: prepare<never, [number]>(database, "INSERT OR IGNORE INTO shared_author VALUES (?1)"),
    eventAt: prepare<EventRow, [number]>(database, `SELECT ${ROW} FROM event WHERE seq = ?1`),
    deleteEvent: prepare<never, [number]>(database, "DELETE FROM event WHERE seq = ?1"),
    deleteTag: prepare<never, [number, number, number, number, number]>(
      database,
      "DELETE FROM tag WHERE tag = ?1 AND kind = ?2 AND created_at = ?3 AND rank = ?4 AND seq = ?5",
    ),
    expired: prepare<EventRow, [number, number]>(
      database,
      `SELECT ${ROW} FROM event WHERE expires_at > 0 AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2`,
    ),
    head: prepare<HeadRow, [Uint8Array]>(database, "SELECT created_at, id, seq FROM head WHERE address = ?1"),
    moveHead: prepare<never, [Uint8Array, number, string, number]>(
      database,
      `INSERT INTO head (address, created_at, id, seq) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (address) DO UPDATE SET created_at = ?2, id = ?3, seq = ?4`,
    ),
    vacateHead: prepare<never, [Uint8Array, number]>(
      database,
      "UPDATE head SET seq = NULL WHERE address = ?1 AND seq = ?2",
    ),
  };
}

function prepareTombstones(database: Database) {
  return {
    isBannedEvent: prepare<{ 1: 1 }, [Uint8Array]>(database, "SELECT 1 FROM banned_event WHERE id = ?1"),
    isBannedPubkey: prepare<{ 1: 1 }, [Uint8Array]>(
      database,
      "SELECT 1 FROM banned_pubkey WHERE pubkey = ?1",
    ),
    banEvent: prepare<never, [Uint8Array, string]>(
      database,
      "INSERT INTO banned_event (id, reason) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET reason = ?2",
    ),
    banPubkey: prepare<never, [Uint8Array, string]>(
      database,
      "INSERT INTO banned_pubkey (pubkey, reason) VALUES (?1, ?2) ON CONFLICT (pubkey) DO UPDATE SET reason = ?2",
    ),
    unbanEvent: prepare<never, [Uint8Array]>(database, "DELETE FROM banned_event WHERE id = ?1"),
    unbanPubkey: prepare<never, [Uint8Array]>(database, "DELETE FROM banned_pubkey WHERE pubkey = ?1"),
    deletersOf: prepare<{ pubkey: Uint8Array }, [Uint8Array]>(
      database,
      "SELECT pubkey FROM deleted_id WHERE id = ?1",
    ),
    deleteId: prepare<never, [Uint8Array, Uint8Array]>(
      database,
      "INSERT OR IGNORE INTO deleted_id (id, pubkey) VALUES (?1, ?2)",
    ),
    addressDeletedUntil: prepare<{ until: number }, [Uint8Array]>(
      database,
      "SELECT until FROM deleted_address WHERE address = ?1",
    ),
    deleteAddress: prepare<never, [Uint8Array, number]>(
      database,
      `INSERT INTO deleted_address (address, until) VALUES (?1, ?2)
       ON CONFLICT (address) DO UPDATE SET until = max(until, ?2)`,
    ),
    vanishedUntil: prepare<{ until: number }, [Uint8Array]>(
      database,
      "SELECT until FROM vanished WHERE pubkey = ?1",
    ),
    vanish: prepare<never, [Uint8Array, number]>(
      database,
      `INSERT INTO vanished (pubkey, until) VALUES (?1, ?2)
       ON CONFLICT (pubkey) DO UPDATE SET until = max(until, ?2)`,
    ),
  };
}

function prepareClearing(database: Database) {
  return {
    beginClearing: prepare<never, [Uint8Array, RemovalReason, number, number]>(
      database,
      `INSERT INTO clearing (pubkey, reason, until, before_seq) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (pubkey, reason) DO UPDATE SET until = max(until, ?3), before_seq = max(before_seq, ?4)`,
    ),
    clearing: prepare<ClearingRow>(
      database,
      "SELECT pubkey, reason, until, before_seq FROM clearing LIMIT 1",
    ),
    /** What of a key that vanished has still to leave: what is dated up to then and has a lower seq. */
    vanishing: prepare<{ before_seq: number }, [Uint8Array]>(
      database,
      "SELECT before_seq FROM clearing WHERE pubkey = ?1 AND reason = 'vanished'",
    ),
    endClearing: prepare<never, [Uint8Array, RemovalReason]>(
      database,
      "DELETE FROM clearing WHERE pubkey = ?1 AND reason = ?2",
    ),
    ownRows: prepare<EventRow, [number, number, number, string, number]>(
      database,
      `SELECT ${ROW} FROM event
       WHERE author = ?1 AND created_at <= ?2 AND +seq < ?3 AND ${FULL_PUBKEY} = ?4 LIMIT ?5`,
    ),
    wrapsTo: prepare<EventRow, [number, number, number, number, number]>(
      database,
      `SELECT ${ROW} FROM event WHERE seq IN (
         SELECT seq FROM tag WHERE tag = ?1 AND kind = ?2 AND created_at <= ?3 AND +seq < ?4 LIMIT ?5)`,
    ),
  };
}

function prepareLog(database: Database) {
  return {
    insertRemoval: prepare<never, [number, number, string, string, number, number, string, RemovalReason]>(
      database,
      `INSERT INTO removal (seq, event_seq, id, pubkey, kind, created_at, identifier, reason)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`,
    ),
    pruneRemovals: prepare<never, [number, number]>(
      database,
      "DELETE FROM removal WHERE seq IN (SELECT seq FROM removal WHERE seq <= ?1 ORDER BY seq LIMIT ?2)",
    ),
    slowestFollower: prepare<{ seq: number | null }>(database, "SELECT min(seq) AS seq FROM follower"),
    moveFollower: prepare<never, [string, number]>(
      database,
      "INSERT INTO follower (name, seq) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET seq = ?2",
    ),
    dropFollower: prepare<never, [string]>(database, "DELETE FROM follower WHERE name = ?1"),
  };
}
