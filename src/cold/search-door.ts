// The one door through which searches reach the cluster: bounded, with a deadline, and shut while nobody answers.

import type { Client } from "@opensearch-project/opensearch";
import { systemClock } from "./clock.ts";
import type { Clock } from "./contract.ts";
import { classifyError } from "./failure.ts";
import { Lanes } from "./lanes.ts";

/** What a search came to. Nothing here throws for anything that the network or the cluster did. */
export type Outcome<T> =
  /** `isPartial`: the cluster ran out of time or a shard failed; there may be more. */
  | { readonly type: "answered"; readonly value: T; readonly isPartial: boolean }
  | {
      readonly type: "unavailable";
      /** For logs; may hold details that no client should see. */
      readonly reason: string;
    };

export interface SearchHit {
  readonly _index: string;
  readonly _id?: string;
  readonly _score?: number | null;
  readonly _source?: { readonly raw?: string };
  readonly fields?: Readonly<Record<string, readonly unknown[]>>;
}

export interface SearchAnswer {
  readonly hits: readonly SearchHit[];
  /** Only when the body asked to track it. */
  readonly total: number | undefined;
  /** None of the indexes that were named is there: nothing was searched, and nothing is known. */
  readonly isNowhere: boolean;
  /** The total is a lower bound. */
  readonly isTotalCut: boolean;
  readonly aggregations: Readonly<Record<string, unknown>> | undefined;
}

export interface SearchDoorOptions {
  /** Milliseconds that OpenSearch itself may take; it answers what it has by then. */
  readonly searchMs: number;
}

/** Searches at once, and those that wait. */
const SEARCHES_MAX = 32;
const QUEUE_MAX = 64;

const FAILURES_UNTIL_SHUT = 3;
const SHUT_MS = 2000;
const SHUT_MAX_MS = 15_000;

export class SearchDoor {
  private readonly client: Client;
  private readonly options: SearchDoorOptions;
  private readonly clock: Clock;
  private readonly lanes = new Lanes({ requestsMax: SEARCHES_MAX, queueMax: QUEUE_MAX });
  private failures = 0;
  private shutUntilMs = 0;

  constructor(client: Client, options: SearchDoorOptions, clock: Clock = systemClock) {
    this.client = client;
    this.options = options;
    this.clock = clock;
  }

  /** Searches that wait now. */
  get depth(): number {
    return this.lanes.depth;
  }

  get depthMax(): number {
    return this.lanes.depthMax;
  }

  /** Has it stopped asking because nobody answered? One question in a while still goes through. */
  private get isShut(): boolean {
    return this.clock.now() < this.shutUntilMs;
  }

  /** Sends the body of a search; `timeout` is added to it. `index` is a name, a list with commas, or the alias. */
  async search(index: string, body: Record<string, unknown>): Promise<Outcome<SearchAnswer>> {
    return this.guarded(async (requestTimeout) => {
      const { searchMs } = this.options;
      const response = await this.client.search(
        {
          index,
          ignore_unavailable: true,
          allow_no_indices: true,
          cancel_after_time_interval: `${searchMs + 500}ms`,
          body: { timeout: `${searchMs}ms`, ...body },
        } as unknown as Parameters<Client["search"]>[0],
        { requestTimeout },
      );
      return readAnswer(response.body as unknown as RawAnswer);
    });
  }

  /** Runs one request under the same bounds, deadline and breaker. */
  async guarded<T>(act: (requestTimeoutMs: number) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    if (this.isShut) return { type: "unavailable", reason: "OpenSearch does not answer" };
    const end = this.clock.now() + this.options.searchMs + 2000;
    const outcome = this.lanes.enter(async () => {
      const left = end - this.clock.now();
      // Who has waited so long gets nothing any more; the lane is for those who still wait.
      if (left < 100) return TOO_LATE;
      return this.watched(() => act(left));
    });
    return outcome ?? { type: "unavailable", reason: "too many searches are waiting" };
  }

  private async watched<T>(act: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    try {
      const outcome = await act();
      this.failures = 0;
      return outcome;
    } catch (error) {
      const failure = classifyError(error);
      if (failure.type === "unreachable") this.noteUnreachable();
      return { type: "unavailable", reason: failure.reason };
    }
  }

  private noteUnreachable(): void {
    this.failures++;
    const over = this.failures - FAILURES_UNTIL_SHUT;
    if (over >= 0)
      this.shutUntilMs = this.clock.now() + Math.min(SHUT_MAX_MS, SHUT_MS * 2 ** Math.min(over, 8));
  }
}

const TOO_LATE = {
  type: "unavailable",
  reason: "the search waited too long for its turn",
} as const;

interface RawAnswer {
  readonly timed_out?: boolean;
  readonly terminated_early?: boolean;
  readonly _shards?: { readonly failed?: number; readonly total?: number; readonly successful?: number };
  readonly hits?: {
    readonly hits?: readonly SearchHit[];
    readonly total?: { readonly value: number; readonly relation: string };
  };
  readonly aggregations?: Record<string, unknown>;
}

function readAnswer(raw: RawAnswer): Outcome<SearchAnswer> {
  const total = raw.hits?.total;
  const { total: shards = 1, successful = shards, failed = 0 } = raw._shards ?? {};
  const isNowhere = shards === 0;
  return {
    type: "answered",
    // A shard that is not there just now is not among the failed ones; it is only missing among the successful.
    isPartial: raw.timed_out === true || failed > 0 || successful < shards || isNowhere,
    value: {
      hits: raw.hits?.hits ?? [],
      total: total?.value,
      isNowhere,
      isTotalCut: total?.relation === "gte" || raw.terminated_early === true,
      aggregations: raw.aggregations,
    },
  };
}
