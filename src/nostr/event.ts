// An event on its way from untrusted JSON to something that may be stored: raw → parsed → verified.

import { eventIdOf } from "./event-id.ts";
import { eventJson } from "./event-json.ts";
import { isHex128, isHex64 } from "./hex.ts";
import { KIND_MAX } from "./kind.ts";
import { type Refusal, refuse } from "./reason.ts";

export type Tag = readonly string[];

/** The seven fields of NIP-01 and nothing else. */
export interface NostrEvent {
  readonly id: string;
  readonly pubkey: string;
  readonly created_at: number;
  readonly kind: number;
  readonly tags: readonly Tag[];
  readonly content: string;
  readonly sig: string;
}

/** Shape and id are proven; the signature is not. `json` is the one text that everybody stores and sends. */
export interface ParsedEvent {
  readonly event: NostrEvent;
  readonly json: string;
}

/** Has this key signed this id (BIP-340)? Whoever has a library for it brings it. */
export type SignatureCheck = (signed: Pick<NostrEvent, "id" | "pubkey" | "sig">) => boolean;

declare const verifiedMark: unique symbol;

/** A parsed event whose signature somebody has checked. Stores accept only this. */
export type VerifiedEvent = ParsedEvent & { readonly [verifiedMark]: true };

/** The only maker of VerifiedEvent: call it where a signature has just been found good, or was checked before storing. */
export function asVerified(parsed: ParsedEvent): VerifiedEvent {
  return parsed as VerifiedEvent;
}

/**
 * Checks the shape of an unknown JSON value and that its id is the hash of its content (NIP-01).
 * Unknown keys are dropped: they are not covered by the hash. Answers a refusal that names the first fault.
 */
export function parseEvent(value: unknown): ParsedEvent | Refusal {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse(
      "invalid",
      "an event is a JSON object with id, pubkey, created_at, kind, tags, content and sig",
    );
  }
  const { id, pubkey, created_at, kind, tags, content, sig } = value as Record<string, unknown>;
  if (!isHex64(id)) return refuse("invalid", "id must be 64 lower-case hex characters");
  if (!isHex64(pubkey)) return refuse("invalid", "pubkey must be 64 lower-case hex characters");
  if (!isHex128(sig)) return refuse("invalid", "sig must be 128 lower-case hex characters");
  if (!Number.isSafeInteger(created_at) || (created_at as number) < 0) {
    return refuse("invalid", "created_at must be a whole number of seconds between 0 and 2^53-1");
  }
  if (!Number.isInteger(kind) || (kind as number) < 0 || (kind as number) > KIND_MAX) {
    return refuse("invalid", "kind must be a whole number between 0 and 65535");
  }
  if (typeof content !== "string") return refuse("invalid", "content must be a string");
  if (!areTags(tags)) return refuse("invalid", "tags must be an array of non-empty arrays of strings");

  const tagsJson = JSON.stringify(tags);
  const contentJson = JSON.stringify(content);
  if (!isWellFormed(tagsJson, contentJson, tags, content)) {
    return refuse("invalid", "strings must be well-formed Unicode, without lone surrogates");
  }
  // -0 parses to a number that prints as 0; adding 0 makes what we keep equal to what we hash.
  const event: NostrEvent = {
    id,
    pubkey,
    created_at: (created_at as number) + 0,
    kind: (kind as number) + 0,
    tags,
    content,
    sig,
  };
  if (eventIdOf(event, tagsJson, contentJson) !== id) {
    return refuse("invalid", "id does not match the SHA-256 of the serialised event");
  }
  return { event, json: eventJson(event, tagsJson, contentJson) };
}

/** Reads an event back from our own store or from another process that checked it; throws if the text is not JSON. */
export function eventFromJson(json: string): NostrEvent {
  return JSON.parse(json) as NostrEvent;
}

function areTags(tags: unknown): tags is readonly Tag[] {
  if (!Array.isArray(tags)) return false;
  for (const tag of tags) {
    if (!Array.isArray(tag) || tag.length === 0) return false;
    for (const item of tag) if (typeof item !== "string") return false;
  }
  return true;
}

/**
 * A lone surrogate survives JSON but not UTF-8, so the event we would serve no longer hashes to its id.
 * JSON.stringify escapes them as \udXXX, which makes the common case one substring search.
 */
function isWellFormed(tagsJson: string, contentJson: string, tags: readonly Tag[], content: string): boolean {
  if (!tagsJson.includes("\\ud") && !contentJson.includes("\\ud")) return true;
  return content.isWellFormed() && tags.every((tag) => tag.every((item) => item.isWellFormed()));
}
