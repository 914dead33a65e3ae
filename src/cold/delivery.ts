// Bringing operations to the cluster until every one of them is resolved, whatever goes wrong on the way.

import type { Client } from "@opensearch-project/opensearch";
import { type Operation, sendBulk, sizeOf } from "./bulk.ts";
import type { Clock } from "./contract.ts";
import { classifyError, type Failure } from "./failure.ts";
import type { Pace } from "./pace.ts";

export interface DeliveryTarget {
  /** Makes an index that the cluster does not have. */
  ensure(index: string): Promise<void>;
  /** Forgets that an index was there. */
  forget(index: string): void;
  /** A document of structure alone, for one that was refused. */
  reduce(operation: Operation): Operation;
  /** Keeps what cannot be indexed in any form. */
  bury(operation: Operation, error: string): void;
}

export interface DeliveryCounts {
  indexed: number;
  deleted: number;
  reduced: number;
  requests: number;
  retries: number;
  /** Milliseconds of the last bulk that was answered. */
  lastMs: number;
}

export interface DeliveryOptions {
  /** Operations in one bulk, at most. */
  readonly bulkEventsMax: number;
}

/** So many dead letters among so many operations are a fault of ours, or of a setting, and not of the events. */
const DEAD_MAX = 100;
const DEAD_WINDOW = 10_000;

/** What became of a try to send one bulk. */
interface Attempt {
  readonly unresolved: Operation[];
  /** Operations that the next bulk may hold. */
  readonly limit: number;
}

export class Delivery {
  private readonly client: Client;
  private readonly pace: Pace;
  private readonly clock: Clock;
  private readonly target: DeliveryTarget;
  private readonly options: DeliveryOptions;
  private windowResolved = 0;
  private windowDead = 0;

  readonly counts: DeliveryCounts = {
    indexed: 0,
    deleted: 0,
    reduced: 0,
    requests: 0,
    retries: 0,
    lastMs: 0,
  };
  /** Set while it refuses to bury more; see DEAD_MAX. */
  alarm = "";

  constructor(client: Client, pace: Pace, clock: Clock, target: DeliveryTarget, options: DeliveryOptions) {
    this.client = client;
    this.pace = pace;
    this.clock = clock;
    this.target = target;
    this.options = options;
  }

  /** Resolves true when every operation is done or buried, false when the signal aborted before that. */
  async deliver(operations: readonly Operation[], signal: AbortSignal): Promise<boolean> {
    let pending = [...operations];
    let limit = this.options.bulkEventsMax;
    while (pending.length > 0) {
      await this.pace.ready(signal);
      if (signal.aborted) return false;
      const bulk = this.cut(pending, limit);
      const attempt = await this.attempt(bulk, limit, signal);
      limit = attempt.limit;
      pending = [...attempt.unresolved, ...pending.slice(bulk.length)];
    }
    return true;
  }

  private cut(pending: readonly Operation[], limit: number): Operation[] {
    let size = 0;
    let count = 0;
    while (count < pending.length && count < limit) {
      size += sizeOf(pending[count]!);
      if (count > 0 && size > this.pace.bulkBytes) break;
      count++;
    }
    return pending.slice(0, count);
  }

  private async attempt(bulk: readonly Operation[], limit: number, signal: AbortSignal): Promise<Attempt> {
    const faultOfIndexes = await this.ensureIndexes(bulk);
    if (faultOfIndexes !== undefined) {
      this.pace.failed(faultOfIndexes);
      return { unresolved: [...bulk], limit };
    }
    const start = this.clock.now();
    this.counts.requests++;
    const result = await sendBulk(this.client, bulk);
    if (result.type === "failed") return this.wholeFailed(bulk, result.failure, limit, signal);
    this.counts.lastMs = this.clock.now() - start;
    const unresolved: Operation[] = [];
    let fault: Failure | undefined;
    for (let at = 0; at < bulk.length; at++) {
      const item = result.items[at]!;
      if (item.type === "done") {
        this.count(bulk[at]!);
        continue;
      }
      const again = await this.itemFailed(bulk[at]!, item.failure, signal);
      if (again !== undefined) unresolved.push(again);
      if (isOfCluster(item.failure)) fault = worse(fault, item.failure);
    }
    if (fault === undefined) this.pace.succeeded();
    else this.pace.failed(fault);
    if (unresolved.length > 0) this.counts.retries++;
    return { unresolved, limit: Math.min(this.options.bulkEventsMax, limit * 2) };
  }

  private async wholeFailed(
    bulk: readonly Operation[],
    failure: Failure,
    limit: number,
    signal: AbortSignal,
  ): Promise<Attempt> {
    this.counts.retries++;
    if (failure.type === "too-large" || failure.type === "malformed") {
      // Halving finds the one that is at fault, and lets the others through.
      if (failure.type === "too-large") this.pace.shrink();
      if (bulk.length > 1) return { unresolved: [...bulk], limit: Math.ceil(bulk.length / 2) };
      const again = await this.poisonous(bulk[0]!, failure.reason, signal);
      return { unresolved: again === undefined ? [] : [again], limit: 1 };
    }
    if (failure.type === "no-index") for (const { index } of bulk) this.target.forget(index);
    this.pace.failed(failure);
    return { unresolved: [...bulk], limit };
  }

  /** The operation to send again, or undefined when nothing is left to do for it. */
  private async itemFailed(
    operation: Operation,
    failure: Failure,
    signal: AbortSignal,
  ): Promise<Operation | undefined> {
    if (failure.type === "no-index") {
      this.target.forget(operation.index);
      return operation;
    }
    if (failure.type === "malformed" || failure.type === "too-large") {
      return this.poisonous(operation, failure.reason, signal);
    }
    return operation;
  }

  private async poisonous(
    operation: Operation,
    reason: string,
    signal: AbortSignal,
  ): Promise<Operation | undefined> {
    if (operation.type === "index" && operation.isReduced !== true) {
      this.counts.reduced++;
      return this.target.reduce(operation);
    }
    if (await this.tooManyDead(reason, signal)) return operation;
    this.windowDead++;
    this.target.bury(operation, reason);
    return undefined;
  }

  /**
   * Dead letters are for single events. When many die, a mapping or a setting is wrong, and going on would drain the
   * whole log into them: it waits instead, and tries again.
   */
  private async tooManyDead(reason: string, signal: AbortSignal): Promise<boolean> {
    if (this.windowDead < DEAD_MAX) return false;
    const seen = this.windowDead + this.windowResolved;
    this.alarm = `${this.windowDead} of the last ${seen} events were refused, the last of them with ${reason}`;
    await this.clock.sleep(60_000, signal);
    this.windowDead = 0;
    this.windowResolved = 0;
    return true;
  }

  private count(operation: Operation): void {
    if (operation.type === "index") this.counts.indexed++;
    else this.counts.deleted++;
    this.alarm = "";
    if (++this.windowResolved < DEAD_WINDOW) return;
    this.windowResolved = 0;
    this.windowDead = 0;
  }

  private async ensureIndexes(bulk: readonly Operation[]): Promise<Failure | undefined> {
    try {
      for (const { type, index } of bulk) if (type === "index") await this.target.ensure(index);
      return undefined;
    } catch (error) {
      return classifyError(error);
    }
  }
}

/** Faults of the cluster, not of one document: everybody has to wait for them. */
function isOfCluster(failure: Failure): boolean {
  return failure.type !== "malformed" && failure.type !== "too-large" && failure.type !== "no-index";
}

const SEVERITY = ["overloaded", "unreachable", "readonly", "forbidden"];

function worse(one: Failure | undefined, other: Failure): Failure {
  if (one === undefined) return other;
  return SEVERITY.indexOf(one.type) >= SEVERITY.indexOf(other.type) ? one : other;
}
