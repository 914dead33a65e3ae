// What a publisher is told about one event: the two last elements of an OK message.

import type { WriteOutcome } from "../hot/contract.ts";
import { type ReasonPrefix, type Refusal, reasonText } from "../nostr/reason.ts";

export interface Verdict {
  readonly accepted: boolean;
  /** Empty, or `prefix: text`. */
  readonly message: string;
  /** The prefix of the message, for metrics. */
  readonly prefix?: ReasonPrefix;
}

export const ACCEPTED: Verdict = { accepted: true, message: "" };

export const DUPLICATE: Verdict = {
  accepted: true,
  message: "duplicate: this event is stored already",
  prefix: "duplicate",
};

export function refused(refusal: Refusal): Verdict {
  return {
    accepted: false,
    message: reasonText(refusal),
    prefix: refusal.prefix,
  };
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
    case "failed":
      return refused({
        prefix: "error",
        text: `the event could not be stored (${outcome.error}); try again later`,
      });
    default:
      return REFUSED_BY_STORE[outcome.type];
  }
}
