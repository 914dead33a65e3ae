// What the bounds of the hot store would move now, counted without moving anything.

import type { EvictionCandidates, KindShare } from "../hot/eviction-candidates.ts";
import { ageLimitOf, type RetentionBounds, yieldsToSize } from "./retention-rules.ts";

export interface RetentionPlan {
  /** Per kind, most bytes first; `bytes` are those of the events' texts. */
  readonly byAge: readonly KindShare[];
  /** What the size of the database asks for beyond that: an estimate, oldest first over all kinds. */
  readonly bySize: readonly KindShare[];
  readonly events: number;
  readonly bytes: number;
  /** Of the database, as far as it holds something. */
  readonly usedBytes: number;
  /** What would be left of it, about: indexes shrink with the texts. */
  readonly usedBytesAfter: number;
}

type Candidates = Pick<EvictionCandidates, "kinds" | "share" | "sizes" | "textBytes" | "usedBytes">;

/** `nowSeconds` is unix time. Events that the cold store does not hold yet are counted too: they would leave later. */
export function planRetention(
  candidates: Candidates,
  bounds: RetentionBounds,
  nowSeconds: number,
): RetentionPlan {
  const byAge = candidates
    .kinds()
    .map((kind) => candidates.share(kind, Math.max(0, nowSeconds - ageLimitOf(kind, bounds))))
    .filter(({ events }) => events > 0);
  const usedBytes = candidates.usedBytes();
  const perTextByte = usedBytes / Math.max(1, candidates.textBytes());
  const left = usedBytes - bytesOf(byAge) * perTextByte;
  const excess = bounds.maxBytes === 0 ? 0 : left - bounds.maxBytes;
  const bySize = excess <= 0 ? [] : oldestOf(candidates, bounds, nowSeconds, excess / perTextByte);
  const all = [...byAge, ...bySize];
  const bytes = bytesOf(all);
  return {
    byAge: byAge.toSorted((a, b) => b.bytes - a.bytes),
    bySize: bySize.toSorted((a, b) => b.bytes - a.bytes),
    events: all.reduce((sum, { events }) => sum + events, 0),
    bytes,
    usedBytes,
    usedBytesAfter: Math.round(usedBytes - bytes * perTextByte),
  };
}

/** The oldest events that age does not move anyway, until so many bytes of text are together. */
function oldestOf(
  candidates: Candidates,
  bounds: RetentionBounds,
  nowSeconds: number,
  wantedBytes: number,
): KindShare[] {
  const shares = new Map<number, { events: number; bytes: number }>();
  let missing = wantedBytes;
  for (const { kind, createdAt, bytes } of candidates.sizes(nowSeconds)) {
    if (missing <= 0) break;
    if (!yieldsToSize(kind, bounds) || createdAt < nowSeconds - ageLimitOf(kind, bounds)) continue;
    const share = shares.get(kind) ?? { events: 0, bytes: 0 };
    shares.set(kind, { events: share.events + 1, bytes: share.bytes + bytes });
    missing -= bytes;
  }
  return [...shares].map(([kind, share]) => ({ kind, ...share }));
}

function bytesOf(shares: readonly KindShare[]): number {
  return shares.reduce((sum, { bytes }) => sum + bytes, 0);
}
