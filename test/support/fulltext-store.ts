// A real hot store with its full-text index beside it, on one thread, for tests.

import type { Database } from "bun:sqlite";
import { join } from "node:path";
import type { HotReader, WriteOutcome } from "../../src/hot/contract.ts";
import { DATABASE_FILE, openDatabase } from "../../src/hot/database.ts";
import type { FulltextOptions } from "../../src/hot/fulltext-contract.ts";
import { openFulltext } from "../../src/hot/fulltext-database.ts";
import { FulltextFeed } from "../../src/hot/fulltext-feed.ts";
import { FulltextFollower } from "../../src/hot/fulltext-follower.ts";
import { FulltextReader } from "../../src/hot/fulltext-reader.ts";
import { createReader } from "../../src/hot/reader.ts";
import { StoreWriter } from "../../src/hot/writer.ts";
import type { VerifiedEvent } from "../../src/nostr/event.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import type { Oracles } from "../../src/search/match.ts";
import { parseSearch } from "../../src/search/parse.ts";
import type { SearchQuery } from "../../src/search/query.ts";

export const NOW = 1_700_000_000;

export class FulltextStore {
  readonly folder: string;
  readonly writer: StoreWriter;
  readonly reader: HotReader;
  readonly database: Database;
  readonly feed: FulltextFeed;
  readonly follower: FulltextFollower;
  readonly fulltext: FulltextReader;
  private readonly hot: Database;

  constructor(folder: string, oracles: Oracles = {}) {
    this.folder = folder;
    const path = join(folder, DATABASE_FILE);
    this.hot = openDatabase(path, { synchronous: "off" });
    this.writer = new StoreWriter(this.hot, { ownUrls: new Set(["wss://relay.example"]) });
    this.reader = createReader(path, { tagSeed: this.writer.tagSeed });
    this.database = openFulltext(folder);
    this.feed = new FulltextFeed(this.database, () => true, oracles);
    this.follower = new FulltextFollower(this.reader, this.feed, { now: () => NOW, batchEntries: 100 });
    this.fulltext = new FulltextReader(this.database, this.reader, oracles);
  }

  write(...events: VerifiedEvent[]): readonly WriteOutcome[] {
    return this.writer.apply(events).outcomes;
  }

  /** Takes in everything that is in the log. */
  catchUp(): void {
    while (this.follower.step());
  }

  /** Contents of the events found, best first. */
  find(search: string, filter: object = {}, limit = 100): string[] {
    return this.seqs(search, filter, limit).map((seq) => {
      const hit = this.reader.getMany([seq])[0]!;
      return (JSON.parse(hit.json) as { content: string }).content;
    });
  }

  seqs(
    search: string,
    filter: object = {},
    limit = 100,
    part: Pick<FulltextOptions, "fresh"> & { upToSeq?: number } = {},
  ): number[] {
    const options = {
      limit,
      upToSeq: Number.MAX_SAFE_INTEGER,
      nowSeconds: NOW,
      deadlineMs: Number.POSITIVE_INFINITY,
      ...part,
    };
    const answer = this.fulltext.search(parsed(search), { tags: [], ...filter }, options);
    if (isRefusal(answer)) throw new Error(answer.text);
    const { candidates } = answer;
    return this.reader.getMany(candidates.map(({ seq }) => seq)).map(({ seq }) => seq);
  }

  count(search: string, filter: object = {}): { count: number; exact: boolean } {
    const options = {
      upToSeq: Number.MAX_SAFE_INTEGER,
      nowSeconds: NOW,
      deadlineMs: Number.POSITIVE_INFINITY,
    };
    const answer = this.fulltext.count(parsed(search), { tags: [], ...filter }, options);
    if (isRefusal(answer)) throw new Error(answer.text);
    return answer;
  }

  close(): void {
    this.database.close();
    this.reader.close();
    this.writer.close();
  }
}

export function parsed(search: string): SearchQuery {
  const query = parseSearch(search, { nowSeconds: NOW });
  if (isRefusal(query)) throw new Error(`${search}: ${query.text}`);
  return query;
}
