// The canonical serialisation of an event and its SHA-256 (NIP-01 "Events and signatures").

import type { NostrEvent } from "./event.ts";

type Hashed = Pick<NostrEvent, "pubkey" | "created_at" | "kind" | "tags" | "content">;

/**
 * The id an event must carry, as lower-case hex. JSON.stringify writes exactly the escapes that NIP-01 names and
 * lower-case \u00xx for the other control characters, which is what the field agreed on.
 */
export function eventIdOf(
  event: Hashed,
  tagsJson = JSON.stringify(event.tags),
  contentJson = JSON.stringify(event.content),
): string {
  return Bun.SHA256.hash(
    `[0,"${event.pubkey}",${event.created_at},${event.kind},${tagsJson},${contentJson}]`,
    "hex",
  );
}
