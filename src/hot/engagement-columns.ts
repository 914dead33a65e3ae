// Names, weights and keys that the writer and the readers of engagement counters share.

import { isHex64 } from "../nostr/hex.ts";
import type { ActionClass, Engagement } from "../search/engagement.ts";
import { idKey } from "./keys.ts";

const SECONDS_PER_HOUR = 3600;
/** Longer windows than this are counted from what OpenSearch holds, or not at all. */
export const BUCKET_HOURS_KEPT = 8 * 24;

export const CLASS_COLUMN: Readonly<Record<ActionClass, keyof Engagement>> = {
  reaction: "reactions",
  downvote: "downvotes",
  repost: "reposts",
  reply: "replies",
  quote: "quotes",
  zap: "zaps",
};

/** As engagementScore() weighs them. */
export const CLASS_WEIGHT: Readonly<Record<ActionClass, number>> = {
  reaction: 1,
  downvote: 0,
  repost: 2,
  reply: 2,
  quote: 2,
  zap: 3,
};

/** The number that stands for an id or an address. */
export function targetKey(ref: string): number {
  return isHex64(ref) ? idKey(ref) : idKey(Bun.SHA256.hash(ref, "hex"));
}

export function hourOf(seconds: number): number {
  return Math.floor(seconds / SECONDS_PER_HOUR);
}
