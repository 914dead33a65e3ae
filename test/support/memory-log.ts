// A log in memory that behaves as the hot store's does: replacement, deletion, vanishing, eviction, one rising seq.

import type { EventLog, LogEntry, StandingEvent, StoredRow } from "../../src/cold/contract.ts";
import { addressOf, addressText, identifierOf } from "../../src/nostr/address.ts";
import { deletionTargets, mayDelete } from "../../src/nostr/deletion.ts";
import { eventJson } from "../../src/nostr/event-json.ts";
import { eventFromJson, type NostrEvent } from "../../src/nostr/event.ts";
import { expirationOf } from "../../src/nostr/expiration.ts";
import { Kind } from "../../src/nostr/kind.ts";
import { isNewerVersion } from "../../src/nostr/order.ts";
import { hasTagValue } from "../../src/nostr/tag.ts";

type Removal = Extract<LogEntry, { type: "removed" }>["reason"];

export class MemoryLog implements EventLog {
  private readonly entries = new Map<number, LogEntry>();
  private readonly byId = new Map<string, number>();
  private readonly heads = new Map<string, number>();
  private order: number[] = [];
  private last = 0;
  /** Evicted events by id: what the cold store alone must still have. */
  readonly evicted = new Map<string, NostrEvent>();
  private readonly evictedSeqs = new Map<string, number>();

  lastSeq(): number {
    return this.last;
  }

  log(after: number, limit: number): LogEntry[] {
    const from = this.firstAfter(after);
    const found: LogEntry[] = [];
    for (let at = from; at < this.order.length && found.length < limit; at++) {
      const entry = this.entries.get(this.order[at]!);
      if (entry !== undefined) found.push(entry);
    }
    return found;
  }

  getMany(seqs: readonly number[]): StoredRow[] {
    return seqs.flatMap((seq) => {
      const entry = this.entries.get(seq);
      return entry?.type === "stored" ? [entry] : [];
    });
  }

  evictedAfter(after: number, limit: number): StandingEvent[] {
    return [...this.evicted.values()]
      .map(({ id, created_at: createdAt }) => ({ seq: this.evictedSeqs.get(id)!, createdAt }))
      .filter(({ seq }) => seq > after)
      .sort((a, b) => a.seq - b.seq)
      .slice(0, limit);
  }

  /** Every event that stands now. */
  stored(): NostrEvent[] {
    return [...this.byId.values()].map((seq) => this.eventAt(seq));
  }

  /** Ids of events that a reader should find, evicted ones included. */
  expectedIds(): string[] {
    return [...this.byId.keys(), ...this.evicted.keys()].sort();
  }

  /** Answers the seq, or undefined when it is a double or an older version. */
  store(event: NostrEvent, json = eventJson(event)): number | undefined {
    if (this.byId.has(event.id) || this.evicted.has(event.id)) return undefined;
    const address = addressOf(event);
    const headSeq = address === undefined ? undefined : this.heads.get(addressText(address));
    if (headSeq !== undefined && !isNewerVersion(event, this.eventAt(headSeq))) return undefined;
    const seq = this.append({
      type: "stored",
      seq: ++this.last,
      createdAt: event.created_at,
      kind: event.kind,
      expiresAt: expirationOf(event) ?? 0,
      json,
    });
    this.byId.set(event.id, seq);
    if (headSeq !== undefined) this.remove(headSeq, "replaced");
    if (address !== undefined) this.heads.set(addressText(address), seq);
    if (event.kind === Kind.deletion) this.applyDeletion(event);
    return seq;
  }

  removeId(id: string, reason: Removal): void {
    const seq = this.byId.get(id);
    if (seq !== undefined) this.remove(seq, reason);
  }

  /** The hot store lets an event go; the cold store keeps it. */
  evict(id: string): void {
    const seq = this.byId.get(id);
    if (seq === undefined) return;
    this.evicted.set(id, this.eventAt(seq));
    this.evictedSeqs.set(id, seq);
    this.remove(seq, "evicted");
  }

  vanish(pubkey: string, until: number): void {
    const isReached = (event: NostrEvent): boolean =>
      event.kind !== Kind.vanish &&
      event.created_at <= until &&
      (event.pubkey === pubkey || (event.kind === Kind.giftWrap && hasTagValue(event, "p", pubkey)));
    for (const event of this.stored()) if (isReached(event)) this.removeId(event.id, "vanished");
    for (const event of [...this.evicted.values()]) if (isReached(event)) this.dropEvicted(event, "vanished");
    this.append({ type: "vanished", seq: ++this.last, pubkey, until });
  }

  private applyDeletion(request: NostrEvent): void {
    const { ids, addresses } = deletionTargets(request);
    for (const id of ids) {
      const seq = this.byId.get(id);
      if (seq !== undefined && mayDelete(request.pubkey, this.eventAt(seq))) this.remove(seq, "deleted");
      const evicted = this.evicted.get(id);
      if (evicted !== undefined && mayDelete(request.pubkey, evicted)) this.dropEvicted(evicted, "deleted");
    }
    for (const address of addresses) {
      const seq = this.heads.get(addressText(address));
      if (seq !== undefined && this.eventAt(seq).created_at <= request.created_at)
        this.remove(seq, "deleted");
    }
  }

  private remove(eventSeq: number, reason: Removal): void {
    const event = this.eventAt(eventSeq);
    const address = addressOf(event);
    if (address !== undefined && this.heads.get(addressText(address)) === eventSeq) {
      this.heads.delete(addressText(address));
    }
    this.entries.delete(eventSeq);
    this.byId.delete(event.id);
    this.tellOfRemoval(event, eventSeq, reason);
  }

  /** The log tells of it as of any other: the request itself may be gone before a follower reads it. */
  private dropEvicted(event: NostrEvent, reason: Removal): void {
    this.evicted.delete(event.id);
    this.tellOfRemoval(event, this.evictedSeqs.get(event.id)!, reason);
  }

  private tellOfRemoval(event: NostrEvent, eventSeq: number, reason: Removal): void {
    const address = addressOf(event);
    const { id, pubkey, kind, created_at: createdAt } = event;
    const identifier = address === undefined ? "" : identifierOf(event);
    this.append({
      type: "removed",
      seq: ++this.last,
      eventSeq,
      id,
      pubkey,
      kind,
      createdAt,
      identifier: address?.identifier ?? identifier,
      reason,
    });
  }

  private append(entry: LogEntry): number {
    this.entries.set(entry.seq, entry);
    this.order.push(entry.seq);
    return entry.seq;
  }

  private eventAt(seq: number): NostrEvent {
    const entry = this.entries.get(seq);
    if (entry?.type !== "stored") throw new Error(`no event stands at ${seq}`);
    return eventFromJson(entry.json);
  }

  private firstAfter(after: number): number {
    let [low, high] = [0, this.order.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.order[middle]! <= after) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
