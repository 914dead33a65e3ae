// What the rest of the relay asks of the hot store: outcomes of writes, hits of reads, and the log behind both.

import type { Filter } from "../nostr/filter.ts";
import type { NostrEvent, VerifiedEvent } from "../nostr/event.ts";
import type { EvictionCandidates } from "./eviction-candidates.ts";
import type { EvictionReader } from "./eviction-reader.ts";

/** What became of one event. `stored` is on disk (synchronous=FULL) by the time anybody sees this value. */
export type WriteOutcome =
  | { readonly type: "stored"; readonly seq: number }
  /** The same id is stored already. */
  | { readonly type: "duplicate" }
  /** A newer version of the same replaceable or addressable event is, or was, stored. */
  | { readonly type: "superseded" }
  /** Its author, or the recipient of a gift wrap, has deleted it (NIP-09). */
  | { readonly type: "deleted" }
  /** Its author has vanished from this relay as of a later second (NIP-62). */
  | { readonly type: "vanished" }
  /** An operator has banned the event or its author. */
  | { readonly type: "banned" }
  /** The transaction failed and was rolled back (disk full, read-only folder…). Nothing of it is stored. */
  | { readonly type: "failed"; readonly error: string }
  /** The writer was lost before it answered: the event is stored, or nothing of it is. */
  | { readonly type: "unknown" };

/** One stored event as a scan meets it. `expiresAt` is NEVER_EXPIRES (0) or unix seconds. */
export interface Hit {
  readonly seq: number;
  readonly createdAt: number;
  readonly kind: number;
  readonly expiresAt: number;
  readonly json: string;
}

/** A newly stored event as live delivery and the tail need it. */
export interface StoredEvent extends Hit {
  readonly event: NostrEvent;
}

/** Why a row left the hot store. */
export type RemovalReason = "replaced" | "deleted" | "vanished" | "expired" | "banned" | "evicted";

/**
 * One entry of the log. Events and removals share one rising `seq`, so "after N" means the same to everyone.
 * `removed` tells about one event row; `vanished` says that all of a key's events up to a second are to go, wherever
 * they are kept (NIP-62), including kind 1059 wraps addressed to it.
 */
export type LogEntry =
  | ({ readonly type: "stored" } & Hit)
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
      readonly reason: RemovalReason;
    }
  | {
      readonly type: "vanished";
      readonly seq: number;
      readonly pubkey: string;
      readonly until: number;
    };

/** What one transaction, or several of another process, changed, in order of seq. */
export interface Committed {
  readonly lastSeq: number;
  readonly stored: readonly StoredEvent[];
  /** seqs of event rows that are gone. */
  readonly removed: readonly number[];
}

/** How much a scan may do before it pauses. */
export interface Budget {
  /** performance.now() value after which the scan pauses at its next chunk. */
  readonly deadlineMs: number;
}

/** Where a scan stands: everything that sorts before or at this point has been visited. Plain data, crosses threads. */
export interface ScanPosition {
  readonly createdAt: number;
  readonly id: string;
}

export type ScanState =
  /** Nothing more matches. */
  | "exhausted"
  /** visit() answered false: it has enough. More may match. */
  | "stopped"
  /** The budget is spent; run() goes on where it paused, or position() lets another thread do so. */
  | "paused";

/** A lazy walk over the matches of one filter, newest first (created_at desc, id asc), without doubles. */
export interface Scan {
  /** Hands out hits until visit() answers false, the budget is spent, or nothing is left. May be called again. */
  run(visit: (hit: Hit) => boolean, budget: Budget): ScanState;
  /** Undefined until something was visited or passed over. */
  position(): ScanPosition | undefined;
  /** Which way the filter is answered, for `scan --explain` and logs. */
  readonly plan: ScanPlan;
}

/** A plan in words and numbers: the index chosen, how many streams are merged, and why. */
export interface ScanPlan {
  readonly source:
    | "nothing"
    | "ids"
    | "tail"
    | "author"
    | "tag"
    | "kind"
    | "time"
    | "tail+author"
    | "tail+tag"
    | "tail+kind"
    | "tail+time";
  readonly streams: number;
  readonly because: string;
}

export interface ScanOptions {
  /** Events with a higher seq are passed over: they will come live. */
  readonly upToSeq?: number;
  /** Resume strictly after this point. */
  readonly after?: ScanPosition;
}

/** Who may be counted. The store knows no reading rules: its caller brings them. */
export interface CountGate {
  /** Unix seconds: what has expired is not counted, whether it has been swept or not. */
  readonly nowSeconds: number;
  /** May every unexpired event of this kind be counted without being looked at? */
  readonly isOpenKind: (kind: number) => boolean;
  /** The verdict on one unexpired event of any other kind. */
  readonly accepts: (hit: Hit) => boolean;
  /** Told of every counted event; then each is looked at. */
  readonly counted?: (hit: Hit) => void;
}

/** A count under way. run() until it answers "exhausted"; `count` is exact then. */
export interface Counting {
  run(budget: Budget): ScanState;
  readonly count: number;
}

/** What of each key is to leave: everything up to that second. */
export interface BookedErasures {
  readonly keys: readonly { readonly pubkey: string; readonly until: number }[];
  readonly lastSeq: number;
}

/** Reads only: holding this type cannot change anything. All calls are synchronous on the caller's thread. */
export interface HotReader {
  /** `limit` and `search` of the filter are not looked at: the caller stops when it has enough, and gates what it is shown. */
  scan(filter: Filter, options?: ScanOptions): Scan;
  /** Counts the matches that the gate lets through, exactly; `limit` and `search` of the filter are not looked at. */
  count(filter: Filter, gate: CountGate): Counting;
  /** Is an event with this id stored now? Its created_at, where known, saves looking for recent ones in the file. */
  has(id: string, createdAt?: number): boolean;
  get(id: string): Hit | undefined;
  /** Hits of these seqs that are still stored, in the order asked; missing ones are left out. */
  getMany(seqs: readonly number[]): Hit[];
  /** Keys that have vanished and whose events have not all left yet, as of a place in the log (NIP-62). */
  vanishing(): BookedErasures;
  /** Events that the cold store alone holds any more. */
  readonly evictions: EvictionReader;
  /** Events that could leave for it. */
  readonly candidates: EvictionCandidates;
  /** Log entries with seq > after, in order, at most `limit`. */
  log(after: number, limit: number): LogEntry[];
  /** Events stored now. Walks an index: ask once and keep count. */
  eventCount(): number;
  lastSeq(): number;
  close(): void;
}

/** Writes only, on the one write connection of this process. All calls are synchronous; a worker owns it while serving. */
export interface HotWriter {
  /** Applies a batch as one durable transaction, in order: later events see earlier ones. One outcome for each. */
  apply(events: readonly VerifiedEvent[]): {
    readonly outcomes: readonly WriteOutcome[];
    readonly removed: readonly number[];
    readonly lastSeq: number;
  };
  close(): void;
}
