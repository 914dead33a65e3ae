// COUNT (NIP-45): how many readable events match any of the filters, exactly, and the HyperLogLog of their authors.

import type { Hit } from "../hot/contract.ts";
import { pubkeyOfJson } from "../nostr/event-json.ts";
import { type Refusal, refuse } from "../nostr/reason.ts";
import type { HyperLogLog } from "./hyperloglog.ts";
import type { HitSource } from "./source.ts";

export interface CountResult {
  readonly count: number;
  readonly approximate: boolean;
}

export interface CountQueryOptions {
  /** Registers to feed with the author of every counted event. */
  readonly hyperLogLog?: HyperLogLog;
  readonly done: (result: CountResult) => void;
  readonly failed: (refusal: Refusal) => void;
  readonly sliceMs: number;
}

/** Sources are drained one after the other; with several, an event that two filters match is counted once. */
export class CountQuery {
  private readonly sources: readonly HitSource[];
  private readonly options: CountQueryOptions;
  private readonly seen: Set<number> | undefined;
  private current = 0;
  private count = 0;
  private isOver = false;

  constructor(sources: readonly HitSource[], options: CountQueryOptions) {
    this.sources = sources;
    this.options = options;
    this.seen = sources.length > 1 ? new Set() : undefined;
  }

  advance(): void {
    const deadlineMs = performance.now() + this.options.sliceMs;
    while (!this.isOver) {
      const source = this.sources[this.current];
      if (source === undefined) return this.finish();
      const state = source.pull(deadlineMs);
      if (state === "waiting") return;
      if (state === "failed")
        return this.fail(source.error ?? refuse("error", "the count was interrupted; ask again"));
      if (state === "ended") this.current++;
      else this.take(source);
    }
  }

  cancel(): void {
    this.isOver = true;
    for (const source of this.sources) source.close();
  }

  private take(source: HitSource): void {
    this.add(source.peek());
    source.shift();
  }

  private add(hit: Hit): void {
    if (this.seen !== undefined) {
      if (this.seen.has(hit.seq)) return;
      this.seen.add(hit.seq);
    }
    this.count++;
    this.options.hyperLogLog?.add(pubkeyOfJson(hit.json));
  }

  private finish(): void {
    this.isOver = true;
    const approximate = this.sources.some((source) => source.hasMore === undefined);
    this.options.done({ count: this.count, approximate });
  }

  private fail(refusal: Refusal): void {
    this.cancel();
    this.options.failed(refusal);
  }
}
