// The one gate for reading: asked before any event, or anything that tells of one, leaves the relay.

import { eventFromJson, type NostrEvent } from "../nostr/event.ts";
import { isExpired } from "../nostr/expiration.ts";
import { KIND_MAX, Kind } from "../nostr/kind.ts";
import { hasTagValue } from "../nostr/tag.ts";
import { vanishesEverywhere } from "../nostr/vanish.ts";
import { PRIVATE_KIND_NUMBERS, privateReadersOf } from "./private-kinds.ts";

/** Who asks: the keys proven by AUTH on this connection. Empty for a stranger. */
export type ReaderKeys = ReadonlySet<string>;

export const NOBODY: ReaderKeys = new Set();

/** What the gate needs to see of an event. `event` saves parsing where the caller has it. */
export interface Readable {
  readonly kind: number;
  /** Unix seconds, 0 for never. */
  readonly expiresAt: number;
  readonly json: string;
  readonly event?: NostrEvent;
}

/**
 * May these keys see this event at this second? Deleted, vanished and banned events are gone from the stores already;
 * expiry (NIP-40) and privacy are decided here. Every exit asks: stored reads, live pushes, ids, COUNT and its HLL,
 * search hits and totals, trends, HTTP.
 */
export function mayRead(readable: Readable, reader: ReaderKeys, nowSeconds: number): boolean {
  if (readable.expiresAt !== 0 && isExpired(readable.expiresAt, nowSeconds)) return false;
  return isPublicKind(readable.kind) || mayReadPrivate(readable, reader);
}

/** One byte for each kind: the gate is asked for every hit of every page. */
const LOOKED_AT = new Uint8Array(KIND_MAX + 1);
for (const kind of [...PRIVATE_KIND_NUMBERS, Kind.vanish]) LOOKED_AT[kind] = 1;

/** Kinds that need no look at the event itself. Kind 62 does: one that names a single relay is not passed on. */
export function isPublicKind(kind: number): boolean {
  return LOOKED_AT[kind] === 0;
}

function mayReadPrivate(readable: Readable, reader: ReaderKeys): boolean {
  // Most who ask are strangers, and may have to be led past very many private events.
  if (reader.size === 0 && readable.kind !== Kind.vanish) return false;
  const event = readable.event ?? eventFromJson(readable.json);
  if (event.kind === Kind.vanish) return vanishesEverywhere(event) || reader.has(event.pubkey);
  const readers = privateReadersOf(event.kind)!;
  if (readers.author && reader.has(event.pubkey)) return true;
  if (!readers.recipient) return false;
  for (const key of reader) if (hasTagValue(event, "p", key)) return true;
  return false;
}
