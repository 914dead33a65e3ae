// How fast the cluster may be written to now: back-off after failures, smaller bulks after refusals, rest while blocked.

import type { Client } from "@opensearch-project/opensearch";
import type { Clock } from "./contract.ts";
import { classifyError, type Failure } from "./failure.ts";

export interface PaceOptions {
  /** Characters of one bulk, at most. */
  readonly bulkBytesMax: number;
  /** First wait after a failure; doubles up to `backoffMaxMs`, each time a random part of it. */
  readonly backoffMs?: number;
  readonly backoffMaxMs?: number;
  /** Time between two tries while indexes are blocked or credentials are refused. */
  readonly blockedMs?: number;
}

export type PaceState = "open" | "backing-off" | "readonly" | "forbidden";

const FAILURES_UNTIL_DOWN = 3;
const BULK_BYTES_MIN = 65_536;
const IN_FLIGHT_MAX = 2;

export class Pace {
  private readonly client: Client;
  private readonly clock: Clock;
  private readonly options: Required<PaceOptions>;
  private recovery: Promise<void> | undefined;
  private readonly stopping = new AbortController();
  private failures = 0;
  private grownAtMs: number;

  state: PaceState = "open";
  reason = "";
  /** Characters of the next bulk, at most: halved when the cluster is overloaded, grown back a tenth a minute. */
  bulkBytes: number;

  constructor(client: Client, clock: Clock, options: PaceOptions) {
    this.client = client;
    this.clock = clock;
    this.options = { backoffMs: 500, backoffMaxMs: 60_000, blockedMs: 30_000, ...options };
    this.bulkBytes = options.bulkBytesMax;
    this.grownAtMs = clock.now();
  }

  /** Has nobody answered several times in a row? */
  get isDown(): boolean {
    return this.failures >= FAILURES_UNTIL_DOWN;
  }

  /** Bulks at once. */
  get inFlightMax(): number {
    return this.bulkBytes * 2 > this.options.bulkBytesMax ? IN_FLIGHT_MAX : 1;
  }

  succeeded(): void {
    this.failures = 0;
    this.state = "open";
    this.reason = "";
    const now = this.clock.now();
    const minutes = (now - this.grownAtMs) / 60_000;
    this.grownAtMs = now;
    const { bulkBytesMax } = this.options;
    this.bulkBytes = Math.min(bulkBytesMax, this.bulkBytes + (bulkBytesMax / 10) * minutes);
  }

  /** Takes note of a failure; ready() then waits as long as its kind asks for. */
  failed(failure: Failure): void {
    this.failures++;
    this.reason = failure.reason;
    const { blockedMs } = this.options;
    switch (failure.type) {
      case "readonly":
        return this.rest("readonly", () => blockedMs);
      case "forbidden":
        return this.rest("forbidden", () => blockedMs);
      case "overloaded":
        this.shrink();
        // The cluster answers: it is busy, not gone.
        this.failures = Math.min(this.failures, FAILURES_UNTIL_DOWN - 1);
        return this.rest("backing-off", () => failure.retryAfterMs ?? this.backoff());
      default:
        return this.rest("backing-off", () => this.backoff());
    }
  }

  /** For requests that the server found too large. */
  shrink(): void {
    this.bulkBytes = Math.max(BULK_BYTES_MIN, this.bulkBytes / 2);
    this.grownAtMs = this.clock.now();
  }

  /** Does something until the cluster lets it succeed; undefined when the signal aborted before that. */
  async persevere<T>(signal: AbortSignal, act: () => Promise<T>): Promise<T | undefined> {
    for (;;) {
      await this.ready(signal);
      if (signal.aborted) return undefined;
      try {
        const result = await act();
        this.succeeded();
        return result;
      } catch (error) {
        this.failed(classifyError(error));
      }
    }
  }

  /** Ends every wait, for good. */
  stop(): void {
    this.stopping.abort();
  }

  /** Resolves when something may be sent, or when the signal aborts. */
  async ready(signal: AbortSignal): Promise<void> {
    while (this.recovery !== undefined && !signal.aborted) {
      await Promise.race([this.recovery, aborted(signal)]);
    }
  }

  /** One rest for everybody: those who fail while it lasts do not prolong it. */
  private rest(state: PaceState, wait: () => number): void {
    this.state = state;
    if (this.recovery !== undefined) return;
    this.recovery = this.recover(wait).then(() => {
      this.recovery = undefined;
    });
  }

  private async recover(wait: () => number): Promise<void> {
    await this.clock.sleep(wait(), this.stopping.signal);
    // Once it is known to be down, a small question goes first instead of megabytes.
    while (this.isDown && this.state === "backing-off" && !this.stopping.signal.aborted) {
      if (await this.answers()) return;
      this.failures++;
      await this.clock.sleep(this.backoff(), this.stopping.signal);
    }
  }

  private async answers(): Promise<boolean> {
    try {
      const { body } = await this.client.cluster.health({ timeout: "1s" }, { requestTimeout: 5000 });
      return body.status !== "red";
    } catch {
      return false;
    }
  }

  private backoff(): number {
    const { backoffMs, backoffMaxMs } = this.options;
    const ceiling = Math.min(backoffMaxMs, backoffMs * 2 ** Math.min(this.failures - 1, 16));
    return ceiling * (0.1 + 0.9 * this.clock.random());
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
