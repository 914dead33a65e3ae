// Keys that have just vanished (NIP-62): hidden at once, while their events are still being erased in the background.

import { eventFromJson } from "../nostr/event.ts";
import { pubkeyOfJson } from "../nostr/event-json.ts";
import { Kind } from "../nostr/kind.ts";
import { tagValues } from "../nostr/tag.ts";

export interface Erasable {
  readonly createdAt: number;
  readonly kind: number;
  readonly json: string;
}

/** Long enough for the largest history to be erased. */
const HIDDEN_MS = 60 * 60_000;
const KEYS_MAX = 10_000;

/** The store refuses and erases for good; this closes the moments in between, for keys that vanished while it runs. */
export class Vanishing {
  private readonly keys = new Map<string, { readonly until: number; readonly forgetAtMs: number }>();
  /** Those with events in the store, or the place in the log up to which it tells that they have none any more. */
  private readonly leaving = new Map<string, number | undefined>();

  /** Hides everything of the key up to and including that second. */
  add(pubkey: string, until: number, nowMs: number): void {
    this.forget(nowMs);
    const known = this.keys.get(pubkey)?.until ?? 0;
    this.keys.delete(pubkey);
    this.keys.set(pubkey, { until: Math.max(known, until), forgetAtMs: nowMs + HIDDEN_MS });
    this.leaving.set(pubkey, undefined);
  }

  /** May anything that is hidden still stand in the store? */
  get isErasing(): boolean {
    return this.leaving.size > 0;
  }

  /** `booked` keys have still some to lose, as of `fileSeq` in the log; this thread knows the log up to `publishedSeq`. */
  noteErased(booked: ReadonlySet<string>, fileSeq: number, publishedSeq: number): void {
    for (const [pubkey, erasedSeq] of this.leaving) {
      const seq = booked.has(pubkey) ? undefined : (erasedSeq ?? fileSeq);
      if (seq !== undefined && seq <= publishedSeq) this.leaving.delete(pubkey);
      else this.leaving.set(pubkey, seq);
    }
  }

  /** Is this event on its way out? Gift wraps go with the key they are addressed to; the request itself stays. */
  hides(event: Erasable): boolean {
    if (this.keys.size === 0 || event.kind === Kind.vanish) return false;
    const own = this.keys.get(pubkeyOfJson(event.json));
    if (own !== undefined && event.createdAt <= own.until) return true;
    return event.kind === Kind.giftWrap && this.hidesWrap(event);
  }

  private hidesWrap(event: Erasable): boolean {
    return tagValues(eventFromJson(event.json), "p").some((recipient) => {
      const vanished = this.keys.get(recipient);
      return vanished !== undefined && event.createdAt <= vanished.until;
    });
  }

  /** Entries stand in the order of their forgetting. */
  private forget(nowMs: number): void {
    for (const [pubkey, { forgetAtMs }] of this.keys) {
      if (forgetAtMs > nowMs && this.keys.size < KEYS_MAX) return;
      this.keys.delete(pubkey);
      this.leaving.delete(pubkey);
    }
  }
}
