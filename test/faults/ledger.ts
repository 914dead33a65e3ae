// What a store must hold after a crash, by what its clients were told: a model that knows nothing of transactions.

import { addressOf, addressText } from "../../src/nostr/address.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { Kind } from "../../src/nostr/kind.ts";

/** `sent` may or may not be stored; the others are promises. */
export type Fate = "unsent" | "sent" | "stored" | "refused";

export interface Entry {
  readonly event: NostrEvent;
  fate: Fate;
}

export class Ledger {
  private readonly entries = new Map<string, Entry>();
  private readonly deletionOf = new Map<string, NostrEvent>();
  private readonly addressDeletions = new Map<string, NostrEvent[]>();
  private readonly vanishOf = new Map<string, NostrEvent>();

  add(event: NostrEvent): Entry {
    const entry: Entry = { event, fate: "unsent" };
    this.entries.set(event.id, entry);
    if (event.kind === Kind.vanish) this.vanishOf.set(event.pubkey, event);
    if (event.kind !== Kind.deletion) return entry;
    for (const [name, value = ""] of event.tags) {
      if (name === "e") this.deletionOf.set(value, event);
      if (name !== "a") continue;
      const others = this.addressDeletions.get(value) ?? [];
      this.addressDeletions.set(value, [...others, event]);
    }
    return entry;
  }

  get(id: string): Entry | undefined {
    return this.entries.get(id);
  }

  /** Events that were sent and never answered. */
  unanswered(): Entry[] {
    return [...this.entries.values()].filter((entry) => entry.fate === "sent");
  }

  count(fate: Fate): number {
    let count = 0;
    for (const entry of this.entries.values()) if (entry.fate === fate) count++;
    return count;
  }

  /** One sentence for each way in which these stored events break a promise. */
  faultsOf(stored: readonly NostrEvent[]): string[] {
    const present = new Set(stored.map((event) => event.id));
    const faults: string[] = [];
    if (present.size < stored.length) faults.push(`${stored.length - present.size} events are stored twice`);
    for (const event of stored) {
      const fate = this.entries.get(event.id)?.fate;
      if (fate === undefined || fate === "unsent") faults.push(`${event.id} was never sent`);
      if (fate === "refused") faults.push(`${event.id} was refused and is stored`);
    }
    const versions = new Map<string, Entry[]>();
    for (const entry of this.entries.values()) {
      const address = addressOf(entry.event);
      if (address === undefined) {
        faults.push(...this.faultOfRegular(entry, present));
        continue;
      }
      const text = addressText(address);
      versions.set(text, [...(versions.get(text) ?? []), entry]);
    }
    for (const [address, entries] of versions)
      faults.push(...this.faultsOfAddress(address, entries, present));
    return faults;
  }

  private faultOfRegular({ event, fate }: Entry, present: ReadonlySet<string>): string[] {
    const { id } = event;
    const eraser = this.eraserOf(event, present);
    if (eraser !== undefined) return present.has(id) ? [`${id} is there beside ${eraser}`] : [];
    return fate === "stored" && !present.has(id)
      ? [`${id} (kind ${event.kind}) was acknowledged and is gone`]
      : [];
  }

  /** At most one version, and none older than an acknowledged one that nothing has deleted. */
  private faultsOfAddress(
    address: string,
    entries: readonly Entry[],
    present: ReadonlySet<string>,
  ): string[] {
    const deletions = (this.addressDeletions.get(address) ?? []).filter(({ id }) => present.has(id));
    const until = Math.max(-1, ...deletions.map((deletion) => deletion.created_at));
    const isAlive = ({ event }: Entry): boolean => event.created_at > until;
    const here = entries.filter(({ event }) => present.has(event.id));
    const faults = here
      .filter((entry) => !isAlive(entry))
      .map(({ event }) => `${event.id} survived the deletion of ${address}`);
    if (here.length > 1) faults.push(`${here.length} versions of ${address}`);
    const acknowledged = entries.filter((entry) => entry.fate === "stored" && isAlive(entry));
    const best = acknowledged.map(({ event }) => event).toSorted(newestFirst)[0];
    if (best === undefined) return faults;
    const kept = here[0]?.event;
    if (kept === undefined) faults.push(`${address} is empty, ${best.id} was acknowledged`);
    else if (newestFirst(kept, best) > 0)
      faults.push(`${address} holds an older version than ${best.id}, which was acknowledged`);
    return faults;
  }

  /** What in the store forbids this event: its deletion, or its author's request to vanish. */
  private eraserOf(event: NostrEvent, present: ReadonlySet<string>): string | undefined {
    const deletion = this.deletionOf.get(event.id);
    if (deletion !== undefined && present.has(deletion.id)) return `its deletion ${deletion.id}`;
    const vanish = this.vanishOf.get(event.pubkey);
    if (vanish === undefined || vanish.id === event.id || !present.has(vanish.id)) return undefined;
    return event.created_at <= vanish.created_at ? `the request to vanish ${vanish.id}` : undefined;
  }
}

/** NIP-01: the later one wins, in one second the lower id. */
function newestFirst(a: NostrEvent, b: NostrEvent): number {
  return b.created_at - a.created_at || (a.id < b.id ? -1 : Number(a.id > b.id));
}
