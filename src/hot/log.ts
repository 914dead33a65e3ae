// The log: stored events and removals, told in the order of their one rising number.

import type { Database, Statement } from "bun:sqlite";
import type { LogEntry, RemovalReason } from "./contract.ts";
import type { ReadStatements } from "./stream-sql.ts";

type StoredRow = readonly [seq: number, createdAt: number, kind: number, expiresAt: number, json: string];
type RemovalRow = readonly [
  seq: number,
  eventSeq: number,
  id: string,
  pubkey: string,
  kind: number,
  createdAt: number,
  identifier: string,
  reason: string,
];

export class LogReader {
  private readonly statements: ReadStatements;
  private readonly stored: Statement<unknown, number[]>;
  private readonly removals: Statement<unknown, number[]>;

  constructor(database: Database, statements: ReadStatements) {
    this.statements = statements;
    this.stored = database.prepare<unknown, number[]>(
      "SELECT seq, created_at, kind, expires_at, json FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2+0",
    );
    this.removals = database.prepare<unknown, number[]>(
      `SELECT seq, event_seq, id, pubkey, kind, created_at, identifier, reason FROM removal
       WHERE seq > ?1 ORDER BY seq LIMIT ?2+0`,
    );
  }

  /** Entries with seq > after, rising, at most `limit`. An event that has left shows as its removal only. */
  entries(after: number, limit: number): LogEntry[] {
    // As of one moment: a commit between the two statements would leave a gap that a follower never sees.
    const { stored, removed } = this.statements.snapshot(() => ({
      stored: this.stored.values(after, limit) as unknown as StoredRow[],
      removed: this.removals.values(after, limit) as unknown as RemovalRow[],
    }));
    const entries: LogEntry[] = [];
    let [s, r] = [0, 0];
    while (entries.length < limit) {
      const event = stored[s];
      const removal = removed[r];
      if (event !== undefined && (removal === undefined || event[0] < removal[0])) {
        entries.push(storedEntry(event));
        s++;
      } else if (removal !== undefined) {
        entries.push(removalEntry(removal));
        r++;
      } else break;
    }
    return entries;
  }
}

function storedEntry([seq, createdAt, kind, expiresAt, json]: StoredRow): LogEntry {
  return { type: "stored", seq, createdAt, kind, expiresAt, json };
}

function removalEntry([
  seq,
  eventSeq,
  id,
  pubkey,
  kind,
  createdAt,
  identifier,
  reason,
]: RemovalRow): LogEntry {
  if (eventSeq === 0) return { type: "vanished", seq, pubkey, until: createdAt };
  return {
    type: "removed",
    seq,
    eventSeq,
    id,
    pubkey,
    kind,
    createdAt,
    identifier,
    reason: reason as RemovalReason,
  };
}

/** The last seq given out, in events, removals or by the writer's own count. */
export function lastSeqOf(database: Database): number {
  const row = database
    .query<{ seq: number }, []>(
      `SELECT max(ifnull((SELECT max(seq) FROM event), 0), ifnull((SELECT max(seq) FROM removal), 0),
                  ifnull((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'seq'), 0)) AS seq`,
    )
    .get();
  return row?.seq ?? 0;
}
