// Keys that have just vanished (NIP-62): hidden at once, while their events are still being erased in the background.

import { eventFromJson } from "../nostr/event.ts";
import { pubkeyOfJson } from "../nostr/event-json.ts";
import { Kind } from "../nostr/kind.ts";
import { hasTagValue } from "../nostr/tag.ts";

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

  /** Hides everything of the key up to and including that second. */
  add(pubkey: string, until: number, nowMs: number): void {
    this.forget(nowMs);
    const known = this.keys.get(pubkey)?.until ?? 0;
    this.keys.delete(pubkey);
    this.keys.set(pubkey, { until: Math.max(known, until), forgetAtMs: nowMs + HIDDEN_MS });
  }

  /** Is anything on its way out? */
  get hidesAny(): boolean {
    return this.keys.size > 0;
  }

  /** Is this event on its way out? Gift wraps go with the key they are addressed to; the request itself stays. */
  hides(event: Erasable): boolean {
    if (this.keys.size === 0 || event.kind === Kind.vanish) return false;
    const own = this.keys.get(pubkeyOfJson(event.json));
    if (own !== undefined && event.createdAt <= own.until) return true;
    return event.kind === Kind.giftWrap && this.hidesWrap(event);
  }

  private hidesWrap(event: Erasable): boolean {
    const wrap = eventFromJson(event.json);
    for (const [pubkey, { until }] of this.keys) {
      if (event.createdAt <= until && hasTagValue(wrap, "p", pubkey)) return true;
    }
    return false;
  }

  /** Entries stand in the order of their forgetting. */
  private forget(nowMs: number): void {
    for (const [pubkey, { forgetAtMs }] of this.keys) {
      if (forgetAtMs > nowMs && this.keys.size < KEYS_MAX) return;
      this.keys.delete(pubkey);
    }
  }
}
