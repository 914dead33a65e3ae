// The rules of writing as a plain, slow model: what the writer must agree with.

import { addressOf, addressText } from "../../src/nostr/address.ts";
import { deletionTargets, mayDelete } from "../../src/nostr/deletion.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { expirationOf } from "../../src/nostr/expiration.ts";
import { isNewerVersion } from "../../src/nostr/order.ts";
import { hasTagValue } from "../../src/nostr/tag.ts";
import { vanishesHere } from "../../src/nostr/vanish.ts";

export class WriterModel {
  stored: NostrEvent[] = [];
  private readonly marks = new Map<string, NostrEvent>();
  private readonly tombstones: { readonly id: string; readonly signer: string }[] = [];
  private readonly addressBounds = new Map<string, number>();
  private readonly vanishBounds = new Map<string, number>();
  private readonly bannedKeys = new Set<string>();
  private readonly bannedIds = new Set<string>();
  private readonly ownUrls: ReadonlySet<string>;

  constructor(ownUrls: ReadonlySet<string>) {
    this.ownUrls = ownUrls;
  }

  put(event: NostrEvent): string {
    const refused = this.refusal(event);
    if (refused !== undefined) return refused;
    const address = addressOf(event);
    if (address !== undefined) {
      const place = addressText(address);
      this.drop((other) => {
        const theirs = addressOf(other);
        return theirs !== undefined && addressText(theirs) === place;
      });
      this.marks.set(place, event);
    }
    this.stored.push(event);
    if (event.kind === 5) this.obeyDeletion(event);
    if (event.kind === 62 && vanishesHere(event, this.ownUrls)) this.obeyVanish(event);
    return "stored";
  }

  ban(what: { readonly id?: string; readonly pubkey?: string }): void {
    if (what.id !== undefined) this.bannedIds.add(what.id);
    if (what.pubkey !== undefined) this.bannedKeys.add(what.pubkey);
    this.drop((event) => event.id === what.id || event.pubkey === what.pubkey);
  }

  unban(what: { readonly id?: string; readonly pubkey?: string }): void {
    if (what.id !== undefined) this.bannedIds.delete(what.id);
    if (what.pubkey !== undefined) this.bannedKeys.delete(what.pubkey);
  }

  expire(now: number): void {
    this.drop((event) => {
      const at = expirationOf(event) ?? 0;
      return at > 0 && at <= now;
    });
  }

  private refusal(event: NostrEvent): string | undefined {
    if (this.bannedIds.has(event.id) || this.bannedKeys.has(event.pubkey)) return "banned";
    const isStored = this.stored.some(({ id }) => id === event.id);
    if (this.isOfVanished(event)) return isStored && event.kind === 62 ? "duplicate" : "vanished";
    if (isStored) return "duplicate";
    if (this.tombstones.some(({ id, signer }) => id === event.id && mayDelete(signer, event)))
      return "deleted";
    const address = addressOf(event);
    if (address === undefined) return undefined;
    if (event.created_at <= (this.addressBounds.get(addressText(address)) ?? -1)) return "deleted";
    const mark = this.marks.get(addressText(address));
    if (mark === undefined || mark.id === event.id) return undefined;
    return isNewerVersion(event, mark) ? undefined : "superseded";
  }

  private isOfVanished(event: NostrEvent): boolean {
    for (const [pubkey, until] of this.vanishBounds) {
      if (event.created_at <= until && concerns(event, pubkey)) return true;
    }
    return false;
  }

  private obeyDeletion(request: NostrEvent): void {
    const { ids, addresses } = deletionTargets(request);
    for (const id of ids) this.tombstones.push({ id, signer: request.pubkey });
    this.drop((event) => ids.includes(event.id) && mayDelete(request.pubkey, event));
    for (const address of addresses) {
      const place = addressText(address);
      this.addressBounds.set(place, Math.max(request.created_at, this.addressBounds.get(place) ?? -1));
      this.drop((event) => {
        const theirs = addressOf(event);
        return (
          theirs !== undefined && addressText(theirs) === place && event.created_at <= request.created_at
        );
      });
    }
  }

  private obeyVanish(request: NostrEvent): void {
    const { id, pubkey, created_at } = request;
    this.vanishBounds.set(pubkey, created_at);
    this.drop((event) => event.id !== id && event.created_at <= created_at && concerns(event, pubkey));
  }

  private drop(isGone: (event: NostrEvent) => boolean): void {
    this.stored = this.stored.filter((event) => !isGone(event));
  }
}

function concerns(event: NostrEvent, pubkey: string): boolean {
  return event.pubkey === pubkey || (event.kind === 1059 && hasTagValue(event, "p", pubkey));
}
