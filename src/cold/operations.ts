// From log entries to operations on the index: one for each document, the last word on it.

import { deletionTargets } from "../nostr/deletion.ts";
import { eventFromJson, type NostrEvent } from "../nostr/event.ts";
import { isAddressableKind, isReplaceableKind, Kind } from "../nostr/kind.ts";
import { type Operation, sizeOf } from "./bulk.ts";
import type { LogEntry, ScoreSource, StoredRow } from "./contract.ts";
import { documentOf, reducedDocumentOf } from "./document.ts";
import { documentId, removedDocumentId } from "./document-id.ts";

/** Where documents go, and what is known beyond an event's own text. */
export interface OperationContext {
  indexFor(kind: number, createdAt: number): string;
  readonly scores?: ScoreSource;
}

export interface FoundEvent {
  readonly row: StoredRow;
  readonly event: NostrEvent;
}

/** A kind 5 whose targets may be held by the cold store alone. */
export interface DeletionRequest {
  readonly seq: number;
  readonly pubkey: string;
  readonly ids: readonly string[];
}

/** A stretch of the log as work: operations without doubles, and what has to be asked of the index itself. */
export interface Batch {
  /** Everything up to this seq is in this batch or before it. */
  readonly upTo: number;
  readonly operations: readonly Operation[];
  readonly deletions: readonly DeletionRequest[];
  /** Stands at the end of the batch and needs everything before it to be resolved first. */
  readonly vanished: Extract<LogEntry, { type: "vanished" }> | undefined;
}

/** Takes entries from the front until the batch holds `bytesMax` characters; entries must not be empty. */
export function batchOf(entries: readonly LogEntry[], bytesMax: number, context: OperationContext): Batch {
  return together(context, () => gather(entries, bytesMax, context));
}

function gather(entries: readonly LogEntry[], bytesMax: number, context: OperationContext): Batch {
  const operations = new Map<string, Operation>();
  const deletions: DeletionRequest[] = [];
  let bytes = 0;
  let upTo = 0;
  for (const entry of entries) {
    upTo = entry.seq;
    if (entry.type === "vanished")
      return { upTo, operations: [...operations.values()], deletions, vanished: entry };
    if (entry.type === "removed") {
      const operation = removalOf(entry, context);
      if (operation !== undefined) operations.set(keyOf(operation), operation);
      continue;
    }
    const event = eventFromJson(entry.json);
    const operation = indexingOf(entry, event, context);
    operations.set(keyOf(operation), operation);
    if (event.kind === Kind.deletion) addDeletion(deletions, entry.seq, event);
    bytes += sizeOf(operation);
    if (bytes >= bytesMax) break;
  }
  return { upTo, operations: [...operations.values()], deletions, vanished: undefined };
}

/** Names the document: two operations with the same key must not be under way at once. */
export function keyOf(operation: Pick<Operation, "index" | "id">): string {
  return `${operation.index}/${operation.id}`;
}

/** Writes the documents of stored events. */
export function indexingsOf(found: readonly FoundEvent[], context: OperationContext): Operation[] {
  return together(context, () => found.map(({ row, event }) => indexingOf(row, event, context)));
}

function together<Result>({ scores }: OperationContext, make: () => Result): Result {
  return scores === undefined ? make() : scores.together(make);
}

function indexingOf(row: StoredRow, event: NostrEvent, context: OperationContext): Operation {
  return {
    type: "index",
    index: context.indexFor(event.kind, event.created_at),
    id: documentId(event),
    version: row.seq,
    seq: row.seq,
    body: JSON.stringify(documentOf(row, event, context.scores?.scoresOf(event))),
  };
}

/** The same operation with a document of structure alone. */
export function reducedIndexing(operation: Operation): Operation {
  const { raw, seq, exp } = JSON.parse(operation.body) as { raw: string; seq: number; exp?: number };
  const row: StoredRow = { seq, json: raw, expiresAt: exp ?? 0, createdAt: 0, kind: 0 };
  return { ...operation, body: JSON.stringify(reducedDocumentOf(row)), isReduced: true };
}

/** Undefined when the document stays: it was only evicted from hot, or its successor overwrites it in the same place. */
function removalOf(
  entry: Extract<LogEntry, { type: "removed" }>,
  context: OperationContext,
): Operation | undefined {
  if (entry.reason === "evicted") return undefined;
  const isSlot = isReplaceableKind(entry.kind) || isAddressableKind(entry.kind);
  if (entry.reason === "replaced" && isSlot) return undefined;
  return {
    type: "delete",
    index: context.indexFor(entry.kind, entry.createdAt),
    id: removedDocumentId(entry),
    version: entry.seq,
    seq: entry.eventSeq,
    body: "",
  };
}

/** Addresses need no such care: the newest version of an address never leaves the hot store while it stands. */
function addDeletion(deletions: DeletionRequest[], seq: number, event: NostrEvent): void {
  const { ids } = deletionTargets(event);
  if (ids.length > 0) deletions.push({ seq, pubkey: event.pubkey, ids });
}
