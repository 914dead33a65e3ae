// What a publisher is told about one event: the two last elements of an OK message.

import type { WriteOutcome } from "../hot/contract.ts";
import { type ReasonPrefix, type Refusal, reasonText } from "../nostr/reason.ts";
import type { EventOutcome } from "../telemetry/metrics.ts";

export interface Verdict {
  readonly accepted: boolean;
  /** Empty, or `prefix: text`. */
  readonly message: string;
  /** For metrics. */
  readonly outcome: EventOutcome;
  /** The prefix of the message. */
  readonly prefix?: ReasonPrefix;
}

export const ACCEPTED: Verdict = { accepted: true, message: "", outcome: "stored" };
export const PASSED_ON: Verdict = { accepted: true, message: "", outcome: "ephemeral" };

export const DUPLICATE: Verdict = {
  accepted: true,
  message: "duplicate: this event is known already",
  outcome: "duplicate",
  prefix: "duplicate",
};

export function refused(refusal: Refusal, outcome: EventOutcome = "refused"): Verdict {
  return { accepted: false, message: reasonText(refusal), outcome, prefix: refusal.prefix };
}

const REFUSED_BY_STORE: Record<"superseded" | "deleted" | "vanished" | "banned", Verdict> = {
  superseded: refused({
    prefix: "duplicate",
    text: "a newer version of this event is stored",
  }),
  deleted: refused({
    prefix: "blocked",
    text: "the event was deleted by its author",
  }),
  vanished: refused({
    prefix: "blocked",
    text: "the key asked to vanish from this relay (NIP-62)",
  }),
  banned: refused({
    prefix: "blocked",
    text: "the event or its author is banned here",
  }),
};

/** The answer for what the hot store made of an event. */
export function verdictOf(outcome: WriteOutcome): Verdict {
  switch (outcome.type) {
    case "stored":
      return ACCEPTED;
    case "duplicate":
      return DUPLICATE;
    case "unknown":
      return refused(
        { prefix: "error", text: "it is not known whether the event was stored; send it again" },
        "failed",
      );
    case "failed":
      return refused(
        { prefix: "error", text: `the event could not be stored (${outcome.error}); try again later` },
        "failed",
      );
    default:
      return REFUSED_BY_STORE[outcome.type];
  }
}
