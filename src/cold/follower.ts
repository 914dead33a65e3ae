// Follows the log into one generation of indexes: in order, two batches at once, its cursor behind all that is open.

import type { Client } from "@opensearch-project/opensearch";
import { eventFromJson } from "../nostr/event.ts";
import type { Operation } from "./bulk.ts";
import type { EventLog } from "./contract.ts";
import type { Delivery } from "./delivery.ts";
import { deletionsInIndex, eraseKey } from "./erasure.ts";
import {
  type Batch,
  batchOf,
  type FoundEvent,
  indexingsOf,
  keyOf,
  type OperationContext,
} from "./operations.ts";
import type { Pace } from "./pace.ts";

export interface FollowerParts {
  readonly client: Client;
  readonly log: EventLog;
  readonly delivery: Delivery;
  readonly pace: Pace;
  readonly context: OperationContext;
  /** All indexes of the generation, as a request names them. */
  readonly pattern: string;
  /** Does the hot store still hold every event? Then a kind 5 needs no look into the index. */
  readonly isHotComplete: () => boolean;
}

export interface FollowerOptions {
  /** Log entries in one batch. */
  readonly batchEventsMax: number;
  /** Everything up to this seq is resolved already. */
  readonly cursor: number;
  readonly cursorMoved: (cursor: number) => void;
}

interface Flight {
  /** Undefined for rewrites, which stand in no order with the log. */
  readonly upTo: number | undefined;
  readonly keys: ReadonlySet<string>;
  readonly landed: Promise<void>;
  isResolved: boolean;
}

/** Batches that are done but stand behind one that is not, and that one. */
const ORDER_MAX = 8;

/** Documents that wait to be written again, at most. */
const REWRITES_MAX = 100_000;

export class Follower {
  private readonly parts: FollowerParts;
  private readonly options: FollowerOptions;
  /** Under way now. */
  private readonly open = new Set<Flight>();
  /** Batches of the log since the cursor, oldest first. One that was broken off stays, and holds the cursor. */
  private readonly order: Flight[] = [];
  private readonly rewrites = new Set<number>();
  private defect: unknown;
  private readSeq: number;

  cursor: number;

  constructor(parts: FollowerParts, options: FollowerOptions) {
    this.parts = parts;
    this.options = options;
    this.cursor = options.cursor;
    this.readSeq = options.cursor;
  }

  /** Documents waiting to be written again. */
  get rewriting(): number {
    return this.rewrites.size;
  }

  /** Asks for documents to be made and written again; false when too many wait already. */
  rewrite(seqs: Iterable<number>): boolean {
    for (const seq of seqs) {
      if (this.rewrites.size >= REWRITES_MAX) return false;
      this.rewrites.add(seq);
    }
    return true;
  }

  /** Takes up the next piece of work. `idle`: there is none, and everything before it is resolved. */
  async step(signal: AbortSignal): Promise<"busy" | "idle"> {
    if (this.defect !== undefined) throw this.defect;
    if (this.open.size >= this.parts.pace.inFlightMax || this.order.length >= ORDER_MAX) {
      await this.oneLanded();
      return "busy";
    }
    if (this.rewrites.size > 0) {
      await this.sendRewrites(signal);
      return "busy";
    }
    const entries = this.parts.log.log(this.readSeq, this.options.batchEventsMax);
    if (entries.length === 0) {
      if (this.open.size === 0) return "idle";
      await this.oneLanded();
      return "busy";
    }
    const batch = batchOf(entries, this.parts.pace.bulkBytes, this.parts.context);
    await this.send(batch, signal);
    return "busy";
  }

  /** Writes events that the log does not tell of; they keep the seq they had. Waits while two batches are under way. */
  async copy(found: readonly FoundEvent[], signal: AbortSignal): Promise<void> {
    while (this.open.size >= this.parts.pace.inFlightMax) await this.oneLanded();
    const operations = indexingsOf(found, this.parts.context);
    if (operations.length > 0) await this.launch(operations, undefined, signal);
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    while (this.open.size > 0) await this.oneLanded();
    if (this.defect !== undefined) throw this.defect;
  }

  private async oneLanded(): Promise<void> {
    await Promise.race([...this.open].map((flight) => flight.landed));
  }

  private async send(batch: Batch, signal: AbortSignal): Promise<void> {
    this.readSeq = batch.upTo;
    if (batch.vanished === undefined) return this.launch(batch.operations, batch, signal);
    // What was sent before must be in the index when the key's documents are looked for.
    await this.launch(batch.operations, undefined, signal);
    await this.settled();
    await this.launch([], batch, signal);
    await this.settled();
  }

  private async sendRewrites(signal: AbortSignal): Promise<void> {
    const seqs = [...this.rewrites].slice(0, this.options.batchEventsMax);
    for (const seq of seqs) this.rewrites.delete(seq);
    const { log, context } = this.parts;
    // Whatever stands after this number was read is right as of it, which also outdoes a tombstone that is left over
    // from somebody's deletion by hand.
    const version = log.lastSeq();
    const found = log
      .getMany(seqs)
      .filter((row) => row.seq <= this.readSeq)
      .map((row) => ({ row, event: eventFromJson(row.json) }));
    const operations = indexingsOf(found, context).map((operation) => ({ ...operation, version }));
    await this.launch(operations, undefined, signal);
  }

  /** Sends operations, without waiting for the answer; waits for an open batch that holds one of the same documents. */
  private async launch(
    operations: readonly Operation[],
    batch: Batch | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const keys = new Set(operations.map(keyOf));
    for (;;) {
      const clash = [...this.open].find((flight) => intersects(flight.keys, keys));
      if (clash === undefined) break;
      await clash.landed;
      if (signal.aborted) return;
    }
    const flight: Flight = {
      upTo: batch?.upTo,
      keys,
      isResolved: false,
      landed: this.resolve(operations, batch, signal).then(
        (isResolved) => this.land(flight, isResolved),
        (error: unknown) => {
          this.defect = error;
          this.land(flight, false);
        },
      ),
    };
    this.open.add(flight);
    if (flight.upTo !== undefined) this.order.push(flight);
  }

  private async resolve(
    operations: readonly Operation[],
    batch: Batch | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { delivery, pace, client, pattern } = this.parts;
    if (!(await delivery.deliver(operations, signal))) return false;
    for (const request of this.parts.isHotComplete() ? [] : (batch?.deletions ?? [])) {
      const found = await pace.persevere(signal, () => deletionsInIndex(client, pattern, request));
      if (found === undefined || !(await delivery.deliver(found, signal))) return false;
    }
    const vanished = batch?.vanished;
    if (vanished === undefined) return true;
    return (await pace.persevere(signal, () => eraseKey(client, pattern, vanished))) !== undefined;
  }

  private land(flight: Flight, isResolved: boolean): void {
    this.open.delete(flight);
    flight.isResolved = isResolved;
    const before = this.cursor;
    while (this.order[0]?.isResolved === true) this.cursor = this.order.shift()!.upTo!;
    if (this.cursor !== before) this.options.cursorMoved(this.cursor);
  }
}

function intersects(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  const [small, large] = one.size < other.size ? [one, other] : [other, one];
  for (const key of small) if (large.has(key)) return true;
  return false;
}
