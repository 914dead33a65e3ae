// One filter answered from both stores as if they were one: hot hits, and below the horizon cold ones among them.

import type { Hit } from "../hot/contract.ts";
import { COMPLETE } from "../hot/horizon.ts";
import { compareHits } from "../hot/scan-source.ts";
import { idOfJson } from "../nostr/event-json.ts";
import type { Filter } from "../nostr/filter.ts";
import type { Refusal } from "../nostr/reason.ts";
import { ColdSource, type ColdSourceOptions } from "./cold-source.ts";
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
  /** Of the horizon, when the cold store was asked or was last found to be asked for enough. */
  private version = 0;
  private kindsAsked: number | undefined;
  private idsAreLookedUp = false;
  private readonly idsAsked = new Set<string>();
  private readonly idsShown = new Set<string>();
  private coldWasWhole = true;
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
    if (this.filter.ids !== undefined) this.idsShown.add(idOfJson(this.atHand!.json));
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
    if (this.cold !== undefined && this.asksForTooFewKinds()) this.leaveCold();
    this.cold ??= this.openCold(hot);
    const coldState = this.cold === undefined ? "ended" : this.pullCold(this.cold);
    if (coldState === "waiting") return "waiting";
    const cold = coldState === "ready" ? this.cold!.peek() : undefined;
    if (hot === undefined && cold === undefined) {
      // Some may have left since they were looked for, and before the walk came to them: better late than never.
      const others = this.openIds();
      this.leaveCold();
      if (others === undefined) return this.end(false);
      this.cold = others;
      return this.find(deadlineMs);
    }
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
    if (this.filter.ids !== undefined) return !this.idsShown.has(idOfJson(hit.json));
    return this.last === undefined || compareHits(this.last, hit) < 0;
  }

  /** Undefined while the hot store alone knows everything down to its next hit. */
  private openCold(hot: Hit | undefined): ColdSource | undefined {
    const { filter, options } = this;
    const { history, limit } = options;
    if (filter.ids !== undefined) {
      if (this.idsAreLookedUp) return undefined;
      this.idsAreLookedUp = true;
      return this.openIds();
    }
    const part = coldPartOf(filter, history);
    if (part === undefined || (hot !== undefined && hot.createdAt > part.until!)) return undefined;
    this.version = history.horizon.version;
    this.kindsAsked = part.kinds?.length;
    const until = Math.min(part.until!, this.last?.createdAt ?? Number.MAX_SAFE_INTEGER);
    return ColdSource.pages({ ...part, until }, limit - this.shown + 1, options);
  }

  /** Ids that have left, and were neither asked for nor shown yet; undefined when there are none. */
  private openIds(): ColdSource | undefined {
    const { horizon, evictions } = this.options.history;
    const { ids = [] } = this.filter;
    const missing = horizon.of(this.filter) === COMPLETE ? [] : evictions.evictedIds(ids);
    const others = missing.filter((id) => !this.idsAsked.has(id) && !this.idsShown.has(id));
    for (const id of others) this.idsAsked.add(id);
    return others.length === 0 ? undefined : ColdSource.ids(others, this.filter, this.options);
  }

  /** The first event of a kind may leave while the walk is below its second, and that kind was not asked for. */
  private asksForTooFewKinds(): boolean {
    const { history } = this.options;
    const { ids, kinds } = this.filter;
    if (ids !== undefined || kinds === undefined || history.horizon.version === this.version) return false;
    this.version = history.horizon.version;
    return coldPartOf(this.filter, history)?.kinds?.length !== this.kindsAsked;
  }

  private leaveCold(): void {
    if (this.cold === undefined) return;
    this.coldWasWhole &&= this.cold.isComplete && this.options.history.isWhole();
    this.cold.close();
    this.cold = undefined;
  }

  /** Where the cold store did not tell all, what was sent in its place is older: whoever pages on from there would miss it. */
  private end(hasMore: boolean): PullState {
    const isTold = this.coldWasWhole && this.cold?.isComplete !== false;
    this.close();
    this.hasMore = isTold ? hasMore : undefined;
    return "ended";
  }
}
