// The hot store as a serving relay holds it: reads here, writes on the writer thread, commits told in order.

import { join } from "node:path";
import { BatchChannel } from "../channel/batch-channel.ts";
import type { VerifiedEvent } from "../nostr/event.ts";
import { expirationOf, NEVER_EXPIRES } from "../nostr/expiration.ts";
import { packBatch } from "./batch-codec.ts";
import { CommitPublisher } from "./commit-publisher.ts";
import type { Committed, HotReader, RemovalReason, StoredEvent, WriteOutcome } from "./contract.ts";
import { DATABASE_FILE, openDatabase, type Synchronous } from "./database.ts";
import type { EvictionHorizon } from "./horizon.ts";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import { outcomeOf } from "./outcome-code.ts";
import { createReader } from "./reader.ts";
import { asStoreError } from "./store-error.ts";
import { createTail, type RecentTail } from "./tail.ts";
import { TailLoader } from "./tail-loader.ts";
import type { AppliedBatch } from "./writer.ts";
import { WriterLost, WriterThread } from "./writer-thread.ts";

export interface HotStoreOptions {
  /** An existing folder; the database file in it is made when missing. */
  readonly folder: string;
  readonly synchronous?: Synchronous;
  /** Normalised URLs of this relay. */
  readonly ownUrls: readonly string[];
  /** Bytes of the recent tail. */
  readonly tailBytesMax?: number;
  /** SQLite page cache of the writer, bytes. */
  readonly writerCacheBytes?: number;
  /** Bytes of events that the reader keeps beside the tail. */
  readonly readerCacheBytes?: number;
  /** Events waiting for a commit, at most. */
  readonly writeDepthMax?: number;
  /** Bytes of events waiting for a commit, at most. */
  readonly writeBytesMax?: number;
  /** How often the idle writer looks for other processes' commits, expired events and so on. */
  readonly tickMs?: number;
  /** Told about faults that nobody waits for: housekeeping that failed, a writer thread that died. */
  readonly onTrouble?: (text: string) => void;
}

export interface HotStore {
  /** Reads of this thread, with the recent tail. */
  readonly reader: HotReader;
  /** For readers on other threads: where the file is, and the secret of its tag keys. */
  readonly path: string;
  readonly tagSeed: bigint;
  /** Last seq that has been published: everything up to here is in the tail and was, or is just being, told to listeners. */
  readonly lastSeq: number;
  /** Queues an event. False when the queue is full or the store is stopping, and then settle() is never called. */
  write(event: VerifiedEvent, settle: (outcome: WriteOutcome) => void): boolean;
  /** Hears of every commit in the order of seq, in a microtask after the outcomes of its events have been settled. */
  onCommitted(listener: (committed: Committed) => void): void;
  /** Events queued and in flight, and their bound. */
  readonly writeDepth: number;
  readonly writeDepthMax: number;
  /** Why nothing can be written now; undefined while the writer thread is up. And how often it was started anew. */
  readonly writerFault: string | undefined;
  readonly writerRestarts: number;
  /** What the recent tail holds. */
  readonly tail: Pick<RecentTail, "size" | "bytes">;
  /** Operator's acts. They resolve once they are on disk and published; a large rest is removed in the background. */
  banEvent(id: string, reason: string): Promise<void>;
  unbanEvent(id: string): Promise<void>;
  banPubkey(pubkey: string, reason: string): Promise<void>;
  unbanPubkey(pubkey: string): Promise<void>;
  /** How far back everything is here. Raised before anything leaves. */
  readonly horizon: EvictionHorizon;
  /**
   * Removes rows without a tombstone; answers how many were still there. `evicted` leaves stubs: the cold store must hold
   * these events, its owner has made sure.
   */
  removeMany(seqs: readonly number[], reason: RemovalReason): Promise<number>;
  /** Notes how far a follower of the log has come: removals it has not seen are kept for it, for ever. */
  moveFollower(name: string, seq: number): Promise<void>;
  dropFollower(name: string): Promise<void>;
  /** Writes out what is queued, then closes everything. */
  stop(): Promise<void>;
}

const MEBIBYTE = 1024 * 1024;
const WRITE_DEPTH_MAX = 20_000;
const BATCH_MAX = 1000;
/** What the tail holds before the relay serves: some 100 ms of a start. The rest comes in slices, with pauses between. */
const TAIL_AT_START_BYTES = 32 * MEBIBYTE;
const SLICE_PAUSE_MS = 2;

/** Opens the store of a data folder for serving. Throws StoreError when the folder, the file or the lock says no. */
export async function openHotStore(options: HotStoreOptions): Promise<HotStore> {
  const path = join(options.folder, DATABASE_FILE);
  const lock = lockFolder(options.folder);
  let thread: WriterThread | undefined;
  try {
    thread = await WriterThread.start({
      path,
      synchronous: options.synchronous ?? "full",
      cacheBytes: options.writerCacheBytes ?? 64 * MEBIBYTE,
      ownUrls: options.ownUrls,
      tickMs: options.tickMs ?? 250,
    });
    return new ThreadedHotStore(path, thread, lock, options);
  } catch (error) {
    await thread?.stop();
    lock.release();
    throw asStoreError(error, path);
  }
}

class ThreadedHotStore implements HotStore {
  readonly reader: HotReader;
  readonly tail: RecentTail;
  readonly path: string;
  readonly tagSeed: bigint;
  readonly horizon: EvictionHorizon;
  readonly writeDepthMax: number;
  private readonly thread: WriterThread;
  private readonly lock: FolderLock;
  private readonly channel: BatchChannel<VerifiedEvent, WriteOutcome>;
  private readonly publisher: CommitPublisher;
  private readonly writeBytesMax: number;
  private writeBytes = 0;
  /** Set while the tail is still being filled with older events. */
  private loader: TailLoader | undefined;
  private loading: Timer | undefined;
  private stopping: Promise<void> | undefined;

  constructor(path: string, thread: WriterThread, lock: FolderLock, options: HotStoreOptions) {
    this.path = path;
    this.thread = thread;
    this.lock = lock;
    this.tagSeed = thread.tagSeed;
    this.writeDepthMax = options.writeDepthMax ?? WRITE_DEPTH_MAX;
    this.writeBytesMax = options.writeBytesMax ?? 64 * MEBIBYTE;
    const tail = createTail({ bytesMax: options.tailBytesMax ?? 128 * MEBIBYTE });
    this.loader = new TailLoader(tail, openDatabase(path, { readonly: true }));
    this.loader.loadUpTo(TAIL_AT_START_BYTES);
    this.loadOlder(this.loader);
    this.reader = createReader(path, {
      tagSeed: this.tagSeed,
      tail,
      cacheBytes: options.readerCacheBytes ?? 32 * MEBIBYTE,
    });
    this.tail = tail;
    this.horizon = this.reader.evictions.horizon();
    this.publisher = new CommitPublisher({ reader: this.reader, tail, publishedSeq: tail.lastSeq });
    this.channel = new BatchChannel({
      name: "hot-writer",
      depthMax: this.writeDepthMax,
      batchMax: BATCH_MAX,
      inFlightMax: 1,
      carry: (events) => this.carry(events),
      failed: (error) =>
        error instanceof WriterLost
          ? { type: "unknown" }
          : { type: "failed", error: error instanceof Error ? error.message : String(error) },
    });
    thread.listen({
      swept: ({ before, lastSeq, removed }) =>
        this.publisher.publish(before, { lastSeq, stored: [], removed }),
      foreign: (lastSeq) => this.publisher.catchUp(lastSeq),
      trouble: (text) => options.onTrouble?.(text),
    });
  }

  get lastSeq(): number {
    return this.publisher.publishedSeq;
  }

  get writeDepth(): number {
    return this.channel.depth;
  }

  get writerFault(): string | undefined {
    return this.thread.fault;
  }

  get writerRestarts(): number {
    return this.thread.restarts;
  }

  write(event: VerifiedEvent, settle: (outcome: WriteOutcome) => void): boolean {
    // A single event may be as large as it likes: admission has measured it.
    if (
      this.stopping !== undefined ||
      (this.writeBytes > 0 && this.writeBytes + event.json.length > this.writeBytesMax)
    ) {
      return false;
    }
    this.writeBytes += event.json.length;
    if (this.channel.offer(event, settle)) return true;
    this.writeBytes -= event.json.length;
    return false;
  }

  onCommitted(listener: (committed: Committed) => void): void {
    this.publisher.onCommitted(listener);
  }

  async banEvent(id: string, reason: string): Promise<void> {
    await this.thread.act({ act: "banEvent", id, reason }, this.publishAct);
  }

  async unbanEvent(id: string): Promise<void> {
    await this.thread.act({ act: "unbanEvent", id }, this.publishAct);
  }

  async banPubkey(pubkey: string, reason: string): Promise<void> {
    await this.thread.act({ act: "banPubkey", pubkey, reason }, this.publishAct);
  }

  async unbanPubkey(pubkey: string): Promise<void> {
    await this.thread.act({ act: "unbanPubkey", pubkey }, this.publishAct);
  }

  async removeMany(seqs: readonly number[], reason: RemovalReason): Promise<number> {
    const asked = new Set(seqs);
    const takeOut = () => this.thread.act({ act: "removeMany", seqs, reason }, this.publishAct);
    const { removed } =
      reason === "evicted" ? await this.horizon.during(this.reader.getMany(seqs), takeOut) : await takeOut();
    return removed.filter((seq) => asked.has(seq)).length;
  }

  async moveFollower(name: string, seq: number): Promise<void> {
    await this.thread.act({ act: "moveFollower", name, seq }, this.publishAct);
  }

  async dropFollower(name: string): Promise<void> {
    await this.thread.act({ act: "dropFollower", name }, this.publishAct);
  }

  stop(): Promise<void> {
    this.stopping ??= this.close();
    return this.stopping;
  }

  private readonly publishAct: Parameters<WriterThread["act"]>[1] = ({ before, lastSeq, removed }, settle) =>
    this.publisher.publish(before, { lastSeq, stored: [], removed }, settle);

  /** One batch to the writer and back. Not an async function: settling must come before the listeners' microtask. */
  private carry(events: readonly VerifiedEvent[]): Promise<readonly WriteOutcome[]> {
    const batch = packBatch(events, this.tagSeed);
    const bytes = batch.text.length;
    return new Promise((resolve, reject) => {
      this.thread.apply(batch, {
        applied: (applied) => {
          this.writeBytes -= bytes;
          const { before, lastSeq, removed } = applied;
          const committed = { lastSeq, stored: storedOf(events, applied), removed };
          this.publisher.publish(before, committed, () => resolve(outcomesOf(applied)));
        },
        lost: (error) => {
          this.writeBytes -= bytes;
          reject(error);
        },
      });
    });
  }

  /** A slice now and then, until the tail is full or holds everything. */
  private loadOlder(loader: TailLoader): void {
    this.loading = setTimeout(() => {
      if (loader.slice()) this.loadOlder(loader);
      else this.endLoading();
    }, SLICE_PAUSE_MS);
  }

  private endLoading(): void {
    clearTimeout(this.loading);
    this.loader?.close();
    this.loader = undefined;
  }

  private async close(): Promise<void> {
    this.endLoading();
    await this.channel.drained();
    await this.thread.stop();
    this.publisher.stop();
    this.reader.close();
    this.lock.release();
  }
}

function outcomesOf({ codes, error }: AppliedBatch): WriteOutcome[] {
  return Array.from(codes, (code) => outcomeOf(code, error));
}

/** The events of a batch that are stored after it: one that a later event of the same batch removed is not news. */
function storedOf(events: readonly VerifiedEvent[], { codes, removed }: AppliedBatch): StoredEvent[] {
  const gone = removed.length > 0 ? new Set(removed) : undefined;
  const stored: StoredEvent[] = [];
  for (let i = 0; i < events.length; i++) {
    const seq = codes[i]!;
    if (seq <= 0 || gone?.has(seq)) continue;
    const { event, json } = events[i]!;
    const expiresAt = expirationOf(event) ?? NEVER_EXPIRES;
    stored.push({ seq, createdAt: event.created_at, kind: event.kind, expiresAt, json, event });
  }
  return stored;
}
