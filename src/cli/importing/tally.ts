// What became of the lines of an import, in numbers, with the most frequent reasons for invalid ones.

import type { WriteOutcome } from "../../hot/contract.ts";

const REASONS_MAX = 1000;

export type Fate =
  | "accepted"
  | "duplicate"
  | "superseded"
  | "deleted"
  | "vanished"
  | "banned"
  | "expired"
  | "ephemeral"
  | "protected"
  | "invalid"
  | "failed";

export const FATES: readonly Fate[] = [
  "accepted",
  "duplicate",
  "superseded",
  "deleted",
  "vanished",
  "banned",
  "expired",
  "ephemeral",
  "protected",
  "invalid",
  "failed",
];

export interface Reason {
  readonly reason: string;
  readonly count: number;
  /** The first line it was found on. */
  readonly line: number;
}

export class Tally {
  readonly counts: Record<Fate, number> = Object.fromEntries(FATES.map((fate) => [fate, 0])) as Record<
    Fate,
    number
  >;
  /** Texts of what the store said when a batch failed, without doubles. */
  readonly failures = new Set<string>();
  private readonly reasons = new Map<string, { count: number; line: number }>();

  add(fate: Fate, count = 1): void {
    this.counts[fate] += count;
  }

  addInvalid(reason: string, line: number, count = 1): void {
    this.add("invalid", count);
    const known = this.reasons.get(reason);
    if (known !== undefined) known.count += count;
    // Reasons are our own fixed sentences, but a bound costs nothing.
    else if (this.reasons.size < REASONS_MAX) this.reasons.set(reason, { count, line });
  }

  addOutcome(outcome: WriteOutcome): void {
    if (outcome.type === "failed") this.failures.add(outcome.error);
    if (outcome.type === "stored") this.add("accepted");
    else this.add(outcome.type === "unknown" ? "failed" : outcome.type);
  }

  get total(): number {
    return FATES.reduce((sum, fate) => sum + this.counts[fate], 0);
  }

  topReasons(most = 5): Reason[] {
    return [...this.reasons]
      .map(([reason, { count, line }]) => ({ reason, count, line }))
      .toSorted((a, b) => b.count - a.count || a.line - b.line)
      .slice(0, most);
  }
}
