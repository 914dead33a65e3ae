// A second full-text index, filled beside the one that answers, which takes its place when it has everything.

import { Database } from "bun:sqlite";
import { renameSync } from "node:fs";
import { join } from "node:path";
import type { SignatureCheck } from "../nostr/event.ts";
import type { Oracles } from "../search/match.ts";
import type { HotReader } from "./contract.ts";
import {
  FULLTEXT_FILE,
  openFulltext,
  REBUILD_FILE,
  READY_FILE,
  removeFulltext,
} from "./fulltext-database.ts";
import { FulltextFeed } from "./fulltext-feed.ts";
import { FulltextFollower } from "./fulltext-follower.ts";

/** Kept in the index itself; `mark` tells one request from another. */
export interface RebuildState {
  readonly mark: string;
  readonly state: "asked" | "running" | "done" | "failed";
  readonly done: number;
  readonly total: number;
  /** Why it failed. */
  readonly reason: string;
}

/** Entries that it may still lack when it takes its place: what comes meanwhile would never let it be level. */
const LAG_MAX = 500;
const BUSY_MS = 5000;

/** Asks whoever follows the index of this folder to fill it anew. Throws when there is none. */
export function requestRebuild(folder: string, mark: string): void {
  // Whatever its version: the relay that has it open may be an older one.
  const database = new Database(join(folder, FULLTEXT_FILE), { readwrite: true, strict: true });
  try {
    database.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
    writeRebuild(database, { mark, state: "asked", done: 0, total: 0, reason: "" });
  } finally {
    database.close();
  }
}

/** The last request, and what has become of it. */
export function readRebuild(database: Database): RebuildState | undefined {
  const row = database.query<{ value: string }, []>("SELECT value FROM meta WHERE key = 'rebuild'").get();
  return row === null ? undefined : (JSON.parse(row.value) as RebuildState);
}

export function writeRebuild(database: Database, state: RebuildState): void {
  database.run("INSERT OR REPLACE INTO meta VALUES ('rebuild', ?)", [JSON.stringify(state)]);
}

export class FulltextRebuild {
  readonly mark: string;
  private readonly folder: string;
  private readonly database: Database;
  private readonly feed: FulltextFeed;
  private readonly follower: FulltextFollower;

  constructor(
    folder: string,
    mark: string,
    reader: HotReader,
    isSigned: SignatureCheck,
    oracles: Oracles,
    now: () => number,
  ) {
    this.mark = mark;
    this.folder = folder;
    removeFulltext(folder, REBUILD_FILE);
    this.database = openFulltext(folder, REBUILD_FILE);
    this.feed = new FulltextFeed(this.database, isSigned, oracles);
    this.follower = new FulltextFollower(reader, this.feed, { now });
  }

  /** Takes in one batch; true when it has everything but the last moments. */
  step(): boolean {
    return !this.follower.step() || this.follower.lag() <= LAG_MAX;
  }

  state(): RebuildState {
    const done = this.feed.cursor();
    return { mark: this.mark, state: "running", done, total: done + this.follower.lag(), reason: "" };
  }

  /** Closes it as what the next openFulltext() finds: the renaming is the moment from which the old one is void. */
  finish(): void {
    writeRebuild(this.database, { ...this.state(), state: "done" });
    // Brings the log of writes home: closing alone does not while statements are still held.
    this.database.run("PRAGMA journal_mode = DELETE");
    this.database.close();
    renameSync(join(this.folder, REBUILD_FILE), join(this.folder, READY_FILE));
  }

  abandon(): void {
    this.database.close();
    removeFulltext(this.folder, REBUILD_FILE);
  }
}
