// The state of the cold store in one value, from what its parts say.

import type { Clock, ColdJobStatus, ColdState, ColdStatus } from "./contract.ts";
import type { DeliveryCounts } from "./delivery.ts";
import type { Pace } from "./pace.ts";

/** Seconds behind from which it is called lagging. */
const LAGGING_SECONDS = 60;

/**
 * Indexes refresh every 5 s; what was acknowledged twice that long ago is visible for certain, and readers have heard of
 * the index that it is in (see IndexChoice).
 */
export const VISIBLE_AFTER_MS = 10_000;

export interface BoardInputs {
  readonly pace: Pace;
  /** Have the indexes been found or made? */
  readonly isOpen: boolean;
  readonly stopReason: string;
  readonly cursor: number;
  readonly lastSeq: number;
  readonly deadLetters: number;
  readonly lost: number;
  readonly generation: number;
  readonly job: ColdJobStatus | undefined;
}

export class StatusBoard {
  private readonly clock: Clock;
  /** Cursor values and since when a refresh is certain to come, oldest first, for the last ten seconds. */
  private reached: { readonly cursor: number; readonly atMs: number }[] = [];
  private visibleSeq = 0;
  /** Since when something that is in the log is not in the index; undefined while level. */
  private behindSinceMs: number | undefined;

  counts: DeliveryCounts = { indexed: 0, deleted: 0, reduced: 0, requests: 0, retries: 0, lastMs: 0 };
  outdated = "";
  alarm: () => string = () => "";

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** `isRefreshing` is false while indexes do not refresh by themselves; refreshed() then tells what will be visible. */
  progressed(cursor: number, lastSeq: number, isRefreshing: boolean): void {
    const now = this.clock.now();
    if (isRefreshing && cursor !== this.reached.at(-1)?.cursor) this.reached.push({ cursor, atMs: now });
    this.settleVisible(now);
    if (cursor >= lastSeq) this.behindSinceMs = undefined;
    else this.behindSinceMs ??= now;
  }

  /** An explicit refresh covered everything up to this cursor. */
  refreshed(cursor: number): void {
    this.reached.push({ cursor, atMs: this.clock.now() });
  }

  /** Refreshing was switched off: nobody knows whether what was reached in the last seconds was still covered. */
  refreshingStopped(): void {
    this.reached = [];
  }

  status(inputs: BoardInputs): ColdStatus {
    const now = this.clock.now();
    this.settleVisible(now);
    const lagEvents = Math.max(0, inputs.lastSeq - inputs.cursor);
    const lagMs = lagEvents === 0 || this.behindSinceMs === undefined ? 0 : now - this.behindSinceMs;
    const lagSeconds = Math.round(lagMs / 1000);
    const state = stateOf(inputs, this.alarm(), lagSeconds);
    return {
      state,
      reason: this.reasonOf(inputs, state),
      cursor: inputs.cursor,
      visibleSeq: this.visibleSeq,
      lagEvents,
      lagSeconds,
      documentsIndexed: this.counts.indexed,
      documentsDeleted: this.counts.deleted,
      documentsReduced: this.counts.reduced,
      deadLetters: inputs.deadLetters,
      lost: inputs.lost,
      bulkRequests: this.counts.requests,
      bulkRetries: this.counts.retries,
      bulkMsLast: Math.round(this.counts.lastMs),
      bulkBytesMax: Math.round(inputs.pace.bulkBytes),
      generation: inputs.generation,
      outdated: this.outdated,
      job: inputs.job,
    };
  }

  private reasonOf({ stopReason, pace, isOpen }: BoardInputs, state: ColdState): string {
    if (state === "up" || state === "lagging") return "";
    return stopReason || this.alarm() || pace.reason || (isOpen ? "" : "it has not answered yet");
  }

  private settleVisible(now: number): void {
    while (this.reached.length > 0 && now - this.reached[0]!.atMs > VISIBLE_AFTER_MS) {
      this.visibleSeq = Math.max(this.visibleSeq, this.reached.shift()!.cursor);
    }
  }
}

function stateOf(inputs: BoardInputs, alarm: string, lagSeconds: number): ColdState {
  if (inputs.stopReason !== "" || alarm !== "" || inputs.pace.state === "forbidden") return "stopped";
  if (!inputs.isOpen || (inputs.pace.isDown && inputs.pace.state === "backing-off")) return "down";
  if (inputs.pace.state === "readonly") return "readonly";
  return lagSeconds > LAGGING_SECONDS ? "lagging" : "up";
}
