// What the cold store needs from whoever owns the log, and what it answers. It knows nothing about SQLite.

import type { NostrEvent } from "../nostr/event.ts";
import type { Action } from "../search/engagement.ts";
import type { Sentiment } from "../search/query.ts";

/** One entry of the log that the cold store follows. Events and removals share one rising `seq`. */
export type LogEntry =
  | ({ readonly type: "stored" } & StoredRow)
  | {
      readonly type: "removed";
      readonly seq: number;
      /** seq that the removed event had. */
      readonly eventSeq: number;
      readonly id: string;
      readonly pubkey: string;
      readonly kind: number;
      readonly createdAt: number;
      /** Value of the first `d` tag for addressable kinds, "" otherwise. */
      readonly identifier: string;
      /** `evicted` means that only the hot store let it go: the cold store keeps it. */
      readonly reason: "replaced" | "deleted" | "vanished" | "expired" | "banned" | "evicted";
    }
  /** Everything by this key, and every gift wrap to it, up to a second is to go (NIP-62). */
  | { readonly type: "vanished"; readonly seq: number; readonly pubkey: string; readonly until: number };

export interface StoredRow {
  readonly seq: number;
  readonly createdAt: number;
  readonly kind: number;
  /** Unix seconds, 0 for never. */
  readonly expiresAt: number;
  readonly json: string;
}

/** The log as a follower reads it. Synchronous: it is a local database. */
export interface EventLog {
  /** Entries with seq > after, rising, at most `limit`. An event that has left shows as its removal only. */
  log(after: number, limit: number): readonly LogEntry[];
  /** Events of these seqs that are stored now; missing ones are left out. */
  getMany(seqs: readonly number[]): readonly StoredRow[];
  /** Events with seq > after that were evicted and still stand, rising, at most `limit`. */
  evictedAfter(after: number, limit: number): readonly StandingEvent[];
  /** The highest seq given out so far. */
  lastSeq(): number;
}

/** An event that the relay stands by, wherever it is kept. */
export interface StandingEvent {
  readonly seq: number;
  readonly createdAt: number;
}

/** What this relay knows about an event beyond its own text; each number a score of 0 or more. */
export interface EventScores {
  /** How much people did with it, and sats that they paid. Indexed in steps, so that it is rarely written again. */
  readonly engagement?: number;
  readonly paid?: number;
  /** How much its author is trusted. */
  readonly trust?: number;
  readonly isSpam?: boolean;
  /** What it does to others, as far as that is believed. */
  readonly actions?: readonly Action[];
  /** ISO 639-1, where the author gave no label. */
  readonly language?: string;
  /** Where it could be told. */
  readonly sentiment?: Sentiment;
}

/** Whoever knows the scores. */
export interface ScoreSource {
  scoresOf(event: NostrEvent): EventScores;
  /** Counts what is asked for inside at one moment, which costs less. `read` must not wait for anything. */
  together<Result>(read: () => Result): Result;
}

/** Time and randomness of everything that waits; tests bring their own. */
export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Unix seconds. */
  unixNow(): number;
  /** Resolves after `ms`, or as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Uniform in [0, 1). */
  random(): number;
}

/** Nobody publishes; publishers are served; they use all that the machine has. */
export type Publishing = "idle" | "served" | "saturating";

/** How far the cold store is usable, for health, metrics and the planner. */
export type ColdState =
  /** Answers, and has everything up to a moment ago. */
  | "up"
  /** Answers, but is more than a minute behind. */
  | "lagging"
  /** Answers, but takes no writes: disk full or blocked by an operator. */
  | "readonly"
  /** Does not answer. */
  | "down"
  /** Answers, but indexing has stopped until somebody acts; `reason` says what to do. */
  | "stopped";

export interface ColdStatus {
  readonly state: ColdState;
  /** One sentence for an operator; "" while all is well. */
  readonly reason: string;
  /** Everything up to this seq is resolved: indexed, deleted, or kept as a dead letter. */
  readonly cursor: number;
  /** Everything up to this seq shows in searches. */
  readonly visibleSeq: number;
  readonly lagEvents: number;
  readonly lagSeconds: number;
  readonly documentsIndexed: number;
  readonly documentsDeleted: number;
  /** Documents that only their structure could be indexed of. */
  readonly documentsReduced: number;
  readonly deadLetters: number;
  /** Events that have left the hot store and that the indexes, when last compared, did not hold. */
  readonly lost: number;
  readonly bulkRequests: number;
  readonly bulkRetries: number;
  readonly bulkMsLast: number;
  readonly bulkBytesMax: number;
  readonly generation: number;
  /** Set when the indexes were made with other settings than today's: a reindex brings them up to date. */
  readonly outdated: string;
  readonly job: ColdJobStatus | undefined;
}

export interface ColdJobStatus {
  /** `compare` is a reconcile that only looks. */
  readonly kind: "reindex" | "reconcile" | "compare" | "retry-dead";
  readonly state: "running" | "done" | "failed";
  readonly done: number;
  readonly total: number;
  /** What was found or changed, in words. */
  readonly message: string;
}

/** One day of created_at in a comparison of both stores; `earlier` and `later` stand for dates far off. */
export interface DayCounts {
  readonly day: string;
  /** Events that the hot store holds, and those that have left it for the cold store. */
  readonly hot: number;
  readonly evicted: number;
  /** Documents. */
  readonly indexed: number;
  readonly missing: number;
  readonly surplus: number;
  /** Of the missing and the surplus together. */
  readonly repaired: number;
}
