// Every SQL statement of the writer about evicted events, prepared once.

import type { Database } from "bun:sqlite";
import { prepare } from "./prepared.ts";

export interface StubRow {
  readonly seq: number;
  readonly full_id: Uint8Array;
  readonly pubkey: Uint8Array;
  readonly recipient: Uint8Array | null;
  readonly kind: number;
  readonly created_at: number;
}

const STUB = `SELECT s.seq, s.full_id, a.pubkey, r.pubkey AS recipient, s.kind, s.created_at
  FROM evicted s JOIN evicted_key a ON a.key = s.author LEFT JOIN evicted_key r ON r.key = s.recipient`;

export function prepareEvictions(database: Database) {
  return {
    insertStub: prepare<never, [number, number, Uint8Array, number, number | null, number, number, number]>(
      database,
      `INSERT OR IGNORE INTO evicted (seq, id, full_id, author, recipient, kind, created_at, expires_at)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`,
    ),
    addStubKey: prepare<never, [Uint8Array]>(
      database,
      "INSERT INTO evicted_key (pubkey) VALUES (?1) ON CONFLICT (pubkey) DO NOTHING",
    ),
    stubKey: prepare<{ key: number }, [Uint8Array]>(
      database,
      "SELECT key FROM evicted_key WHERE pubkey = ?1",
    ),
    raiseHorizon: prepare<never, [number, number]>(
      database,
      `INSERT INTO evicted_kind (kind, until) VALUES (?1, ?2)
       ON CONFLICT (kind) DO UPDATE SET until = max(until, ?2)`,
    ),
    evictedUntil: prepare<{ until: number | null }>(database, "SELECT max(until) AS until FROM evicted_kind"),
    stubAt: prepare<StubRow, [number]>(database, `${STUB} WHERE s.seq = ?1`),
    stubOfId: prepare<StubRow, [number, Uint8Array]>(database, `${STUB} WHERE s.id = ?1 AND s.full_id = ?2`),
    stubsOfAuthor: prepare<StubRow, [Uint8Array, number, number, number]>(
      database,
      `${STUB} WHERE s.author = (SELECT key FROM evicted_key WHERE pubkey = ?1)
         AND s.created_at <= ?2 AND s.seq < ?3 LIMIT ?4`,
    ),
    stubsToRecipient: prepare<StubRow, [Uint8Array, number, number, number]>(
      database,
      `${STUB} WHERE s.recipient = (SELECT key FROM evicted_key WHERE pubkey = ?1)
         AND s.created_at <= ?2 AND s.seq < ?3 LIMIT ?4`,
    ),
    expiredStubs: prepare<StubRow, [number, number]>(
      database,
      `${STUB} WHERE s.expires_at > 0 AND s.expires_at <= ?1 ORDER BY s.expires_at LIMIT ?2`,
    ),
    deleteStub: prepare<never, [number]>(database, "DELETE FROM evicted WHERE seq = ?1"),
  };
}
