// Taking an event row out of the hot store: its index rows, its head, and the log entry that tells followers.

import { addressOf } from "../nostr/address.ts";
import { eventFromJson, type NostrEvent } from "../nostr/event.ts";
import { tagKeysOf } from "./batch-codec.ts";
import type { RemovalReason } from "./contract.ts";
import { addressKey } from "./keys.ts";
import type { EventRow } from "./write-statements.ts";
import type { Change, WriteTables } from "./write-transaction.ts";

/**
 * Removes a row and logs it. A head that pointed here is left vacant but keeps its mark, so that no older version comes
 * back. `event` is the row's event where the caller has parsed it.
 */
export function removeRow(
  { sql, tagSeed }: WriteTables,
  change: Change,
  row: EventRow,
  reason: RemovalReason,
  event: NostrEvent = eventFromJson(row.json),
): void {
  sql.deleteEvent.run(row.seq);
  for (const key of tagKeysOf(event, tagSeed))
    sql.deleteTag.run(key, row.kind, row.created_at, row.rank, row.seq);
  const address = addressOf(event);
  if (address !== undefined) sql.vacateHead.run(addressKey(address), row.seq);
  change.seq++;
  sql.insertRemoval.run(
    change.seq,
    row.seq,
    event.id,
    event.pubkey,
    row.kind,
    row.created_at,
    address?.identifier ?? "",
    reason,
  );
  change.removed.push(row.seq);
}

/** Removes the row with this seq if it is still there; answers whether it was. */
export function removeSeq(tables: WriteTables, change: Change, seq: number, reason: RemovalReason): boolean {
  const row = tables.sql.eventAt.get(seq);
  if (row === null) return false;
  removeRow(tables, change, row, reason);
  return true;
}
