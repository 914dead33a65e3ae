// A NIP-05 identifier as a profile writes it: name@domain, _@domain, or a bare domain.

import type { NostrEvent } from "../nostr/event.ts";
import { profileFields } from "../search/text-of-event.ts";

export interface Identifier {
  /** The local part; `_` where there is none. */
  readonly name: string;
  /** A DNS name in lower case; never an address. */
  readonly domain: string;
}

const NAME = /^[a-z0-9._-]{1,64}$/;
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
/** The last label of a name is no number, in whatever notation: 127.0.0.1 and 0x7f.1 are addresses. */
const DOMAIN = new RegExp(`^(?:${LABEL}\\.)+(?!0x)(?=[a-z0-9-]*[a-z])${LABEL}$`);
const DOMAIN_LENGTH_MAX = 253;

export function identifierOf(profile: Pick<NostrEvent, "content">): Identifier | undefined {
  return parseIdentifier(profileFields(profile.content)?.nip05 ?? "");
}

export function parseIdentifier(text: string): Identifier | undefined {
  const lower = text.trim().toLowerCase();
  const at = lower.lastIndexOf("@");
  const [name, domain] = at < 0 ? ["_", lower] : [lower.slice(0, at), lower.slice(at + 1)];
  return NAME.test(name) && domain.length <= DOMAIN_LENGTH_MAX && DOMAIN.test(domain)
    ? { name, domain }
    : undefined;
}
