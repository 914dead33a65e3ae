// Tells this thread about commits in the order of seq: its own, the writer's sweeps, and those of other processes.

import { eventFromJson } from "../nostr/event.ts";
import type { Committed, HotReader, LogEntry, StoredEvent } from "./contract.ts";
import type { RecentTail } from "./tail.ts";

export interface PublisherOptions {
  readonly reader: HotReader;
  readonly tail: RecentTail;
  /** The last seq that the tail holds already. */
  readonly publishedSeq: number;
}

interface Pending {
  /** Everything up to here must be published first. */
  readonly before: number;
  readonly committed: Committed | undefined;
  readonly settle: (() => void) | undefined;
}

/** Log entries read and parsed in one turn of the event loop. */
const CATCH_UP_ENTRIES = 500;

/**
 * A commit is first applied to the tail, then its outcomes are settled, then listeners hear of it in a microtask. Where
 * seqs are missing before it, another process has written them: they are read from the log and published first.
 */
export class CommitPublisher {
  publishedSeq: number;
  private readonly reader: HotReader;
  private readonly tail: RecentTail;
  private readonly listeners: ((committed: Committed) => void)[] = [];
  private readonly pending: Pending[] = [];
  private turn: ReturnType<typeof setImmediate> | undefined;

  constructor(options: PublisherOptions) {
    this.reader = options.reader;
    this.tail = options.tail;
    this.publishedSeq = options.publishedSeq;
  }

  onCommitted(listener: (committed: Committed) => void): void {
    this.listeners.push(listener);
  }

  /** A commit of our own writer whose log begins after `before`. settle() runs once it is in the tail. */
  publish(before: number, committed: Committed, settle?: () => void): void {
    this.enqueue({ before, committed, settle });
  }

  /** Other processes have written up to `lastSeq`. */
  catchUp(lastSeq: number): void {
    this.enqueue({ before: lastSeq, committed: undefined, settle: undefined });
  }

  /** What still waits behind a catch-up is settled, for it is on disk, but told to nobody. */
  stop(): void {
    clearImmediate(this.turn);
    for (const { settle } of this.pending.splice(0)) settle?.();
  }

  private enqueue(pending: Pending): void {
    this.pending.push(pending);
    if (this.turn === undefined) this.drain();
  }

  private drain(): void {
    this.turn = undefined;
    for (let next = this.pending[0]; next !== undefined; next = this.pending[0]) {
      if (next.before > this.publishedSeq) {
        this.readForeign(next.before);
        // The rest of a long catch-up waits its turn among the sockets.
        this.turn = setImmediate(() => this.drain());
        return;
      }
      this.pending.shift();
      this.deliver(next.committed, next.settle);
    }
  }

  private deliver(committed: Committed | undefined, settle: (() => void) | undefined): void {
    if (committed === undefined || committed.lastSeq <= this.publishedSeq) {
      settle?.();
      return;
    }
    this.tail.apply(committed);
    this.publishedSeq = committed.lastSeq;
    settle?.();
    if (this.listeners.length === 0) return;
    queueMicrotask(() => {
      for (const listener of this.listeners) listener(committed);
    });
  }

  private readForeign(upTo: number): void {
    const entries = this.reader.log(this.publishedSeq, CATCH_UP_ENTRIES);
    const own = entries.findIndex((entry) => entry.seq > upTo);
    const foreign = own === -1 ? entries : entries.slice(0, own);
    const isAll = own !== -1 || entries.length < CATCH_UP_ENTRIES;
    this.deliver(committedOf(foreign, isAll ? upTo : foreign.at(-1)!.seq), undefined);
  }
}

function committedOf(entries: readonly LogEntry[], lastSeq: number): Committed {
  const stored: StoredEvent[] = [];
  const removed: number[] = [];
  for (const entry of entries) {
    if (entry.type === "removed") removed.push(entry.eventSeq);
    if (entry.type !== "stored") continue;
    const { seq, createdAt, kind, expiresAt, json } = entry;
    stored.push({ seq, createdAt, kind, expiresAt, json, event: eventFromJson(json) });
  }
  return { lastSeq, stored, removed };
}
