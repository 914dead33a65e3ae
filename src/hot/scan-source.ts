// What the parts of a scan have in common: candidates in order, a place to start from, and a place reached.

import { idOfJson } from "../nostr/event-json.ts";
import type { Hit, ScanPosition } from "./contract.ts";
import { RANK_MAX, rankOf } from "./keys.ts";
import type { Meter } from "./scan-budget.ts";

/** Answered by next() when the budget is spent. */
export const PAUSED: unique symbol = Symbol("paused");

/**
 * Hands out stored events newest first, each once. They may still fail the filter, but nothing that matches is left out
 * between `start` and the source's end.
 */
export interface HitSource {
  next(meter: Meter): Hit | undefined | typeof PAUSED;
  /** After PAUSED: everything that sorts before or at this point has been handed out or passed over. */
  reached(): ScanPosition | undefined;
  /** Streams merged, for the plan. */
  readonly streams: number;
}

/**
 * Where a source begins: at this second and rank, both included. Of events with exactly this rank the first ones may have
 * been visited already; who follows `after` compares ids there.
 */
export interface Start {
  readonly createdAt: number;
  readonly rank: number;
}

export function startOf(after: ScanPosition | undefined, until: number | undefined): Start {
  const top = until ?? Number.MAX_SAFE_INTEGER;
  if (after === undefined || after.createdAt > top) return { createdAt: top, rank: RANK_MAX };
  return { createdAt: after.createdAt, rank: rankOf(after.id) };
}

/** The last point of a rank: every id that begins with its 32 bits sorts before or at it. */
export function endOfRank(createdAt: number, rank: number): ScanPosition {
  const prefix = (RANK_MAX - rank).toString(16).padStart(8, "0");
  return { createdAt, id: prefix.padEnd(64, "f") };
}

/** Does the hit sort strictly after the place? */
export function sortsAfter(hit: Hit, place: ScanPosition): boolean {
  if (hit.createdAt !== place.createdAt) return hit.createdAt < place.createdAt;
  return idOfJson(hit.json) > place.id;
}

/** For sort(), the order of answers (NIP-01): newest first, then the lowest id. */
export function compareHits(a: Hit, b: Hit): number {
  if (a.createdAt !== b.createdAt) return b.createdAt - a.createdAt;
  const [one, other] = [idOfJson(a.json), idOfJson(b.json)];
  return one < other ? -1 : one > other ? 1 : 0;
}
