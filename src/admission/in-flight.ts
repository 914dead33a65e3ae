// Events on their way through admission: the same id arriving again meanwhile waits for the first one's answer.

import type { NostrEvent } from "../nostr/event.ts";
import { DUPLICATE, type Verdict } from "./verdict.ts";

type Settle = (verdict: Verdict) => void;

interface Flight {
  readonly sig: string;
  readonly waiting: Settle[];
}

/** Copies of one event that wait for its fate. Nobody honest sends so many within the moments that it takes. */
const COPIES_MAX = 1000;

/**
 * Joins only events whose signature is the same: somebody who sends a known id with a wrong signature must not decide
 * over the honest copy. What is in flight is bounded by the channels behind it, in one of which it stands.
 */
export class InFlight {
  private readonly flights = new Map<string, Flight>();

  get size(): number {
    return this.flights.size;
  }

  /** Does the event travel already? Then settle() will be called with its fate, unless too many copies wait for that. */
  join(event: NostrEvent, settle: Settle): "joined" | "alone" | "crowded" {
    const flight = this.flights.get(event.id);
    if (flight === undefined || flight.sig !== event.sig) return "alone";
    if (flight.waiting.length >= COPIES_MAX) return "crowded";
    flight.waiting.push(settle);
    return "joined";
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
