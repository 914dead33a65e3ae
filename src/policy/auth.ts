// Is this AUTH event proof of a key on this connection (NIP-42)? Every condition by itself; the signature comes after.

import type { NostrEvent } from "../nostr/event.ts";
import { Kind } from "../nostr/kind.ts";
import { type Refusal, refuse } from "../nostr/reason.ts";
import { relayHost } from "../nostr/relay-url.ts";
import { tagValues } from "../nostr/tag.ts";

export interface AuthOptions {
  /** Hosts (with port where it is not the default) that mean this relay. */
  readonly ownHosts: ReadonlySet<string>;
  /** Seconds that created_at may lie off now, either way. */
  readonly windowSeconds: number;
}

/** Undefined means: only the signature is left to check. */
export function checkAuth(
  event: NostrEvent,
  challenge: string,
  nowSeconds: number,
  options: AuthOptions,
): Refusal | undefined {
  if (event.kind !== Kind.clientAuth) return refuse("invalid", "an AUTH event is of kind 22242");
  if (Math.abs(event.created_at - nowSeconds) > options.windowSeconds) {
    return refuse(
      "invalid",
      `created_at of an AUTH event must be within ${options.windowSeconds} seconds of now`,
    );
  }
  if (!tagValues(event, "challenge").includes(challenge)) {
    return refuse("invalid", "the challenge tag does not hold the challenge of this connection");
  }
  const isOurs = tagValues(event, "relay").some((url) => {
    const host = relayHost(url);
    return host !== undefined && options.ownHosts.has(host);
  });
  return isOurs ? undefined : refuse("invalid", "the relay tag does not name this relay");
}
