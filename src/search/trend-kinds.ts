// Kinds that speak of something in trends.

import { Kind } from "../nostr/kind.ts";

/** What people write for people to read. Nothing else, and no private kind, adds a hashtag, a link or a mention. */
export const TREND_TEXT_KINDS: ReadonlySet<number> = new Set([
  Kind.note,
  Kind.picture,
  Kind.video,
  Kind.shortVideo,
  Kind.comment,
  Kind.article,
]);
