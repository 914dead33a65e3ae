// The number of one filter's matches in the hot store, counted where the events are: none of them is handed out.

import type { Counting, HotReader } from "../hot/contract.ts";
import type { Filter } from "../nostr/filter.ts";
import type { Refusal } from "../nostr/reason.ts";
import type { ReaderKeys } from "../policy/read.ts";
import type { Client } from "../policy/rotation.ts";
import { type CountRules, countGate } from "./count-gate.ts";
import type { CountSource } from "./count-source.ts";
import { HyperLogLog } from "./hyperloglog.ts";
import { type ReaderPool, refusalOf, type RemoteCount, TOO_MANY_QUERIES } from "./reader-pool.ts";
import type { PullState } from "./source.ts";

export interface NumberCountOptions {
  readonly reader: HotReader;
  /** Counts anew where the count has used up its time on this thread. */
  readonly pool: ReaderPool | undefined;
  /** Milliseconds of this thread that it may use up. */
  readonly budgetMs: number;
  readonly keys: ReaderKeys;
  readonly client: Client;
  readonly nowSeconds: number;
  /** Fed with the author of every counted event. */
  readonly hyperLogLog: HyperLogLog | undefined;
  /** Called when a `waiting` source has news. */
  readonly wake: () => void;
}

/** Only for a single filter: with several, events have to be told apart, so that none is counted twice. */
export class NumberCount implements CountSource {
  unseen = 0;
  readonly isExact = true;
  readonly sawAuthors: boolean;
  error: Refusal | undefined = undefined;
  private readonly filter: Filter;
  private readonly options: NumberCountOptions;
  private readonly rules: CountRules;
  private readonly registers: HyperLogLog | undefined;
  private counting: Counting | undefined;
  private remote: RemoteCount | undefined;
  private usedMs = 0;
  private isOver = false;

  constructor(filter: Filter, options: NumberCountOptions) {
    const { reader, keys, nowSeconds, hyperLogLog } = options;
    this.filter = filter;
    this.options = options;
    this.sawAuthors = hyperLogLog !== undefined;
    this.rules = { nowSeconds, keys: [...keys], hllOffset: hyperLogLog?.offset };
    this.registers = hyperLogLog && new HyperLogLog(hyperLogLog.offset);
    this.counting = reader.count(filter, countGate(this.rules, this.registers));
  }

  pull(deadlineMs: number): PullState {
    if (this.error !== undefined) return "failed";
    if (this.isOver) return "ended";
    return this.counting === undefined ? "waiting" : this.runLocal(this.counting, deadlineMs);
  }

  seq(): number {
    throw new Error("a count by number hands no events out");
  }

  author(): string {
    throw new Error("a count by number hands no events out");
  }

  shift(): void {}

  close(): void {
    this.isOver = true;
    this.counting = undefined;
    this.remote?.close();
  }

  private runLocal(counting: Counting, deadlineMs: number): PullState {
    const startedMs = performance.now();
    const state = counting.run({ deadlineMs });
    this.usedMs += performance.now() - startedMs;
    if (state === "exhausted") return this.end(counting.count, this.registers);
    const { pool, budgetMs } = this.options;
    if (pool === undefined || this.usedMs < budgetMs) return "paused";
    return this.moveAway(pool);
  }

  private moveAway(pool: ReaderPool): PullState {
    this.counting = undefined;
    this.remote = pool.count(this.filter, this.rules, this.options.client);
    if (this.remote === undefined) {
      this.error = TOO_MANY_QUERIES;
      return "failed";
    }
    this.remote.answer.then(
      ({ count, registers }) => {
        if (this.isOver) return;
        this.end(count, registers && HyperLogLog.of(this.rules.hllOffset!, registers));
        this.options.wake();
      },
      (error: unknown) => {
        this.error = refusalOf(error);
        this.options.wake();
      },
    );
    return "waiting";
  }

  private end(count: number, registers: HyperLogLog | undefined): "ended" {
    this.isOver = true;
    this.unseen = count;
    if (registers !== undefined) this.options.hyperLogLog!.merge(registers);
    return "ended";
  }
}
