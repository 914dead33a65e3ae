// Which NIP-05 identifiers were found to be true, and when to look again: a small SQLite file, itself the queue of checks.

import { Database } from "bun:sqlite";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Identifier } from "./identifier.ts";
import type { DomainAnswer } from "./well-known.ts";

/** In the data folder. It can be deleted at any time: everything is asked again. */
const DIRECTORY_FILE = "identity.db";

export interface Claim extends Identifier {
  readonly pubkey: string;
}

/** What a profile says now; without an identifier the key has none any more. */
export interface Profile {
  readonly pubkey: string;
  readonly identifier: Identifier | undefined;
}

const DAY = 86_400;
/** A domain is asked again after so long, with a spread so that what came together does not stay together. */
const RECHECK_SECONDS = 3 * DAY;
const RECHECK_SPREAD_SECONDS = DAY;
/** What could not be confirmed again for so long does not count any more. */
const VALID_SECONDS = 14 * DAY;
const RETRY_SECONDS = 3600;
const RETRY_DOUBLINGS_MAX = 6;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS claim (
    pubkey      TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    domain      TEXT NOT NULL,
    verified_at INTEGER NOT NULL DEFAULT 0,  -- unix seconds; 0 = never, or found untrue
    failures    INTEGER NOT NULL DEFAULT 0,  -- times in a row that the domain could not be asked
    due_at      INTEGER NOT NULL
  ) WITHOUT ROWID, STRICT;
  CREATE INDEX IF NOT EXISTS claim_by_domain ON claim (domain, verified_at);
  CREATE INDEX IF NOT EXISTS claim_by_due ON claim (due_at);
`;

/** Opens the directory for its one writer; a damaged file is made anew. */
export function openDirectory(folder: string): Directory {
  try {
    return new Directory(folder);
  } catch {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(join(folder, DIRECTORY_FILE + suffix), { force: true });
    return new Directory(folder);
  }
}

export class Directory {
  private readonly database: Database;
  private readonly random: () => number;

  /** One thread writes; others open it for reading. */
  constructor(folder: string, random: () => number = Math.random) {
    this.random = random;
    this.database = new Database(join(folder, DIRECTORY_FILE), { create: true, strict: true });
    this.database.run("PRAGMA busy_timeout = 5000");
    this.database.run("PRAGMA journal_mode = WAL");
    this.database.run("PRAGMA synchronous = NORMAL");
    this.database.run(SCHEMA);
  }

  /** Takes down what profiles claim. A claim that is known keeps its answer; a new one is due at once. */
  note(profiles: readonly Profile[], nowSeconds: number): void {
    const keep = this.database.query(
      `INSERT INTO claim (pubkey, name, domain, due_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (pubkey) DO UPDATE SET name = excluded.name, domain = excluded.domain, verified_at = 0,
         failures = 0, due_at = excluded.due_at
       WHERE name <> excluded.name OR domain <> excluded.domain`,
    );
    const drop = this.database.query("DELETE FROM claim WHERE pubkey = ?");
    this.database.transaction(() => {
      for (const { pubkey, identifier } of profiles) {
        if (identifier === undefined) drop.run(pubkey);
        else keep.run(pubkey, identifier.name, identifier.domain, nowSeconds);
      }
    })();
  }

  /** Claims that are to be asked about now, the longest due first. */
  due(nowSeconds: number, limit: number): Claim[] {
    return this.database
      .query<Claim, [number, number]>(
        "SELECT pubkey, name, domain FROM claim WHERE due_at <= ? ORDER BY due_at LIMIT ?",
      )
      .all(nowSeconds, limit);
  }

  /** Takes down what the domain said of a claim, unless the profile claims something else by now. */
  settle({ pubkey, name, domain }: Claim, answer: DomainAnswer, nowSeconds: number): void {
    if (answer.type === "unreachable") return this.postpone({ pubkey, name, domain }, nowSeconds);
    const verifiedAt = answer.pubkey === pubkey ? nowSeconds : 0;
    const dueAt = nowSeconds + RECHECK_SECONDS + Math.floor(this.random() * RECHECK_SPREAD_SECONDS);
    this.database
      .query(
        "UPDATE claim SET verified_at = ?, failures = 0, due_at = ? WHERE pubkey = ? AND name = ? AND domain = ?",
      )
      .run(verifiedAt, dueAt, pubkey, name, domain);
  }

  /** A domain that cannot be asked about one name cannot be asked about the others either. */
  private postpone({ pubkey, name, domain }: Claim, nowSeconds: number): void {
    this.database
      .query("UPDATE claim SET due_at = ? WHERE domain = ? AND due_at < ?")
      .run(nowSeconds + RETRY_SECONDS, domain, nowSeconds + RETRY_SECONDS);
    this.database
      .query(
        `UPDATE claim SET failures = failures + 1, due_at = ? + (? << min(failures, ?))
         WHERE pubkey = ? AND name = ? AND domain = ?`,
      )
      .run(nowSeconds, RETRY_SECONDS, RETRY_DOUBLINGS_MAX, pubkey, name, domain);
  }

  /** The domain that has confirmed this key lately. */
  domainOf(pubkey: string, nowSeconds: number): string | undefined {
    return this.database
      .query<{ domain: string }, [string, number]>(
        "SELECT domain FROM claim WHERE pubkey = ? AND verified_at > ?",
      )
      .get(pubkey, nowSeconds - VALID_SECONDS)?.domain;
  }

  /** Keys that this domain has confirmed lately. */
  authorsOf(domain: string, nowSeconds: number, limit: number): string[] {
    return this.database
      .query<{ pubkey: string }, [string, number, number]>(
        "SELECT pubkey FROM claim WHERE domain = ? AND verified_at > ? LIMIT ?",
      )
      .all(domain, nowSeconds - VALID_SECONDS, limit)
      .map(({ pubkey }) => pubkey);
  }

  close(): void {
    this.database.close();
  }
}
