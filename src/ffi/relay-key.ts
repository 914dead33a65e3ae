// The relay's own key: kept in the data folder where none is set, and used to sign what the relay itself publishes.

import { schnorr } from "@noble/curves/secp256k1.js";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asVerified, type NostrEvent, type Tag, type VerifiedEvent } from "../nostr/event.ts";
import { eventIdOf } from "../nostr/event-id.ts";
import { eventJson } from "../nostr/event-json.ts";
import { isHex64 } from "../nostr/hex.ts";

export const RELAY_KEY_FILE = "relay.key";

/** Both as hex. The secret goes to the thread that signs and nowhere else. */
export interface RelayKey {
  readonly secret: string;
  readonly pubkey: string;
}

export interface UnsignedEvent {
  readonly kind: number;
  /** Unix seconds. */
  readonly created_at: number;
  readonly tags: readonly Tag[];
  readonly content: string;
}

/**
 * `configured` (hex, or "") or else the key of the data folder, which is made once. Throws an error that says what to do
 * when the file cannot be read or written, or holds something else.
 */
export function loadRelayKey(folder: string, configured: string): RelayKey {
  const secret = configured === "" ? keptSecret(join(folder, RELAY_KEY_FILE)) : configured;
  try {
    return { secret, pubkey: schnorr.getPublicKey(Uint8Array.fromHex(secret)).toHex() };
  } catch {
    throw new Error(
      "the relay's secret key is not a number that secp256k1 takes; set trends.secret_key anew",
    );
  }
}

/** Id and signature of an event that is well-formed by its maker's promise. */
export function signEvent({ secret, pubkey }: RelayKey, unsigned: UnsignedEvent): VerifiedEvent {
  const { kind, created_at, tags, content } = unsigned;
  const id = eventIdOf({ pubkey, created_at, kind, tags, content });
  const sig = schnorr.sign(Uint8Array.fromHex(id), Uint8Array.fromHex(secret)).toHex();
  const event: NostrEvent = { id, pubkey, created_at, kind, tags, content, sig };
  return asVerified({ event, json: eventJson(event) });
}

function keptSecret(path: string): string {
  const kept = readKept(path);
  if (kept !== undefined) return kept;
  const made = randomBytes(32).toString("hex");
  try {
    // Only for its owner, and never over a file that somebody else has just made.
    writeFileSync(path, `${made}\n`, { mode: 0o600, flag: "wx" });
    return made;
  } catch (error) {
    const other = readKept(path);
    if (other !== undefined) return other;
    throw error;
  }
}

function readKept(path: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  if (isHex64(text)) return text;
  throw new Error(`${path} does not hold 64 hex characters; restore it, or remove it to get a new key`);
}
