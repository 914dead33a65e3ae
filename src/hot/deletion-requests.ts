// What storing a deletion request does to the store (NIP-09).

import { deletionTargets, mayDelete } from "../nostr/deletion.ts";
import { eventFromJson, type NostrEvent } from "../nostr/event.ts";
import { deleteStubById } from "./eviction.ts";
import { addressKey, idKey, keyOfBytes } from "./keys.ts";
import { removeRow } from "./removals.ts";
import type { Change, WriteTables } from "./write-transaction.ts";

/**
 * Leaves a tombstone for every id named, whoever's it is: it acts only on what the signer may delete, and the event may
 * not be here yet. Addresses get a bound that only rises. What is stored and reached goes now.
 */
export function applyDeletionRequest(tables: WriteTables, change: Change, request: NostrEvent): void {
  const targets = deletionTargets(request);
  const signer = Uint8Array.fromHex(request.pubkey);
  for (const id of targets.ids) deleteById(tables, change, id, signer, request.pubkey);
  for (const address of targets.addresses)
    deleteAtAddress(tables, change, addressKey(address), request.created_at);
}

function deleteById(
  tables: WriteTables,
  change: Change,
  id: string,
  signer: Uint8Array,
  pubkey: string,
): void {
  const { sql, barred } = tables;
  const key = idKey(id);
  sql.deleteId.run(Uint8Array.fromHex(id), signer);
  barred.add(key);
  const row = sql.findEvent.get(key, id);
  if (row === null) return deleteStubById(tables, change, id, signer);
  const target = eventFromJson(row.json);
  if (mayDelete(pubkey, target)) removeRow(tables, change, row, "deleted", target);
}

function deleteAtAddress(tables: WriteTables, change: Change, address: Uint8Array, until: number): void {
  const { sql, barred } = tables;
  sql.deleteAddress.run(address, until);
  barred.add(keyOfBytes(address));
  const head = sql.head.get(address);
  if (head === null || head.seq === null || head.created_at > until) return;
  const row = sql.eventAt.get(head.seq);
  if (row !== null) removeRow(tables, change, row, "deleted");
}
