// Protected events (NIP-70): the `-` tag, and reposts that would carry one out of its relay.

import type { NostrEvent } from "./event.ts";
import { Kind } from "./kind.ts";
import { hasTag } from "./tag.ts";

export function isProtected(event: Pick<NostrEvent, "tags">): boolean {
  return hasTag(event, "-");
}

/** Spares parsing most contents; JSON may also write the sign as an escape. */
const MAY_HOLD_A_DASH = /-|\\u002d/i;

/** Does this repost (kind 6 or 16) embed an event that is protected? The content is parsed, not searched as text. */
export function repostsProtected(event: NostrEvent): boolean {
  if (event.kind !== Kind.repost && event.kind !== Kind.genericRepost) return false;
  if (!MAY_HOLD_A_DASH.test(event.content)) return false;
  try {
    const embedded: unknown = JSON.parse(event.content);
    const tags = (embedded as { tags?: unknown } | null)?.tags;
    return Array.isArray(tags) && tags.some((tag) => Array.isArray(tag) && tag[0] === "-");
  } catch {
    return false;
  }
}
