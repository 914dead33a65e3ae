// One line of a dump: an event that may be stored, or the reason why not.

import { type ParsedEvent, parseEvent } from "../../nostr/event.ts";
import { expirationOf, isExpired } from "../../nostr/expiration.ts";
import { isEphemeralKind } from "../../nostr/kind.ts";
import { isProtected } from "../../nostr/protected.ts";
import { isRefusal } from "../../nostr/reason.ts";

export type EventLine =
  | { readonly type: "event"; readonly parsed: ParsedEvent }
  | { readonly type: "skip"; readonly fate: "ephemeral" | "protected" | "expired" }
  | { readonly type: "invalid"; readonly reason: string };

/**
 * Checks shape and id; the signature is somebody else's work. Ephemeral events are not kept by anybody (NIP-01),
 * protected ones only come from their author (NIP-70) or from this relay's own backup, expired ones would be thrown out
 * again at once (NIP-40).
 */
export function readEventLine(line: string, nowSeconds: number, takesProtected: boolean): EventLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { type: "invalid", reason: "not JSON" };
  }
  const parsed = parseEvent(value);
  if (isRefusal(parsed)) return { type: "invalid", reason: parsed.text };
  const { event } = parsed;
  if (isEphemeralKind(event.kind)) return { type: "skip", fate: "ephemeral" };
  if (!takesProtected && isProtected(event)) return { type: "skip", fate: "protected" };
  const expiresAt = expirationOf(event);
  if (expiresAt === undefined) {
    return { type: "invalid", reason: "the expiration tag must hold a whole number of unix seconds" };
  }
  if (isExpired(expiresAt, nowSeconds)) return { type: "skip", fate: "expired" };
  return { type: "event", parsed };
}
