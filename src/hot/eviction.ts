// The writer's part of evicting: an event leaves a stub, and the stub goes by the rules that the event would have gone by.

import { eventFromJson } from "../nostr/event.ts";
import { expirationOf, NEVER_EXPIRES } from "../nostr/expiration.ts";
import type { BatchCursor } from "./batch-codec.ts";
import type { RemovalReason } from "./contract.ts";
import type { StubRow } from "./eviction-statements.ts";
import { isEvictable, recipientOf } from "./evictable.ts";
import { idKey } from "./keys.ts";
import { removeRow } from "./removals.ts";
import type { ClearingRow } from "./write-statements.ts";
import type { Change, WriteTables } from "./write-transaction.ts";

/** Moves the event with this seq out, if it is still there and may leave. The cold store must hold it already. */
export function evictSeq(tables: WriteTables, change: Change, seq: number): void {
  const { sql } = tables;
  const row = sql.eventAt.get(seq);
  if (row === null) return;
  const event = eventFromJson(row.json);
  if (!isEvictable(event)) return;
  const recipient = recipientOf(event);
  sql.insertStub.run(
    seq,
    idKey(event.id),
    Uint8Array.fromHex(event.id),
    keyNumber(tables, event.pubkey),
    recipient === undefined ? null : keyNumber(tables, recipient),
    event.kind,
    event.created_at,
    expirationOf(event) ?? NEVER_EXPIRES,
  );
  sql.raiseHorizon.run(event.kind, event.created_at);
  tables.evictedUntil = Math.max(tables.evictedUntil, event.created_at);
  removeRow(tables, change, row, "evicted", event);
}

function keyNumber({ sql }: WriteTables, pubkey: string): number {
  const key = Uint8Array.fromHex(pubkey);
  sql.addStubKey.run(key);
  return sql.stubKey.get(key)!.key;
}

/** Is this the id of an event that is kept by the cold store alone? */
export function isEvicted(tables: WriteTables, incoming: BatchCursor): boolean {
  if (incoming.createdAt > tables.evictedUntil) return false;
  return stubOfId(tables, incoming.id, incoming.fullId()) !== null;
}

/** NIP-09 for an event that is cold. */
export function deleteStubById(tables: WriteTables, change: Change, id: string, signer: Uint8Array): void {
  const stub = stubOfId(tables, idKey(id), id);
  if (stub === null) return;
  const pubkey = signer.toHex();
  if (stub.pubkey.toHex() === pubkey || stub.recipient?.toHex() === pubkey)
    dropStub(tables, change, stub, "deleted");
}

/** An operator's ban of one event. */
export function banStub(tables: WriteTables, change: Change, id: string): void {
  const stub = stubOfId(tables, idKey(id), id);
  if (stub !== null) dropStub(tables, change, stub, "banned");
}

/** Drops the stub of an event that an operator removes, if that is where it is. */
export function dropStubAt(tables: WriteTables, change: Change, seq: number, reason: RemovalReason): void {
  const stub = tables.sql.stubAt.get(seq);
  if (stub !== null) dropStub(tables, change, stub, reason);
}

/** The cold part of continueClearing(): up to `limit` stubs of a key that vanished or was banned; answers how many. */
export function clearStubs(tables: WriteTables, change: Change, job: ClearingRow, limit: number): number {
  const { sql } = tables;
  const stubs = sql.stubsOfAuthor.all(job.pubkey, job.until, job.before_seq, limit);
  if (stubs.length === 0 && job.reason === "vanished") {
    stubs.push(...sql.stubsToRecipient.all(job.pubkey, job.until, job.before_seq, limit));
  }
  for (const stub of stubs) dropStub(tables, change, stub, job.reason);
  return stubs.length;
}

/** NIP-40 for events that are cold: up to `limit` of them, expired at `now` in unix seconds. */
export function expireStubs(tables: WriteTables, change: Change, now: number, limit: number): void {
  for (const stub of tables.sql.expiredStubs.all(now, limit)) dropStub(tables, change, stub, "expired");
}

function stubOfId({ sql }: WriteTables, key: number, id: string): StubRow | null {
  return sql.stubOfId.get(key, Uint8Array.fromHex(id));
}

/** The log tells followers as it would of the event itself: the cold store deletes its document. */
function dropStub({ sql }: WriteTables, change: Change, stub: StubRow, reason: RemovalReason): void {
  sql.deleteStub.run(stub.seq);
  change.seq++;
  const id = stub.full_id.toHex();
  const pubkey = stub.pubkey.toHex();
  sql.insertRemoval.run(change.seq, stub.seq, id, pubkey, stub.kind, stub.created_at, "", reason);
}
