// Taking out all rows of a key that vanished (NIP-62) or was banned, in bounded steps that survive a restart.

import { eventFromJson } from "../nostr/event.ts";
import { Kind } from "../nostr/kind.ts";
import { hasTagValue } from "../nostr/tag.ts";
import { clearStubs } from "./eviction.ts";
import { authorKey, tagKey } from "./keys.ts";
import { removeRow } from "./removals.ts";
import type { ClearingRow } from "./write-statements.ts";
import type { Change, WriteTables } from "./write-transaction.ts";

/**
 * What storing a request to vanish does: bars the key up to the request's second, logs that for followers, and books
 * the removal of what is stored before `requestSeq`. The key's older events are refused from here on.
 */
export function applyVanishRequest(
  tables: WriteTables,
  change: Change,
  request: { readonly id: string; readonly pubkey: string; readonly created_at: number },
  requestSeq: number,
): void {
  const { sql, barred } = tables;
  const pubkey = Uint8Array.fromHex(request.pubkey);
  const until = request.created_at;
  sql.vanish.run(pubkey, until);
  barred.add(authorKey(request.pubkey));
  barred.anyVanished = true;
  sql.beginClearing.run(pubkey, "vanished", until, requestSeq);
  tables.clearingBooked = true;
  change.seq++;
  sql.insertRemoval.run(change.seq, 0, request.id, request.pubkey, Kind.vanish, until, "", "vanished");
}

/** Books the removal of everything stored by a banned key. */
export function bookBanned(tables: WriteTables, change: Change, pubkey: Uint8Array): void {
  tables.sql.beginClearing.run(pubkey, "banned", Number.MAX_SAFE_INTEGER, change.seq + 1);
  tables.clearingBooked = true;
}

/**
 * Removes up to `limit` rows of keys that are booked. Of a vanished key those are its own rows, also deletion requests
 * (whose tombstones stay) but never the request itself, and the gift wraps addressed to it.
 */
export function continueClearing(tables: WriteTables, change: Change, limit: number): void {
  let left = limit;
  while (left > 0) {
    const job = tables.sql.clearing.get();
    if (job === null) {
      tables.clearingBooked = false;
      return;
    }
    const pubkey = job.pubkey.toHex();
    let removed = removeOwn(tables, change, pubkey, job, left);
    if (removed === 0 && job.reason === "vanished") removed = removeWraps(tables, change, pubkey, job, left);
    if (removed === 0) removed = clearStubs(tables, change, job, left);
    if (removed === 0) tables.sql.endClearing.run(job.pubkey, job.reason);
    left -= removed;
  }
}

function removeOwn(
  tables: WriteTables,
  change: Change,
  pubkey: string,
  job: ClearingRow,
  limit: number,
): number {
  const rows = tables.sql.ownRows.all(authorKey(pubkey), job.until, job.before_seq, pubkey, limit);
  for (const row of rows) removeRow(tables, change, row, job.reason);
  return rows.length;
}

function removeWraps(
  tables: WriteTables,
  change: Change,
  pubkey: string,
  job: ClearingRow,
  limit: number,
): number {
  const key = tagKey("p", pubkey, tables.tagSeed);
  const rows = tables.sql.wrapsTo.all(key, Kind.giftWrap, job.until, job.before_seq, limit);
  let removed = 0;
  for (const row of rows) {
    const wrap = eventFromJson(row.json);
    if (!hasTagValue(wrap, "p", pubkey)) continue;
    removeRow(tables, change, row, job.reason, wrap);
    removed++;
  }
  return removed;
}
