// Keeps the hot store within its bounds: what the cold store has held for a while, word for word, leaves.

import type { ColdReader } from "../cold/cold-reader.ts";
import {
  type Candidate,
  type CandidatePlace,
  type CandidateRange,
  type EvictionCandidates,
  OLDEST,
} from "../hot/eviction-candidates.ts";
import { isEvictable } from "../hot/evictable.ts";
import { eventFromJson, type NostrEvent } from "../nostr/event.ts";
import { isIndexedTagName } from "../nostr/tag.ts";
import { ageLimitOf, type RetentionBounds, yieldsToSize } from "./retention-rules.ts";

export interface RetentionParts {
  readonly candidates: Pick<EvictionCandidates, "kinds" | "oldest" | "usedBytes">;
  readonly cold: Pick<ColdReader, "bySeqs" | "taggedSeqs">;
  /** Everything up to this seq is in the cold store and shows there; 0 when nothing may leave now. */
  readonly acknowledgedSeq: () => number;
  /** Takes events out of the hot store and leaves their stubs; answers how many went. */
  readonly evict: (seqs: readonly number[]) => Promise<number>;
  /** Are publishers waiting for the writer? */
  readonly isBusy: () => boolean;
  /** Unix seconds. */
  readonly now: () => number;
  /** Seconds of a steady clock: the system's may jump ahead, and nothing has been held for longer by that. */
  readonly steadyNow: () => number;
}

export interface RetentionOptions {
  /** How long the cold store must have held an event before it may leave. */
  readonly safetySeconds: number;
  readonly everyMs: number;
  /** Events verified with one question and moved in one transaction. */
  readonly batchEvents?: number;
}

/** What one round did. */
export interface RetentionRound {
  readonly moved: number;
  /** Due, but not in the cold store as they are here: they stay. */
  readonly unverified: number;
  /** False when the cold store did not answer, or had acknowledged nothing yet. */
  readonly isWhole: boolean;
}

const BATCH_EVENTS = 200;
/** Between two transactions: publishers come first. */
const PAUSE_MS = 20;
/** Below the bound by this much, so that not every round has to move a handful. */
const SIZE_SLACK = 0.02;

interface Round {
  moved: number;
  unverified: number;
  isWhole: boolean;
}

export class Retention {
  private readonly parts: RetentionParts;
  private readonly bounds: RetentionBounds;
  private readonly options: Required<RetentionOptions>;
  /** What was acknowledged when, oldest first. */
  private acknowledged: { readonly at: number; readonly seq: number }[] = [];
  private timer: Timer | undefined;
  private running: Promise<RetentionRound> | undefined;
  private isStopping = false;

  /** Events that this process has moved. */
  moved = 0;

  constructor(parts: RetentionParts, bounds: RetentionBounds, options: RetentionOptions) {
    this.parts = parts;
    this.bounds = bounds;
    this.options = { batchEvents: BATCH_EVENTS, ...options };
  }

  /** `told` hears of every round that moved something or left something behind; `failed` of defects. */
  start(told: (round: RetentionRound) => void, failed: (error: unknown) => void): void {
    const turn = (): void => {
      if (this.running !== undefined) {
        this.noteAcknowledged();
        return;
      }
      this.round().then((round) => {
        if (round.moved > 0 || round.unverified > 0) told(round);
      }, failed);
    };
    this.timer = setInterval(turn, this.options.everyMs);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.timer);
    await this.running?.catch(() => undefined);
  }

  /** Moves everything that is due. One at a time. */
  round(): Promise<RetentionRound> {
    this.running ??= this.work().finally(() => (this.running = undefined));
    return this.running;
  }

  private async work(): Promise<RetentionRound> {
    const round: Round = { moved: 0, unverified: 0, isWhole: true };
    const upToSeq = this.noteAcknowledged();
    if (upToSeq > 0) {
      await this.moveByAge(round, upToSeq);
      await this.moveBySize(round, upToSeq);
    } else round.isWhole = false;
    return round;
  }

  /** The seq that was acknowledged long enough ago; 0 for none. */
  private noteAcknowledged(): number {
    const at = this.parts.steadyNow();
    const seq = this.parts.acknowledgedSeq();
    if (seq === 0) return 0;
    // It goes back when an operator starts over: what was known of the time before counts no more.
    this.acknowledged = this.acknowledged.filter((earlier) => earlier.seq <= seq);
    this.acknowledged.push({ at, seq });
    const settled = this.acknowledged.findLastIndex((each) => each.at <= at - this.options.safetySeconds);
    if (settled === -1) return 0;
    this.acknowledged.splice(0, settled);
    return this.acknowledged[0]!.seq;
  }

  private async moveByAge(round: Round, upToSeq: number): Promise<void> {
    for (const kind of this.parts.candidates.kinds()) {
      const before = this.parts.now() - ageLimitOf(kind, this.bounds);
      if (before <= 0) continue;
      let after: CandidatePlace | undefined = OLDEST;
      while (after !== undefined && this.mayGoOn(round)) {
        after = await this.moveSome(kind, { before, upToSeq, after, limit: this.options.batchEvents }, round);
      }
    }
  }

  /** Oldest first over all kinds that may go, a batch of the kind that is furthest behind at a time. */
  private async moveBySize(round: Round, upToSeq: number): Promise<void> {
    const { candidates, now } = this.parts;
    const { maxBytes } = this.bounds;
    if (maxBytes === 0 || candidates.usedBytes() <= maxBytes) return;
    const before = now() - this.options.safetySeconds;
    const places = new Map(
      candidates
        .kinds()
        .filter((kind) => yieldsToSize(kind, this.bounds))
        .map((kind) => [kind, OLDEST] as const),
    );
    while (candidates.usedBytes() > maxBytes * (1 - SIZE_SLACK) && this.mayGoOn(round)) {
      const [first, second] = this.nextOfKinds(places, before, upToSeq);
      if (first === undefined) return;
      const range = {
        before: second === undefined ? before : Math.min(before, second.createdAt + 1),
        upToSeq,
        after: places.get(first.kind)!,
        limit: this.options.batchEvents,
      };
      const after = await this.moveSome(first.kind, range, round);
      if (after !== undefined) places.set(first.kind, after);
    }
  }

  /** The oldest candidate of each kind, the two oldest of them. */
  private nextOfKinds(
    places: ReadonlyMap<number, CandidatePlace>,
    before: number,
    upToSeq: number,
  ): Candidate[] {
    return [...places]
      .flatMap(([kind, after]) => this.parts.candidates.oldest(kind, { before, upToSeq, after, limit: 1 }))
      .sort((a, b) => a.createdAt - b.createdAt)
      .slice(0, 2);
  }

  /** Answers where it stands; undefined when nothing was left to look at. */
  private async moveSome(
    kind: number,
    range: CandidateRange,
    round: Round,
  ): Promise<CandidatePlace | undefined> {
    const found = this.parts.candidates.oldest(kind, range);
    const last = found.at(-1);
    if (last === undefined) return undefined;
    const verified = await this.verified(found);
    if (verified === undefined) {
      round.isWhole = false;
      return undefined;
    }
    round.unverified += verified.missing;
    if (verified.seqs.length > 0) {
      await this.waitForPublishers();
      // Since it was verified, a reindex may have begun, which needs everything to stay where it is.
      if (!this.mayGoOn(round)) return undefined;
      const moved = await this.parts.evict(verified.seqs);
      round.moved += moved;
      this.moved += moved;
    }
    return { createdAt: last.createdAt, seq: last.seq };
  }

  /**
   * Those that the cold store holds letter by letter and finds by their tags: a dead letter is not there, and one that was
   * indexed without its tags would be missed. Undefined when the cold store does not say.
   */
  private async verified(
    found: readonly Candidate[],
  ): Promise<{ readonly seqs: number[]; readonly missing: number } | undefined> {
    const due = found
      .map((candidate) => ({ candidate, event: eventFromJson(candidate.json) }))
      .filter(({ event }) => isEvictable(event));
    const seqs = due.map(({ candidate }) => candidate.seq);
    const [copies, tagged] = await Promise.all([
      this.parts.cold.bySeqs(seqs),
      this.parts.cold.taggedSeqs(seqs),
    ]);
    if (copies.type !== "answered" || copies.isPartial) return undefined;
    if (tagged.type !== "answered" || tagged.isPartial) return undefined;
    const texts = new Map(copies.value.map(({ seq, raw }) => [seq, raw]));
    const held = due.filter(
      ({ candidate: { seq, json }, event }) =>
        texts.get(seq) === json && (tagged.value.has(seq) || !hasIndexedTag(event)),
    );
    return { seqs: held.map(({ candidate }) => candidate.seq), missing: due.length - held.length };
  }

  private async waitForPublishers(): Promise<void> {
    do await Bun.sleep(PAUSE_MS);
    while (this.parts.isBusy() && !this.isStopping);
  }

  private mayGoOn(round: Round): boolean {
    return round.isWhole && !this.isStopping && this.parts.acknowledgedSeq() > 0;
  }
}

function hasIndexedTag(event: NostrEvent): boolean {
  return event.tags.some((tag) => tag[1] !== undefined && isIndexedTagName(tag[0]!));
}
