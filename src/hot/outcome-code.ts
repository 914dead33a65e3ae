// Outcomes of writes as numbers, for crossing threads: a positive number is the seq of a stored event.

import type { WriteOutcome } from "./contract.ts";

export const OutcomeCode = {
  duplicate: -1,
  superseded: -2,
  deleted: -3,
  vanished: -4,
  banned: -5,
  failed: -6,
} as const;

const PLAIN: Readonly<Record<number, WriteOutcome>> = {
  [OutcomeCode.duplicate]: { type: "duplicate" },
  [OutcomeCode.superseded]: { type: "superseded" },
  [OutcomeCode.deleted]: { type: "deleted" },
  [OutcomeCode.vanished]: { type: "vanished" },
  [OutcomeCode.banned]: { type: "banned" },
};

/** `error` is what a failed event is told. */
export function outcomeOf(code: number, error: string): WriteOutcome {
  if (code > 0) return { type: "stored", seq: code };
  return PLAIN[code] ?? { type: "failed", error };
}
