// Two stores with the same history, one that keeps everything and one that lets events leave, asked as a client would.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../../src/hot/database.ts";
import { raiseFor } from "../../src/hot/horizon.ts";
import { createReader } from "../../src/hot/reader.ts";
import { createWriter } from "../../src/hot/writer.ts";
import { idOfJson } from "../../src/nostr/event-json.ts";
import type { VerifiedEvent } from "../../src/nostr/event.ts";
import type { Filter } from "../../src/nostr/filter.ts";
import { type CountResult, CountQuery } from "../../src/query/count.ts";
import type { ColdHistory, History } from "../../src/query/history.ts";
import { HyperLogLog } from "../../src/query/hyperloglog.ts";
import { planCounts, planSources, type QueryStores } from "../../src/query/planner.ts";
import { type EndHint, StoredQuery } from "../../src/query/stored-query.ts";
import { SOMEBODY } from "./somebody.ts";

export interface Answer {
  readonly ids: readonly string[];
  readonly hint: EndHint;
}

export interface Counted extends CountResult {
  readonly hll: string;
}

const NOW = 1_700_000_000;
const LIMITS = { defaultLimit: 500, limitMax: 5000 };

/** One hot store in a folder of its own. */
export class HotSide {
  readonly folder = mkdtempSync(join(tmpdir(), "thermocline-tiered-"));
  readonly path = join(this.folder, "a.db");
  readonly writer;
  readonly reader;

  constructor(ownUrls: readonly string[] = []) {
    this.writer = createWriter(openDatabase(this.path, { synchronous: "off" }), {
      ownUrls: new Set(ownUrls),
    });
    this.reader = createReader(this.path, { tagSeed: this.writer.tagSeed });
  }

  /** Answers the seq or the name of the outcome of each. */
  put(events: readonly VerifiedEvent[]): (number | string)[] {
    return this.writer
      .apply(events)
      .outcomes.map((outcome) => (outcome.type === "stored" ? outcome.seq : outcome.type));
  }

  stores(): QueryStores {
    return { reader: this.reader, pool: undefined, hides: () => false, hidesAny: () => false, budgetMs: 5 };
  }

  close(): void {
    this.reader.close();
    this.writer.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A hot store whose events may leave. The horizon is raised as the serving store does it. */
export class TieredSide extends HotSide {
  readonly history: History;
  /** Is the cold store known to hold all that has left? */
  isWhole = true;

  constructor(cold: ColdHistory, ownUrls: readonly string[] = []) {
    super(ownUrls);
    const { evictions } = this.reader;
    this.history = { cold, horizon: evictions.horizon(), isWhole: () => this.isWhole, evictions };
  }

  evict(seqs: readonly number[]): readonly number[] {
    raiseFor(this.history.horizon, this.reader.getMany(seqs));
    return this.writer.removeMany(seqs, "evicted").removed;
  }

  override stores(): QueryStores {
    return { ...super.stores(), history: this.history };
  }
}

const contextFor = (stores: QueryStores, keys: readonly string[], wake: () => void) => ({
  upToSeq: stores.reader.lastSeq(),
  keys: new Set(keys),
  client: SOMEBODY,
  now: NOW,
  wake,
});

/** What a REQ with these filters shows, and the hint of its EOSE. */
export function ask(
  stores: QueryStores,
  filters: readonly Filter[],
  keys: readonly string[] = [],
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ids: string[] = [];
    const context = contextFor(stores, keys, () => query.wake());
    const query: StoredQuery = new StoredQuery(planSources(filters, stores, context, LIMITS), {
      send: (hit) => ids.push(idOfJson(hit.json)),
      hasRoom: () => true,
      done: (hint) => resolve({ ids, hint }),
      failed: ({ text }) => reject(new Error(text)),
      sliceMs: 1000,
    });
    query.advance();
  });
}

/** What a COUNT answers, and the registers that it fed. */
export function count(
  stores: QueryStores,
  filters: readonly Filter[],
  keys: readonly string[] = [],
): Promise<Counted> {
  return new Promise((resolve, reject) => {
    const hyperLogLog = new HyperLogLog(16);
    const context = contextFor(stores, keys, () => query.advance());
    const query: CountQuery = new CountQuery(planCounts(filters, stores, context, hyperLogLog), {
      hyperLogLog,
      done: (result) => resolve({ ...result, hll: hyperLogLog.toHex() }),
      failed: ({ text }) => reject(new Error(text)),
      sliceMs: 1000,
    });
    query.advance();
  });
}
