// Signed events for tests, made with @noble/curves and deterministic keys.

import { schnorr } from "@noble/curves/secp256k1.js";
import { asVerified, type NostrEvent, parseEvent, type VerifiedEvent } from "../../src/nostr/event.ts";
import { eventIdOf } from "../../src/nostr/event-id.ts";

export interface Keypair {
  readonly secret: Uint8Array;
  readonly pubkey: string;
}

/** The same number gives the same key. */
export function keypair(seed: number): Keypair {
  const secret = Uint8Array.fromHex(Bun.SHA256.hash(`thermocline test key ${seed}`, "hex"));
  return { secret, pubkey: schnorr.getPublicKey(secret).toHex() };
}

/** A new key with each call, the same ones in the same order for the same first number. */
export function newcomers(first: number): () => Keypair {
  let next = first;
  return () => keypair(next++);
}

export interface EventTemplate {
  readonly kind?: number;
  readonly content?: string;
  readonly tags?: readonly (readonly string[])[];
  readonly created_at?: number;
}

/** A complete, correctly signed event; created_at is now when the template does not say. */
export function signed({ pubkey, secret }: Keypair, template: EventTemplate = {}): NostrEvent {
  return complete(pubkey, template, (id) => schnorr.sign(id, secret, new Uint8Array(32)).toHex());
}

/** What the template leaves open is filled in: kind 1, and the present second. `sign` answers the signature as hex. */
export function complete(
  pubkey: string,
  template: EventTemplate,
  sign: (id: Uint8Array) => string,
): NostrEvent {
  const unsigned = {
    pubkey,
    created_at: template.created_at ?? Math.floor(Date.now() / 1000),
    kind: template.kind ?? 1,
    tags: template.tags ?? [],
    content: template.content ?? "",
  };
  const id = eventIdOf(unsigned);
  return { id, ...unsigned, sig: sign(Uint8Array.fromHex(id)) };
}

/**
 * An event with a right id and a meaningless signature, a thousand times cheaper: for stores and filters, which do not
 * look at signatures.
 */
export function unsignedEvent(pubkey: string, template: EventTemplate = {}): VerifiedEvent {
  const dated = { ...template, created_at: template.created_at ?? 1_700_000_000 };
  return verified(complete(pubkey, dated, () => "0".repeat(128)));
}

/** Parses an event that the test made itself, as the store wants it. */
export function verified(event: NostrEvent): VerifiedEvent {
  const parsed = parseEvent(event);
  if (!("json" in parsed)) throw new Error(`test event is malformed: ${parsed.text}`);
  return asVerified(parsed);
}
