// Keeps the cold store level with the log: opens or makes its indexes, follows, takes jobs, and says how it stands.

import type { Client } from "@opensearch-project/opensearch";
import { systemClock } from "./clock.ts";
import type { Clock, ColdStatus, EventLog, Publishing, ScoreSource } from "./contract.ts";
import { Delivery } from "./delivery.ts";
import { presentAmong } from "./document-scan.ts";
import { Follower } from "./follower.ts";
import type { LayoutOptions } from "./index-layout.ts";
import { IndexWatch } from "./index-watch.ts";
import { type Generation, Indexes } from "./indexes.ts";
import { JobRunner } from "./jobs.ts";
import type { Ledger } from "./ledger.ts";
import { reducedIndexing } from "./operations.ts";
import { Pace, type PaceOptions } from "./pace.ts";
import { Retired } from "./retired.ts";
import { Sentinels } from "./sentinels.ts";
import { StatusBoard } from "./status-board.ts";
import { takeUp } from "./take-up.ts";

export interface IndexerParts {
  /** The write client; see createColdClients. */
  readonly client: Client;
  readonly log: EventLog;
  readonly ledger: Ledger;
  /** Names the hot store: indexes that were filled from another one are not touched. */
  readonly store: string;
  /** Does the hot store still hold every event that was not deleted? False once anything may have been evicted. */
  readonly isHotComplete: () => boolean;
  /** What publishers ask of this machine right now: it yields to them. */
  readonly publishing?: () => Publishing;
  readonly scores?: ScoreSource;
  /** Told whenever everything up to a seq is resolved for good. */
  readonly cursorMoved?: (cursor: number) => void;
  readonly clock?: Clock;
}

export interface IndexerOptions extends Partial<Omit<PaceOptions, "bulkBytesMax">> {
  readonly layout: LayoutOptions;
  /** Size of one bulk request in characters. */
  readonly bulkBytes: number;
  /** Events in one bulk request. */
  readonly bulkEvents: number;
  /** Milliseconds between two bulks while publishers are being served. */
  readonly yieldMs: number;
  /** The same while the cold store is level with the log: what comes meanwhile is one bulk instead of many. */
  readonly gatherMs: number;
  /** Milliseconds between two looks at a log in which nothing was new; poke() looks at once. */
  readonly pollMs: number;
  /** Entries behind from which refreshing is left to the indexer, which does it twice a minute. */
  readonly backlogEntries: number;
}

export const INDEXER_DEFAULTS = {
  bulkBytes: 4 * 2 ** 20,
  bulkEvents: 1000,
  yieldMs: 20,
  gatherMs: 200,
  pollMs: 250,
  backlogEntries: 50_000,
} as const;

/** Bulks of entries behind up to which the cold store counts as level: one under way, and one that gathers. */
const LEVEL_BULKS = 2;
const BACKLOG_REFRESH_MS = 30_000;

/** Beside saturating publishers it rests so many times as long as it worked. */
const REST_TIMES = 5;
const REST_MS_MAX = 5000;

export class Indexer {
  readonly parts: IndexerParts & { readonly clock: Clock };
  readonly options: IndexerOptions;
  readonly pace: Pace;
  readonly indexes: Indexes;
  readonly retired: Retired;
  readonly watch: IndexWatch;
  private readonly sentinels: Sentinels;
  private readonly board: StatusBoard;
  private readonly jobs: JobRunner;
  private generation: Generation | undefined;
  private follower: Follower | undefined;
  private stopReason = "";
  private hasBacklog = false;
  private refreshedAtMs = 0;
  private keptLevelAtMs = Number.NEGATIVE_INFINITY;
  private wake: AbortController = new AbortController();
  /** Fills another generation beside the one that is shown. */
  filling: Follower | undefined;
  /** While set, nobody is told that the cursor moved, so the log keeps the removals that a rebuild has yet to read. */
  holdsLog = false;

  constructor(parts: IndexerParts, options: IndexerOptions) {
    const clock = parts.clock ?? systemClock;
    this.parts = { ...parts, clock };
    this.options = options;
    this.pace = new Pace(parts.client, clock, { ...options, bulkBytesMax: options.bulkBytes });
    this.indexes = new Indexes(parts.client, options.layout);
    this.retired = new Retired({ indexes: this.indexes, ledger: parts.ledger, clock });
    this.watch = new IndexWatch({ indexes: this.indexes, ledger: parts.ledger, clock });
    this.board = new StatusBoard(clock);
    this.sentinels = new Sentinels({
      log: parts.log,
      ledger: parts.ledger,
      clock,
      visibleSeq: () => this.status().visibleSeq,
      present: (generation, seqs) => presentAmong(parts.client, this.indexes.patternOf(generation), seqs),
    });
    this.jobs = new JobRunner(this);
  }

  /** Runs until the signal aborts. Rejects for defects only: whatever the cluster does is waited out. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.pace.stop(), { once: true });
    try {
      await this.takeUp(signal);
      while (!signal.aborted) {
        await this.jobs.runNext(signal);
        if (this.follower === undefined) await this.rest(1000, signal);
        else await this.follow(this.follower, signal);
      }
      await this.follower?.settled();
    } finally {
      await this.leave();
    }
  }

  /** Something was committed: look at the log now. */
  poke(): void {
    this.wake.abort();
  }

  /** Asks for documents to be written again, because their scores changed. False when too many wait already. */
  rewrite(seqs: Iterable<number>): boolean {
    const wanted = [...seqs];
    const taken = this.follower?.rewrite(wanted) ?? false;
    this.filling?.rewrite(wanted);
    this.poke();
    return taken;
  }

  get current(): { readonly generation: Generation; readonly follower: Follower } | undefined {
    if (this.generation === undefined || this.follower === undefined) return undefined;
    return { generation: this.generation, follower: this.follower };
  }

  /** Follows another generation from now on; the one before is not written to any more. */
  adopt(generation: Generation, cursor: number): void {
    this.generation = generation;
    this.stopReason = "";
    this.hasBacklog = false;
    this.parts.ledger.saveProgress({ built: generation.meta.built, cursor });
    this.follower = this.followInto(generation, cursor, true, (moved) => {
      this.parts.ledger.saveProgress({ built: generation.meta.built, cursor: moved });
      if (!this.holdsLog) this.parts.cursorMoved?.(moved);
    });
  }

  /** A follower into any generation, open to readers or not. */
  followInto(
    generation: Generation,
    cursor: number,
    isOpen: boolean,
    cursorMoved: (cursor: number) => void,
  ): Follower {
    const { client, log, ledger, isHotComplete, scores, clock } = this.parts;
    const target = {
      ensure: (index: string) => this.indexes.ensure(generation, index, isOpen),
      forget: (index: string) => {
        this.indexes.forget(index);
        // It was there before: somebody deleted it, and with it what the log will not tell again by itself.
        ledger.requestJob("reconcile");
      },
      reduce: reducedIndexing,
      bury: (operation: { seq: number; id: string }, error: string) =>
        ledger.bury({ seq: operation.seq, id: operation.id, error, at: clock.unixNow() }),
    };
    const delivery = new Delivery(client, this.pace, clock, target, {
      bulkEventsMax: this.options.bulkEvents,
    });
    this.board.counts = delivery.counts;
    this.board.alarm = () => delivery.alarm;
    const context = {
      indexFor: (kind: number, createdAt: number) => this.indexes.nameFor(generation, kind, createdAt),
      ...(scores === undefined ? {} : { scores }),
    };
    return new Follower(
      {
        client,
        log,
        delivery,
        pace: this.pace,
        context,
        pattern: this.indexes.patternOf(generation),
        isHotComplete,
      },
      { batchEventsMax: this.options.bulkEvents, cursor, cursorMoved },
    );
  }

  status(): ColdStatus {
    return this.board.status({
      pace: this.pace,
      isOpen: this.follower !== undefined,
      stopReason: this.stopReason,
      cursor: this.follower?.cursor ?? this.parts.ledger.progress()?.cursor ?? 0,
      lastSeq: this.parts.log.lastSeq(),
      deadLetters: this.parts.ledger.deadCount(),
      lost: this.lost(),
      generation: this.generation?.number ?? 0,
      job: this.jobs.status,
    });
  }

  /**
   * One step of a follower, with a breath before it while publishers are served: each bulk costs the cluster, which may
   * share their machine, a sync. Where they use all that there is, a long rest follows: what is not indexed yet stands
   * safely in the log.
   */
  async stepBesidePublishers(
    follower: Pick<Follower, "cursor" | "step" | "settled">,
    signal: AbortSignal,
  ): Promise<"busy" | "idle"> {
    const { clock } = this.parts;
    const level = this.publishing();
    if (level !== "idle") await clock.sleep(this.breathMs(follower.cursor), signal);
    const startedMs = clock.now();
    const state = await follower.step(signal);
    if (level === "saturating" && state === "busy") {
      await follower.settled();
      await clock.sleep(Math.min(REST_MS_MAX, REST_TIMES * (clock.now() - startedMs)), signal);
    }
    return state;
  }

  /** One step of following beside a job, in turns with the job's own, so that readers miss nothing meanwhile. */
  async keepLevel(signal: AbortSignal): Promise<void> {
    const { follower } = this;
    const { clock } = this.parts;
    if (follower === undefined) return;
    const breathMs = this.publishing() === "idle" ? 0 : this.breathMs(follower.cursor);
    if (clock.now() - this.keptLevelAtMs < breathMs) return;
    this.keptLevelAtMs = clock.now();
    await follower.step(signal);
    await this.stepped(follower, signal);
  }

  private async follow(follower: Follower, signal: AbortSignal): Promise<void> {
    const state = await this.stepBesidePublishers(follower, signal);
    await this.stepped(follower, signal);
    if (state === "idle") await this.rest(this.options.pollMs, signal);
  }

  private async stepped(follower: Follower, signal: AbortSignal): Promise<void> {
    await this.tendRefreshing(signal);
    if (this.retired.isDue) await this.pace.persevere(signal, () => this.retired.discard());
    const { generation } = this;
    if (generation !== undefined && this.watch.isDue)
      await this.pace.persevere(signal, () => this.watch.look(generation));
    if (generation !== undefined && this.sentinels.isDue) await this.sentinels.look(generation);
    this.board.progressed(follower.cursor, this.parts.log.lastSeq(), !this.hasBacklog);
  }

  private publishing(): Publishing {
    return this.parts.publishing?.() ?? "idle";
  }

  private breathMs(cursor: number): number {
    const { bulkEvents, gatherMs, yieldMs } = this.options;
    return this.parts.log.lastSeq() - cursor < LEVEL_BULKS * bulkEvents ? gatherMs : yieldMs;
  }

  private async takeUp(signal: AbortSignal): Promise<void> {
    const taken = await takeUp(this, signal);
    if (taken === undefined) return;
    if ("reason" in taken) {
      this.stopReason = taken.reason;
      this.generation = taken.generation;
      return;
    }
    const { generation: active, cursor } = taken;
    this.adopt(active, cursor);
    // Its reindex has ended but for that.
    if (this.parts.ledger.rebuild()?.built === active.meta.built) this.retired.since(active, true);
    const outdated = await this.pace.persevere(signal, () => this.indexes.outdated(active));
    this.board.outdated = outdated ?? "";
    await this.pace.persevere(signal, () => this.indexes.setRefreshing(active, true));
  }

  private lost(): number {
    const lost = this.parts.ledger.lost();
    return lost !== undefined && lost.built === this.generation?.meta.built ? lost.events : 0;
  }

  /** While a backlog is worked off, a refresh every five seconds would cost a third of the speed. */
  private async tendRefreshing(signal: AbortSignal): Promise<void> {
    const generation = this.generation;
    if (generation === undefined || this.follower === undefined || this.pace.state !== "open") return;
    const behind = this.parts.log.lastSeq() - this.follower.cursor;
    const now = this.parts.clock.now();
    if (!this.hasBacklog && behind > this.options.backlogEntries) {
      this.hasBacklog = true;
      this.refreshedAtMs = now;
      await this.pace.persevere(signal, () => this.indexes.setRefreshing(generation, false));
      this.board.refreshingStopped();
    } else if (this.hasBacklog && behind < this.options.backlogEntries / 10) {
      await this.pace.persevere(signal, () => this.indexes.setRefreshing(generation, true));
      this.hasBacklog = false;
    } else if (this.hasBacklog && now - this.refreshedAtMs > BACKLOG_REFRESH_MS) {
      this.refreshedAtMs = now;
      const { cursor } = this.follower;
      await this.pace.persevere(signal, () => this.indexes.refresh(generation));
      this.board.refreshed(cursor);
    }
  }

  private async rest(ms: number, signal: AbortSignal): Promise<void> {
    if (this.wake.signal.aborted) this.wake = new AbortController();
    await this.parts.clock.sleep(ms, AbortSignal.any([this.wake.signal, signal]));
  }

  /** Never leaves an index behind that does not refresh by itself, if the cluster can be reached at all. */
  private async leave(): Promise<void> {
    await this.retired.discard().catch(() => undefined);
    if (!this.hasBacklog || this.generation === undefined) return;
    await this.indexes.setRefreshing(this.generation, true).catch(() => undefined);
  }
}
