// Events on their way through admission: the same id arriving again meanwhile waits for the first one's answer.

import type { NostrEvent } from "../nostr/event.ts";
import { DUPLICATE, type Verdict } from "./verdict.ts";

type Settle = (verdict: Verdict) => void;

interface Flight {
  readonly sig: string;
  readonly waiting: Settle[];
}

/**
 * Joins only events whose signature is the same: somebody who sends a known id with a wrong signature must not decide
 * over the honest copy. Bounded by the channels behind it: whatever is in flight stands in one of them.
 */
export class InFlight {
  private readonly flights = new Map<string, Flight>();

  get size(): number {
    return this.flights.size;
  }

  /** True when the event travels already and settle() will be called with its fate. */
  join(event: NostrEvent, settle: Settle): boolean {
    const flight = this.flights.get(event.id);
    if (flight === undefined || flight.sig !== event.sig) return false;
    flight.waiting.push(settle);
    return true;
  }

  /** Registers a new flight; the function to call with its verdict answers everyone who joined. */
  begin(event: NostrEvent, settle: Settle): Settle {
    if (this.flights.has(event.id)) return settle;
    const flight: Flight = { sig: event.sig, waiting: [] };
    this.flights.set(event.id, flight);
    return (verdict) => {
      this.flights.delete(event.id);
      settle(verdict);
      const echo = verdict.accepted ? DUPLICATE : verdict;
      for (const waiting of flight.waiting) waiting(echo);
    };
  }
}
