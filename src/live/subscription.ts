// One live subscription: who listens, for what, and whether its stored events have been sent yet.

import type { StoredEvent } from "../hot/contract.ts";
import type { ReaderKeys } from "../policy/read.ts";
import type { Matcher } from "./matcher.ts";
import { weightOf } from "./subscription-weight.ts";

/** The connection at the other end, as far as live delivery cares. */
export interface LiveSink {
  /** Keys proven on this connection, as of now: an AUTH takes effect on open subscriptions at once. */
  readonly keys: ReaderKeys;
  /** Sends a frame with the next flush of this fan-out. */
  push(frame: string): void;
  /** Joins or leaves a native topic. Answers false where the runtime offers none. */
  joinTopic(topic: string): boolean;
  leaveTopic(topic: string): void;
}

/** An event as it is delivered: stored ones and ephemeral ones (seq 0) alike. */
export type LiveEvent = StoredEvent;

/**
 * - `stored`: its stored events are still being sent; what happens meanwhile is held back, within bounds.
 * - `live`: events are pushed as they are committed.
 * - `closed`: nothing is sent any more.
 */
export type SubscriptionPhase = "stored" | "live" | "closed";

export class LiveSubscription {
  phase: SubscriptionPhase = "stored";
  /** Events committed while the stored ones are being sent. */
  held: LiveEvent[] = [];
  heldBytes = 0;
  /** Number of the last event that was matched, so that two filters of one REQ deliver it once. */
  lastMatched = 0;
  readonly id: string;
  readonly sink: LiveSink;
  readonly matchers: readonly Matcher[];
  /** What it takes, in values. */
  readonly weight: number;
  /** `["EVENT","<id>",` – an event's JSON and a bracket make it a frame. */
  readonly framePrefix: string;

  constructor(id: string, sink: LiveSink, matchers: readonly Matcher[]) {
    this.id = id;
    this.sink = sink;
    this.matchers = matchers;
    this.weight = weightOf(matchers.map(({ filter }) => filter));
    this.framePrefix = eventFramePrefix(id);
  }

  get isClosed(): boolean {
    return this.phase === "closed";
  }
}

function eventFramePrefix(subscriptionId: string): string {
  return `["EVENT",${JSON.stringify(subscriptionId)},`;
}
