// The plain model of a relay: an array of events and the rules of NIP-01, 09, 40, 62 and 70 in their simplest form.

import { addressOf, addressText } from "../../src/nostr/address.ts";
import { deletionTargets, mayDelete, namesAnyTarget } from "../../src/nostr/deletion.ts";
import { type NostrEvent, parseEvent } from "../../src/nostr/event.ts";
import { expirationOf, isExpired } from "../../src/nostr/expiration.ts";
import { type Filter, matchesFilter } from "../../src/nostr/filter.ts";
import { isEphemeralKind } from "../../src/nostr/kind.ts";
import { hasTagValue } from "../../src/nostr/tag.ts";
import { vanishesEverywhere } from "../../src/nostr/vanish.ts";
import { compareNewestFirst, type Dated, isNewerVersion } from "../../src/nostr/order.ts";
import { privateReadersOf } from "../../src/policy/private-kinds.ts";

/** What an OK says: accepted, and the word before its colon ("" for an empty message). */
export type Answer = readonly [accepted: boolean, prefix: string];

const STORED: Answer = [true, ""];

export class NaiveRelay {
  events: NostrEvent[] = [];
  private readonly deletions: NostrEvent[] = [];
  private readonly vanishings: NostrEvent[] = [];
  private readonly newest = new Map<string, Dated>();

  /** Takes one event from a stranger, with nobody listening. */
  publish(value: unknown, now: number): Answer {
    const parsed = parseEvent(value);
    if (!("event" in parsed)) return [false, "invalid"];
    const { event } = parsed;
    if (this.events.some(({ id }) => id === event.id)) return [true, "duplicate"];
    const expiresAt = expirationOf(event);
    if (expiresAt === undefined || isExpired(expiresAt, now)) return [false, "invalid"];
    if (event.kind === 13 || event.kind === 22_242) return [false, "invalid"];
    if (event.tags.some((tag) => tag[0] === "-")) return [false, "auth-required"];
    if (event.kind === 5 && !namesAnyTarget(event)) return [false, "invalid"];
    if (isEphemeralKind(event.kind)) return [false, "mute"];
    if (this.vanishings.some((request) => takesAlong(request, event))) return [false, "blocked"];
    if (this.deletions.some((request) => reaches(request, event))) return [false, "blocked"];
    return this.keep(event);
  }

  /** Matches that a holder of these keys may see, in the order of answers; `limit` does not count. */
  matches(filters: readonly Filter[], now: number, keys: readonly string[] = []): NostrEvent[] {
    return this.events
      .filter((event) => isShown(event, now, keys))
      .filter((event) => filters.some((filter) => matchesFilter(filter, event)))
      .sort(compareNewestFirst);
  }

  /** The answer to a REQ: each filter with its own limit, together newest first without doubles. */
  answer(filters: readonly Filter[], now: number, keys: readonly string[] = []): NostrEvent[] {
    const pages = filters.flatMap((filter) => this.matches([filter], now, keys).slice(0, filter.limit));
    return [...new Set(pages)].sort(compareNewestFirst);
  }

  private keep(event: NostrEvent): Answer {
    const address = addressOf(event);
    if (address !== undefined) {
      const name = addressText(address);
      const newest = this.newest.get(name);
      if (newest !== undefined && !isNewerVersion(event, newest)) return [false, "duplicate"];
      this.newest.set(name, event);
      this.events = this.events.filter((other) => {
        const place = addressOf(other);
        return place === undefined || addressText(place) !== name;
      });
    }
    this.events.push(event);
    if (event.kind === 5) {
      this.deletions.push(event);
      this.events = this.events.filter((other) => !reaches(event, other));
    }
    if (event.kind === 62 && vanishesEverywhere(event)) {
      this.vanishings.push(event);
      this.events = this.events.filter((other) => other === event || !takesAlong(event, other));
    }
    return STORED;
  }
}

/** Is this event anybody's to see, or one of these keys'? */
export function isShown(event: NostrEvent, now: number, keys: readonly string[]): boolean {
  if (isExpired(expirationOf(event)!, now)) return false;
  if (event.kind === 62) return vanishesEverywhere(event) || keys.includes(event.pubkey);
  const readers = privateReadersOf(event.kind);
  if (readers === undefined) return true;
  const recipients = event.tags.filter((tag) => tag[0] === "p").map((tag) => tag[1]);
  return keys.some(
    (key) => (readers.author && key === event.pubkey) || (readers.recipient && recipients.includes(key)),
  );
}

/** Does this request to vanish take the event along, and keep it away? */
function takesAlong(request: NostrEvent, target: NostrEvent): boolean {
  if (target.created_at > request.created_at) return false;
  if (target.pubkey === request.pubkey) return true;
  return target.kind === 1059 && hasTagValue(target, "p", request.pubkey);
}

function reaches(request: NostrEvent, target: NostrEvent): boolean {
  if (!mayDelete(request.pubkey, target)) return false;
  const { ids, addresses } = deletionTargets(request);
  if (ids.includes(target.id)) return true;
  const place = addressOf(target);
  if (place === undefined || target.created_at > request.created_at) return false;
  return addresses.some((address) => addressText(address) === addressText(place));
}
