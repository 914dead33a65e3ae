// When an event is old enough to leave the hot store, by its kind.

import { isEvictableKind } from "../hot/evictable.ts";

export interface RetentionRule {
  /** From the first kind to the second, both included. */
  readonly kinds: readonly (readonly [from: number, to: number])[];
  /** Seconds since created_at; 0 keeps them for ever. */
  readonly maxAgeSeconds: number;
}

export interface RetentionBounds {
  /** Seconds since created_at after which events leave; 0 for no such bound. */
  readonly maxAgeSeconds: number;
  /** Bytes of the database from which the oldest events leave; 0 for no such bound. */
  readonly maxBytes: number;
  /** The first rule that names a kind decides. */
  readonly retain: readonly RetentionRule[];
}

/** May anything leave at all? */
export function isBounded({ maxAgeSeconds, maxBytes, retain }: RetentionBounds): boolean {
  return maxAgeSeconds > 0 || maxBytes > 0 || retain.some((rule) => rule.maxAgeSeconds > 0);
}

/** Age in seconds after which events of this kind leave; Infinity when age alone moves none. */
export function ageLimitOf(kind: number, bounds: RetentionBounds): number {
  const seconds = ruleOf(kind, bounds)?.maxAgeSeconds ?? bounds.maxAgeSeconds;
  return seconds > 0 && isEvictableKind(kind) ? seconds : Number.POSITIVE_INFINITY;
}

/** May events of this kind leave when the database is too large? A rule that keeps them for ever says no. */
export function yieldsToSize(kind: number, bounds: RetentionBounds): boolean {
  return isEvictableKind(kind) && ruleOf(kind, bounds)?.maxAgeSeconds !== 0;
}

function ruleOf(kind: number, { retain }: RetentionBounds): RetentionRule | undefined {
  return retain.find(({ kinds }) => kinds.some(([from, to]) => kind >= from && kind <= to));
}
