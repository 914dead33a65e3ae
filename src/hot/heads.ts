// Replaceable and addressable events: one version stands at an address, and the mark of the newest never goes back.

import { isNewerVersion } from "../nostr/order.ts";
import type { BatchCursor } from "./batch-codec.ts";
import { keyOfBytes } from "./keys.ts";
import { OutcomeCode } from "./outcome-code.ts";
import type { HeadRow } from "./write-statements.ts";
import type { WriteTables } from "./write-transaction.ts";

/**
 * May this version take its address? Undefined when it may, else the code of the refusal. `head` is what the address
 * holds, null for nothing ever. Versions up to a deletion's second stay deleted (NIP-09), and the newest version ever
 * seen bars older ones even after its own removal. It may come again itself where no tombstone bars it: an operator took
 * it out.
 */
export function judgeVersion(
  { sql, barred }: WriteTables,
  incoming: BatchCursor,
  address: Uint8Array,
  head: HeadRow | null,
): number | undefined {
  if (barred.mayHold(keyOfBytes(address))) {
    const deleted = sql.addressDeletedUntil.get(address);
    if (deleted !== null && incoming.createdAt <= deleted.until) return OutcomeCode.deleted;
  }
  if (head === null) return undefined;
  const version = { created_at: incoming.createdAt, id: incoming.fullId() };
  if (version.id === head.id || isNewerVersion(version, head)) return undefined;
  return OutcomeCode.superseded;
}
