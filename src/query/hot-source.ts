// One filter answered from the hot store: a scan on this thread within its budget, then on a reader worker.

import type { Hit, HotReader, Scan } from "../hot/contract.ts";
import type { Filter } from "../nostr/filter.ts";
import type { Refusal } from "../nostr/reason.ts";
import type { Client } from "../policy/rotation.ts";
import type { ReadRules } from "./count-gate.ts";
import type { HitSource, PullState } from "./source.ts";
import { type ReaderPool, refusalOf, type RemoteScan, TOO_MANY_QUERIES } from "./reader-pool.ts";
import type { Chunk } from "./reader-protocol.ts";

/** Hits fetched ahead at once; more than a page rarely needs. Of large ones fewer: a reader may stop reading at any time. */
const CHUNK: Chunk = { hits: 128, characters: 256 * 1024 };

export interface HotSourceOptions {
  readonly reader: HotReader;
  /** Takes over when the scan has used up its time on this thread. */
  readonly pool: ReaderPool | undefined;
  /** Milliseconds of this thread that it may use up. */
  readonly budgetMs: number;
  readonly upToSeq: number;
  /** Readable hits to show, at most. */
  readonly limit: number;
  readonly accept: (hit: Hit) => boolean;
  /** What of accept() another thread can tell. */
  readonly rules: () => ReadRules;
  readonly client: Client;
  /** Called when a `waiting` source has news. */
  readonly wake: () => void;
}

export class HotSource implements HitSource {
  readonly order = "time";
  hasMore: boolean | undefined = undefined;
  error: Refusal | undefined = undefined;
  private readonly filter: Filter;
  private readonly options: HotSourceOptions;
  private scan: Scan | undefined;
  private remote: RemoteScan | undefined;
  private buffer: Hit[] = [];
  private bufferedCharacters = 0;
  private head = 0;
  private accepted = 0;
  private ended = false;
  private waiting = false;
  private usedMs = 0;

  constructor(filter: Filter, options: HotSourceOptions) {
    this.filter = filter;
    this.options = options;
    this.scan = options.reader.scan(filter, { upToSeq: options.upToSeq });
  }

  pull(deadlineMs: number): PullState {
    if (this.head < this.buffer.length) return "ready";
    if (this.error !== undefined) return "failed";
    if (this.ended) return "ended";
    if (this.waiting) return "waiting";
    this.buffer = [];
    this.bufferedCharacters = 0;
    this.head = 0;
    return this.scan === undefined ? this.askRemote() : this.runLocal(this.scan, deadlineMs);
  }

  peek(): Hit {
    return this.buffer[this.head]!;
  }

  shift(): void {
    this.head++;
  }

  close(): void {
    this.ended = true;
    this.scan = undefined;
    this.remote?.close();
    this.remote = undefined;
  }

  private runLocal(scan: Scan, deadlineMs: number): PullState {
    const startedMs = performance.now();
    // Before this one, the same slice may have begun many others, each of which takes at least a step.
    if (startedMs > deadlineMs) return "paused";
    const state = scan.run((hit) => this.take(hit), { deadlineMs });
    this.usedMs += performance.now() - startedMs;
    if (state === "exhausted") this.end(false);
    // A page of what is at hand ends soon by itself; without a limit it may be millions.
    const isLong = state === "paused" || !Number.isFinite(this.options.limit);
    if (isLong && !this.ended && this.isSpent) this.moveAway(scan, this.options.pool!);
    else if (state === "paused" && this.buffer.length === 0) return "paused";
    return this.pull(deadlineMs);
  }

  /** Slices may be shorter than the budget, where others have used the turn. */
  private get isSpent(): boolean {
    return this.options.pool !== undefined && this.usedMs >= this.options.budgetMs;
  }

  /** Answers whether the scan should go on. One hit more than the limit is looked for, to know whether there is more. */
  private take(hit: Hit): boolean {
    if (!this.options.accept(hit)) return true;
    if (this.accepted === this.options.limit) {
      this.end(true);
      return false;
    }
    this.accepted++;
    this.buffer.push(hit);
    this.bufferedCharacters += hit.json.length;
    return this.buffer.length < CHUNK.hits && this.bufferedCharacters < CHUNK.characters;
  }

  private end(hasMore: boolean): void {
    this.hasMore = hasMore;
    this.close();
  }

  /** The budget is spent: a worker takes over. */
  private moveAway(scan: Scan, pool: ReaderPool): void {
    const { upToSeq, rules, client } = this.options;
    const after = scan.position();
    this.scan = undefined;
    const options = after === undefined ? { upToSeq } : { upToSeq, after };
    this.remote = pool.open(this.filter, options, rules(), client);
    if (this.remote === undefined) {
      this.error = TOO_MANY_QUERIES;
    }
  }

  private askRemote(): PullState {
    this.waiting = true;
    const hits = Math.min(CHUNK.hits, this.options.limit + 1 - this.accepted);
    this.remote!.next({ ...CHUNK, hits }).then(
      ({ hits: found, exhausted }) => {
        this.waiting = false;
        for (const hit of found) if (!this.ended) this.take(hit);
        if (exhausted && !this.ended) this.end(false);
        this.options.wake();
      },
      (error: unknown) => {
        this.waiting = false;
        this.error = refusalOf(error);
        this.options.wake();
      },
    );
    return "waiting";
  }
}
