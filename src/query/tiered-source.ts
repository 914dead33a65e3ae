// One filter answered from both stores as if they were one: hot hits, and below the horizon cold ones among them.

import type { Hit } from "../hot/contract.ts";
import { COMPLETE } from "../hot/horizon.ts";
import type { Filter } from "../nostr/filter.ts";
import type { Refusal } from "../nostr/reason.ts";
import { ColdSource, type ColdSourceOptions, compareHits } from "./cold-source.ts";
import { coldPartOf } from "./history.ts";
import type { HitSource, PullState } from "./source.ts";

export interface TieredOptions extends ColdSourceOptions {
  /** Readable hits to show, at most. */
  readonly limit: number;
  readonly upToSeq: number;
}

/**
 * The hot store is complete above the horizon, so the cold store is asked only when the walk comes to it: most pages never
 * do. The horizon is looked at anew with each hit, because events leave while a long walk is under way.
 */
export class TieredSource implements HitSource {
  readonly order = "time";
  hasMore: boolean | undefined = undefined;
  private readonly filter: Filter;
  private readonly hot: HitSource;
  private readonly options: TieredOptions;
  private cold: ColdSource | undefined;
  private atHand: Hit | undefined;
  private last: Hit | undefined;
  private shown = 0;
  private idsAreLookedUp = false;
  private isOver = false;

  /** `hot` answers the same filter with the same limit. */
  constructor(filter: Filter, hot: HitSource, options: TieredOptions) {
    this.filter = filter;
    this.hot = hot;
    this.options = options;
  }

  get error(): Refusal | undefined {
    return this.hot.error;
  }

  pull(deadlineMs: number): PullState {
    if (this.atHand !== undefined && this.shown < this.options.limit) return "ready";
    if (this.isOver) return "ended";
    const state = this.find(deadlineMs);
    if (state === "ready" && this.shown === this.options.limit) return this.end(true);
    return state;
  }

  peek(): Hit {
    return this.atHand!;
  }

  shift(): void {
    this.last = this.atHand;
    this.atHand = undefined;
    this.shown++;
  }

  close(): void {
    this.isOver = true;
    this.atHand = undefined;
    this.hot.close();
    this.cold?.close();
  }

  /** Brings the next hit of either store to hand, beyond the limit too: then it proves that there is more. */
  private find(deadlineMs: number): PullState {
    const hotState = this.pullHot(deadlineMs);
    if (hotState !== "ready" && hotState !== "ended") return hotState;
    const hot = hotState === "ready" ? this.hot.peek() : undefined;
    // The hot store had one more than the limit: what comes first does not matter any more.
    if (this.shown === this.options.limit && (hot !== undefined || this.hot.hasMore === true))
      return this.end(true);
    this.cold ??= this.openCold(hot);
    const coldState = this.cold === undefined ? "ended" : this.pullCold(this.cold);
    if (coldState === "waiting") return "waiting";
    const cold = coldState === "ready" ? this.cold!.peek() : undefined;
    if (hot === undefined && cold === undefined)
      return this.end(this.cold?.isComplete === false ? undefined : false);
    if (cold === undefined || (hot !== undefined && compareHits(hot, cold) <= 0)) {
      this.atHand = hot!;
      this.hot.shift();
    } else {
      this.atHand = cold;
      this.cold!.shift();
    }
    return "ready";
  }

  /** An event may have come from the cold store before its hot copy was reached, and the other way round. */
  private pullHot(deadlineMs: number): PullState {
    for (;;) {
      const state = this.hot.pull(deadlineMs);
      if (state !== "ready" || this.isAhead(this.hot.peek())) return state;
      this.hot.shift();
    }
  }

  private pullCold(cold: ColdSource): "ready" | "ended" | "waiting" {
    for (;;) {
      const state = cold.pull();
      if (state !== "ready") return state;
      const hit = cold.peek();
      if (hit.seq <= this.options.upToSeq && this.isAhead(hit)) return state;
      cold.shift();
    }
  }

  private isAhead(hit: Hit): boolean {
    return this.last === undefined || compareHits(this.last, hit) < 0;
  }

  /** Undefined while the hot store alone knows everything down to its next hit. */
  private openCold(hot: Hit | undefined): ColdSource | undefined {
    const { filter, options } = this;
    const { history, limit } = options;
    const { horizon, evictions } = history;
    if (filter.ids !== undefined) {
      if (this.idsAreLookedUp) return undefined;
      this.idsAreLookedUp = true;
      const missing = horizon.of(filter) === COMPLETE ? [] : evictions.evictedIds(filter.ids);
      return missing.length === 0 ? undefined : ColdSource.ids(missing, filter, options);
    }
    const part = coldPartOf(filter, history);
    if (part === undefined || (hot !== undefined && hot.createdAt > part.until!)) return undefined;
    const until = Math.min(part.until!, this.last?.createdAt ?? Number.MAX_SAFE_INTEGER);
    return ColdSource.pages({ ...part, until }, limit - this.shown + 1, options);
  }

  private end(hasMore: boolean | undefined): PullState {
    this.close();
    this.hasMore = hasMore;
    return "ended";
  }
}
