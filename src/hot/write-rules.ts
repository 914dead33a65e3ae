// The rules every incoming event passes, in their order, and what storing it sets off.

import { Kind, isEphemeralKind } from "../nostr/kind.ts";
import { vanishesHere } from "../nostr/vanish.ts";
import type { BatchCursor } from "./batch-codec.ts";
import { applyVanishRequest } from "./clearing.ts";
import { applyDeletionRequest } from "./deletion-requests.ts";
import { isEvicted } from "./eviction.ts";
import { judgeVersion } from "./heads.ts";
import { OutcomeCode } from "./outcome-code.ts";
import { removeSeq } from "./removals.ts";
import { isBanned, isDeletedById, isOfVanished, mayBeBarred } from "./tombstones.ts";
import type { Change, WriteTables } from "./write-transaction.ts";

/**
 * Applies the event the cursor stands at: banned, vanished, duplicate, deleted, superseded, else stored.
 * Answers its seq or the code of its refusal. Throws for an ephemeral kind: those are never stored (NIP-01).
 */
export function applyEvent(
  tables: WriteTables,
  change: Change,
  incoming: BatchCursor,
  ownUrls: ReadonlySet<string>,
): number {
  if (isEphemeralKind(incoming.kind))
    throw new Error(`kind ${incoming.kind} is ephemeral and reached the writer`);
  const refused = judgeEvent(tables, incoming);
  if (refused !== undefined) return refused;
  const address = incoming.address();
  if (address === undefined) return insert(tables, change, incoming, ownUrls);

  const head = tables.sql.head.get(address);
  const outdated = judgeVersion(tables, incoming, address, head);
  if (outdated !== undefined) return outdated;
  const seq = insert(tables, change, incoming, ownUrls);
  tables.sql.moveHead.run(address, incoming.createdAt, incoming.fullId(), seq);
  if (head !== null && head.seq !== null) removeSeq(tables, change, head.seq, "replaced");
  return seq;
}

function judgeEvent(tables: WriteTables, incoming: BatchCursor): number | undefined {
  if (!mayBeBarred(tables, incoming)) return isStored(tables, incoming) ? OutcomeCode.duplicate : undefined;
  if (isBanned(tables, incoming)) return OutcomeCode.banned;
  if (isOfVanished(tables, incoming))
    return isStandingRequest(tables, incoming) ? OutcomeCode.duplicate : OutcomeCode.vanished;
  if (isStored(tables, incoming)) return OutcomeCode.duplicate;
  return isDeletedById(tables, incoming) ? OutcomeCode.deleted : undefined;
}

/** Of that time, only the request by which its author vanished stays: what is booked to leave is not it. */
function isStandingRequest({ sql }: WriteTables, incoming: BatchCursor): boolean {
  if (incoming.kind !== Kind.vanish) return false;
  const row = sql.findEvent.get(incoming.id, incoming.fullId());
  const booked = sql.vanishing.get(Uint8Array.fromHex(incoming.pubkey()));
  return row !== null && (booked === null || row.seq >= booked.before_seq);
}

/** Here, or kept by the cold store alone. */
function isStored(tables: WriteTables, incoming: BatchCursor): boolean {
  const { sql } = tables;
  if (sql.findKey.get(incoming.id) !== null && sql.findEvent.get(incoming.id, incoming.fullId()) !== null)
    return true;
  return isEvicted(tables, incoming);
}

function insert(
  tables: WriteTables,
  change: Change,
  incoming: BatchCursor,
  ownUrls: ReadonlySet<string>,
): number {
  const { sql } = tables;
  tables.owners.note(incoming);
  const seq = ++change.seq;
  const { kind, createdAt, rank, numbers, tagsTo } = incoming;
  sql.insertEvent.run(
    seq,
    createdAt,
    rank,
    kind,
    incoming.author,
    incoming.id,
    incoming.expiresAt,
    incoming.json,
  );
  for (let at = incoming.tagsFrom; at < tagsTo; at++)
    sql.insertTag.run(numbers[at]!, kind, createdAt, rank, seq);
  if (kind === Kind.deletion) applyDeletionRequest(tables, change, incoming.event());
  if (kind === Kind.vanish) {
    const request = incoming.event();
    if (vanishesHere(request, ownUrls)) applyVanishRequest(tables, change, request, seq);
  }
  return seq;
}
