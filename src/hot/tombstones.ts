// What bars an event from being stored again: deletions by id, vanished keys, bans.

import type { Database } from "bun:sqlite";
import { mayDelete } from "../nostr/deletion.ts";
import { Kind } from "../nostr/kind.ts";
import { tagValues } from "../nostr/tag.ts";
import { BarredKeys } from "./barred-keys.ts";
import type { BatchCursor } from "./batch-codec.ts";
import { authorKey, keyOfBytes } from "./keys.ts";
import type { WriteTables } from "./write-transaction.ts";
import { isHex64 } from "../nostr/hex.ts";

/** May the tables bar this event at all? Most of the time no, and then none of them is asked. */
export function mayBeBarred({ barred }: WriteTables, incoming: BatchCursor): boolean {
  if (barred.mayHold(incoming.id) || barred.mayHold(incoming.author)) return true;
  return incoming.kind === Kind.giftWrap && barred.anyVanished;
}

/** Bans come before everything else, also for events that are stored already. */
export function isBanned({ sql }: WriteTables, incoming: BatchCursor): boolean {
  if (sql.isBannedPubkey.get(Uint8Array.fromHex(incoming.pubkey())) !== null) return true;
  return sql.isBannedEvent.get(Uint8Array.fromHex(incoming.fullId())) !== null;
}

/** NIP-62: nothing of a vanished key up to that second comes back, nor gift wraps addressed to it. */
export function isOfVanished(tables: WriteTables, incoming: BatchCursor): boolean {
  if (vanishedBy(tables, incoming.pubkey(), incoming.createdAt)) return true;
  if (incoming.kind !== Kind.giftWrap || !tables.barred.anyVanished) return false;
  return tagValues(incoming.event(), "p").some(
    (recipient) =>
      isHex64(recipient) &&
      tables.barred.mayHold(authorKey(recipient)) &&
      vanishedBy(tables, recipient, incoming.createdAt),
  );
}

/** Has this key vanished up to that second or later? */
function vanishedBy({ sql }: WriteTables, pubkey: string, createdAt: number): boolean {
  const row = sql.vanishedUntil.get(Uint8Array.fromHex(pubkey));
  return row !== null && createdAt <= row.until;
}

/** NIP-09: a tombstone acts only when its signer was entitled to delete this very event. */
export function isDeletedById({ sql, barred }: WriteTables, incoming: BatchCursor): boolean {
  if (!barred.mayHold(incoming.id)) return false;
  const deleters = sql.deletersOf.all(Uint8Array.fromHex(incoming.fullId()));
  if (deleters.length === 0) return false;
  const event = incoming.event();
  return deleters.some(({ pubkey }) => mayDelete(pubkey.toHex(), event));
}

/** Reads all tombstones into a fresh filter, which the caller may trust once it knows that nobody wrote meanwhile. */
export function loadBarredKeys(database: Database): BarredKeys {
  const { total } = database
    .query<{ total: number }, []>(
      `SELECT (SELECT count(*) FROM deleted_id) + (SELECT count(*) FROM deleted_address) + (SELECT count(*) FROM vanished)
            + (SELECT count(*) FROM banned_event) + (SELECT count(*) FROM banned_pubkey) AS total`,
    )
    .get()!;
  const barred = new BarredKeys(total);
  for (const [table, column] of BARRING_COLUMNS) {
    const rows = database.query<{ key: Uint8Array }, []>(`SELECT ${column} AS key FROM ${table}`);
    for (const { key } of rows.iterate()) barred.add(keyOfBytes(key));
  }
  barred.anyVanished = database.query("SELECT 1 FROM vanished LIMIT 1").get() !== null;
  return barred;
}

const BARRING_COLUMNS = [
  ["deleted_id", "id"],
  ["deleted_address", "address"],
  ["vanished", "pubkey"],
  ["banned_event", "id"],
  ["banned_pubkey", "pubkey"],
] as const;
