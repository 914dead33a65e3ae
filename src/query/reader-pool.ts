// Reader workers for scans that pass their time budget on the main thread.

import { startWatched } from "../channel/watched-worker.ts";
import type { Hit, ScanOptions } from "../hot/contract.ts";
import type { Filter } from "../nostr/filter.ts";
import { type Refusal, refuse } from "../nostr/reason.ts";
import { whoGivesWay } from "../policy/giving-way.ts";
import type { Client } from "../policy/rotation.ts";
import type { CountRules, ReadRules } from "./count-gate.ts";
import {
  type Chunk,
  type CountReply,
  type HitsReply,
  type ReaderReply,
  type ReaderRequest,
  type ReaderStart,
  unpackHits,
} from "./reader-protocol.ts";

export interface ReaderPoolOptions extends ReaderStart {
  readonly workers: number;
  /** Long scans open at once over all workers. */
  readonly depthMax: number;
  /** A worker died and a new one was started. */
  readonly onTrouble: (reason: string) => void;
}

export interface RemoteChunk {
  readonly hits: Hit[];
  readonly exhausted: boolean;
}

/** A scan that goes on in a worker. What may not be read stays there; whoever reads its hits gates them again. */
export interface RemoteScan {
  /** Further hits, at most a chunk of them. One call at a time. */
  next(chunk: Chunk): Promise<RemoteChunk>;
  close(): void;
}

/** A count that is made in a worker. */
export interface RemoteCount {
  readonly answer: Promise<Pick<CountReply, "count" | "registers">>;
  close(): void;
}

export const TOO_MANY_QUERIES = refuse(
  "rate-limited",
  "too many long queries are running; ask again in a moment",
);

/** Somebody else needed the place of this query. */
class GaveWay extends Error {
  override readonly name = "GaveWay";
}

/** What a client is told of a query that failed here. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof GaveWay) return TOO_MANY_QUERIES;
  return refuse("error", error instanceof Error ? error.message : String(error));
}

interface Pending {
  resolve(reply: HitsReply | CountReply): void;
  reject(error: Error): void;
}

interface Lane {
  /** Undefined while one that died is about to be followed. */
  worker: Worker | undefined;
  readonly jobs: Map<number, Client>;
  restartAfterMs: number;
  restart?: Timer;
}

interface Place {
  readonly lane: Lane;
  readonly job: number;
}

/** A worker that dies before it has answered anything (no file may be opened any more…) is given longer and longer to come back. */
const RESTART_AFTER_MS = 100;
const RESTART_AFTER_MS_MAX = 30_000;
const INTERRUPTED = "the query was interrupted; ask again";

export class ReaderPool {
  private readonly options: ReaderPoolOptions;
  private readonly lanes: Lane[] = [];
  private readonly pending = new Map<number, Pending>();
  private lastJob = 0;
  private stopped = false;

  constructor(options: ReaderPoolOptions) {
    this.options = options;
    for (let i = 0; i < options.workers; i++) {
      const lane: Lane = { worker: undefined, jobs: new Map(), restartAfterMs: 0 };
      this.startWorker(lane);
      this.lanes.push(lane);
    }
  }

  /** Long scans open now. */
  get depth(): number {
    return this.lanes.reduce((total, lane) => total + lane.jobs.size, 0);
  }

  get depthMax(): number {
    return this.options.depthMax;
  }

  /** Undefined when too many scans are open already, and nobody has more of them than this client. */
  open(filter: Filter, options: ScanOptions, rules: ReadRules, client: Client): RemoteScan | undefined {
    const place = this.takePlace(client);
    if (place === undefined) return undefined;
    const { lane, job } = place;
    send(lane, { type: "open", job, filter, options, rules, client: named(client) });
    return {
      next: async (chunk) => {
        if (!lane.jobs.has(job)) throw new Error(INTERRUPTED);
        const reply = await this.ask(lane, { type: "next", job, chunk });
        const { json, numbers, exhausted } = reply as HitsReply;
        return { hits: unpackHits(json, numbers), exhausted };
      },
      close: () => this.close(place),
    };
  }

  /** Counts by these rules; undefined as for scans. */
  count(filter: Filter, rules: CountRules, client: Client): RemoteCount | undefined {
    const place = this.takePlace(client);
    if (place === undefined) return undefined;
    const { lane, job } = place;
    const answer = this.ask(lane, { type: "count", job, filter, rules, client: named(client) });
    return { answer: answer as Promise<CountReply>, close: () => this.close(place) };
  }

  /** A place on the lane with the fewest scans. */
  private takePlace(client: Client): Place | undefined {
    if (this.stopped || (this.depth >= this.options.depthMax && !this.makeRoom(client))) return undefined;
    const lane = this.lanes
      .filter(({ worker }) => worker !== undefined)
      .toSorted((a, b) => a.jobs.size - b.jobs.size)[0];
    if (lane === undefined) return undefined;
    const job = ++this.lastJob;
    lane.jobs.set(job, client);
    return { lane, job };
  }

  /** Ends a scan of whoever has the most of them; false where that is this client. */
  private makeRoom(client: Client): boolean {
    const held = this.lanes.flatMap(({ jobs }) => [...jobs]).sort(([a], [b]) => a - b);
    const job = whoGivesWay(held, client);
    const lane = this.lanes.find(({ jobs }) => job !== undefined && jobs.has(job));
    if (job === undefined || lane === undefined) return false;
    this.pending.get(job)?.reject(new GaveWay(TOO_MANY_QUERIES.text));
    this.close({ lane, job });
    return true;
  }

  private ask(
    lane: Lane,
    request: ReaderRequest & { readonly job: number },
  ): Promise<HitsReply | CountReply> {
    return new Promise((resolve, reject) => {
      this.pending.set(request.job, { resolve, reject });
      send(lane, request);
    });
  }

  private close({ lane, job }: Place): void {
    this.pending.delete(job);
    if (lane.jobs.delete(job)) send(lane, { type: "close", job });
  }

  stop(): void {
    this.stopped = true;
    for (const lane of this.lanes) {
      this.failAll(lane, "the relay is stopping");
      clearTimeout(lane.restart);
      lane.worker?.terminate();
    }
  }

  private startWorker(lane: Lane): void {
    lane.worker = startWatched<ReaderReply>(new URL("./reader-worker.ts", import.meta.url), {
      heard: (reply) => this.settle(lane, reply),
      ended: (worker, reason) => this.replace(lane, worker, reason),
    });
    const { path, tagSeed } = this.options;
    send(lane, { type: "start", start: { path, tagSeed } });
  }

  private settle(lane: Lane, reply: ReaderReply): void {
    lane.restartAfterMs = 0;
    const pending = this.pending.get(reply.job);
    this.pending.delete(reply.job);
    if ("error" in reply) {
      lane.jobs.delete(reply.job);
      return pending?.reject(new Error(reply.error));
    }
    if (!("exhausted" in reply) || reply.exhausted) lane.jobs.delete(reply.job);
    pending?.resolve(reply);
  }

  /** A worker that died takes its scans with it; the clients are told and the next ones find a new worker. */
  private replace(lane: Lane, worker: Worker, reason: string): void {
    if (this.stopped || lane.worker !== worker) return;
    // The reason may name paths of this machine: it is for the log.
    this.failAll(lane, INTERRUPTED);
    worker.terminate();
    lane.worker = undefined;
    this.options.onTrouble(reason);
    lane.restart = setTimeout(() => this.startWorker(lane), lane.restartAfterMs);
    lane.restartAfterMs = Math.min(Math.max(RESTART_AFTER_MS, lane.restartAfterMs * 2), RESTART_AFTER_MS_MAX);
  }

  private failAll(lane: Lane, reason: string): void {
    for (const job of lane.jobs.keys()) {
      this.pending.get(job)?.reject(new Error(reason));
      this.pending.delete(job);
    }
    lane.jobs.clear();
  }
}

/** Without what else a client is: it goes to another thread. */
function named({ address, connection }: Client): Client {
  return { address, connection };
}

function send(lane: Lane, request: ReaderRequest): void {
  lane.worker?.postMessage(request);
}
