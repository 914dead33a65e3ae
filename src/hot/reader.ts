// The read side of the hot store: scans, lookups and the log, on a connection that cannot write.

import { Database } from "bun:sqlite";
import type { Filter } from "../nostr/filter.ts";
import type {
  BookedErasures,
  CountGate,
  Counting,
  Hit,
  HotReader,
  LogEntry,
  Scan,
  ScanOptions,
} from "./contract.ts";
import { EventCache } from "./event-cache.ts";
import { EvictionCandidates } from "./eviction-candidates.ts";
import { EvictionReader } from "./eviction-reader.ts";
import { HitLookup } from "./hit-lookup.ts";
import { lastSeqOf, LogReader } from "./log.ts";
import { WORK_PER_LOOK } from "./scan-budget.ts";
import { createCounting } from "./scan-count.ts";
import { createScan, type ScanGround } from "./scan.ts";
import { ReadStatements } from "./stream-sql.ts";
import type { RecentTail } from "./tail.ts";

export interface ReaderOptions {
  /** The store's secret for tag keys (meta `tag_seed`). */
  readonly tagSeed: bigint;
  /** Of this thread; whoever owns it loads it and applies every commit. */
  readonly tail?: RecentTail;
  /** Bytes of events kept that are not in the tail. */
  readonly cacheBytes?: number;
  /** Bytes of SQLite's own page cache. */
  readonly pageCacheBytes?: number;
  /** Bytes of the file that are mapped into memory; SQLite takes no more than 2 GiB. */
  readonly mmapBytes?: number;
  /** Work between two looks at the clock (see Meter). Tests make it small. */
  readonly workPerLook?: number;
}

const MEBIBYTE = 2 ** 20;

/** Opens a reader on an existing store. Throws when the file is missing or is not a store. */
export function createReader(path: string, options: ReaderOptions): HotReader {
  return new SqliteReader(openForReading(path, options), options);
}

function openForReading(path: string, options: ReaderOptions): Database {
  const database = new Database(path, { readonly: true });
  database.run("PRAGMA query_only = ON");
  database.run("PRAGMA busy_timeout = 5000");
  database.run(`PRAGMA cache_size = -${Math.ceil((options.pageCacheBytes ?? 64 * MEBIBYTE) / 1024)}`);
  database.run(`PRAGMA mmap_size = ${options.mmapBytes ?? 2048 * MEBIBYTE}`);
  return database;
}

class SqliteReader implements HotReader {
  private readonly database: Database;
  private readonly ground: ScanGround;
  readonly evictions: EvictionReader;
  readonly candidates: EvictionCandidates;
  private readonly lookup: HitLookup;
  private readonly logReader: LogReader;

  constructor(database: Database, options: ReaderOptions) {
    this.database = database;
    const statements = new ReadStatements(database);
    const cache = new EventCache(options.cacheBytes ?? 64 * MEBIBYTE);
    this.lookup = new HitLookup(statements, options.tail, cache);
    this.logReader = new LogReader(database, statements);
    this.evictions = new EvictionReader(database, statements, this.lookup);
    this.candidates = new EvictionCandidates(database);
    this.ground = {
      statements,
      lookup: this.lookup,
      tail: options.tail,
      tagSeed: options.tagSeed,
      workPerLook: options.workPerLook ?? WORK_PER_LOOK,
    };
  }

  scan(filter: Filter, options: ScanOptions = {}): Scan {
    return createScan(this.ground, filter, options);
  }

  count(filter: Filter, gate: CountGate): Counting {
    const { statements, workPerLook } = this.ground;
    return createCounting(filter, gate, statements, (part) => this.scan(part), workPerLook);
  }

  has(id: string, createdAt?: number): boolean {
    return this.lookup.hasId(id, createdAt);
  }

  get(id: string): Hit | undefined {
    return this.lookup.byId(id);
  }

  getMany(seqs: readonly number[]): Hit[] {
    return this.ground.statements.snapshot(() => {
      const hits: Hit[] = [];
      for (const seq of seqs) {
        const hit = this.lookup.storedBySeq(seq);
        if (hit !== undefined) hits.push(hit);
      }
      return hits;
    });
  }

  vanishing(): BookedErasures {
    return this.ground.statements.snapshot(() => {
      const rows = this.database
        .query<{ pubkey: Uint8Array; until: number }, []>(
          "SELECT pubkey, until FROM clearing WHERE reason = 'vanished'",
        )
        .all();
      const keys = rows.map(({ pubkey, until }) => ({ pubkey: pubkey.toHex(), until }));
      return { keys, lastSeq: this.lastSeq() };
    });
  }

  log(after: number, limit: number): LogEntry[] {
    return this.logReader.entries(after, limit);
  }

  eventCount(): number {
    const row = this.database.query("SELECT count(*) AS count FROM event").get() as { count: number };
    return row.count;
  }

  lastSeq(): number {
    return lastSeqOf(this.database);
  }

  close(): void {
    this.database.close();
  }
}
