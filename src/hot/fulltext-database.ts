// The file beside the hot store that holds its full-text index and engagement counters, all of it derived from the log.

// A file of its own, because its writer must never make a publish wait: SQLite has one writer a file, and merging an
// FTS5 index can take long. It can be deleted at any time; the log fills it again.

import { constants, Database } from "bun:sqlite";
import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { asStoreError, isDamage, StoreError } from "./store-error.ts";
import { TREND_SCHEMA } from "./trend-schema.ts";
import { TRUSTED_TARGET_SCHEMA } from "./trusted-targets.ts";

export const FULLTEXT_FILE = "fulltext.db";
/** One that is being filled beside it, and one that is full and takes its place with the next opening. */
export const REBUILD_FILE = "fulltext-rebuild.db";
export const READY_FILE = "fulltext-ready.db";

/** Raise it when tables, tokenising or searchable text change: an older file is then emptied and filled again. */
const VERSION = 5;

// FTS5 gets tokens that are made already (src/search/tokenise.ts), separated by spaces; its `ascii` tokenizer leaves
// everything beyond ASCII alone. Nothing is stored but the index itself, and rowid is the event's seq.
const SCHEMA = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;

  CREATE VIRTUAL TABLE note USING fts5(
    title, body, url, facet, content='', contentless_delete=1, tokenize='ascii');
  -- Profiles stand apart: looking somebody up while typing needs short prefixes of a small index.
  CREATE VIRTUAL TABLE profile USING fts5(
    name, body, url, facet, content='', contentless_delete=1, tokenize='ascii', prefix='1 2 3');

  -- What a search filters and ranks by without reading the event.
  CREATE TABLE doc (
    seq        INTEGER PRIMARY KEY,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,  -- 0 = never
    kind       INTEGER NOT NULL,
    author     INTEGER NOT NULL,  -- authorKey(pubkey)
    target     INTEGER NOT NULL,  -- key of what actions on this event are counted under
    marks      INTEGER NOT NULL,  -- bits, see fulltext-facets.ts
    language   TEXT NOT NULL,     -- ISO 639-1, '' when unknown
    exact      INTEGER NOT NULL,  -- fingerprint of its text, see near-duplicate.ts
    similar_high INTEGER,         -- NULL: too short to be compared that way
    similar_low  INTEGER
  ) STRICT;
  CREATE INDEX doc_by_expiry ON doc (expires_at) WHERE expires_at > 0;

  -- Distinct people for each class of action.
  CREATE TABLE target (
    key       INTEGER PRIMARY KEY,
    ref       TEXT NOT NULL,     -- hex id or address
    reactions INTEGER NOT NULL DEFAULT 0,
    downvotes INTEGER NOT NULL DEFAULT 0,
    reposts   INTEGER NOT NULL DEFAULT 0,
    replies   INTEGER NOT NULL DEFAULT 0,
    quotes    INTEGER NOT NULL DEFAULT 0,
    zaps      INTEGER NOT NULL DEFAULT 0,
    msats     INTEGER NOT NULL DEFAULT 0,
    score     INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX target_by_score ON target (score) WHERE score > 0;
  CREATE INDEX target_by_msats ON target (msats) WHERE msats > 0;

  -- Who did what, and how often: the count of a class changes with the first and the last of them only.
  CREATE TABLE actor (
    target INTEGER NOT NULL,
    class  INTEGER NOT NULL,
    actor  INTEGER NOT NULL,
    uses   INTEGER NOT NULL,
    hour   INTEGER NOT NULL,     -- unix hours of the first
    msats  INTEGER NOT NULL,
    PRIMARY KEY (target, class, actor)
  ) WITHOUT ROWID, STRICT;
  -- Which event did it, to take it back when that event goes.
  CREATE TABLE action (
    seq    INTEGER NOT NULL,
    target INTEGER NOT NULL,
    class  INTEGER NOT NULL,
    actor  INTEGER NOT NULL,
    msats  INTEGER NOT NULL,
    PRIMARY KEY (seq, target, class)
  ) WITHOUT ROWID, STRICT;
  -- Which receipt stands for a zap that somebody signed: the first; further ones say the same again.
  CREATE TABLE zap (
    request INTEGER PRIMARY KEY,  -- idKey() of what the payer signed
    seq     INTEGER NOT NULL
  ) STRICT;
  -- New actors of each hour of the last days, for trends: hours may be added up, nobody is counted twice.
  CREATE TABLE bucket (
    hour   INTEGER NOT NULL,
    target INTEGER NOT NULL,
    class  INTEGER NOT NULL,
    actors INTEGER NOT NULL,
    msats  INTEGER NOT NULL,
    PRIMARY KEY (hour, target, class)
  ) WITHOUT ROWID, STRICT;

  CREATE TABLE author (key INTEGER PRIMARY KEY, pubkey TEXT NOT NULL, followers INTEGER NOT NULL) STRICT;
  CREATE TABLE follow (
    follower INTEGER NOT NULL, followed INTEGER NOT NULL, PRIMARY KEY (follower, followed)) WITHOUT ROWID, STRICT;
  CREATE TABLE follow_list (follower INTEGER PRIMARY KEY, seq INTEGER NOT NULL) STRICT;
${TRUSTED_TARGET_SCHEMA}${TREND_SCHEMA}`;

const CACHE_BYTES = 16 * 1024 * 1024;
/** Ranking looks up hundreds of rows here and there: through a map that takes half as long. */
const MMAP_BYTES = 2048 * 1024 * 1024;

/**
 * Opens the file for its one writer; makes it, or makes it anew, where it is missing, older, newer or damaged. Throws
 * StoreError where the disk is full, the file somebody else's or in use: that passes, and filling it again takes long.
 */
export function openFulltext(folder: string, file = FULLTEXT_FILE): Database {
  if (file === FULLTEXT_FILE) adoptReady(folder);
  const path = join(folder, file);
  try {
    return openCurrent(path);
  } catch (error) {
    const fault = asStoreError(error, path);
    if (fault instanceof StoreError && fault.fault !== "damaged") throw fault;
    removeFulltext(folder, file);
    return openCurrent(path);
  }
}

/** Which file it is, by a number: readers of one that another has taken the place of open it again. */
export function fulltextNumber(folder: string): number | undefined {
  return statSync(join(folder, FULLTEXT_FILE), { throwIfNoEntry: false })?.ino;
}

/** Closes the connection of an index that another takes the place of, whose log of writes has the same name. */
export function closeReplaced(database: Database): void {
  database.fileControl(constants.SQLITE_FCNTL_PERSIST_WAL, 1);
  database.close();
}

/** The old one goes with its log of writes, which must never be taken for the new one's. */
function adoptReady(folder: string): void {
  const ready = join(folder, READY_FILE);
  if (!existsSync(ready)) return;
  removeFulltext(folder);
  renameSync(ready, join(folder, FULLTEXT_FILE));
}

/** A connection that cannot write, for searches. Throws when the file does not exist yet. */
export function openFulltextForReading(folder: string): Database {
  const database = new Database(join(folder, FULLTEXT_FILE), { readonly: true });
  database.run("PRAGMA query_only = ON");
  tune(database);
  return database;
}

/** The same for whoever asks whom to trust: the trust of the moment lives in a temporary table. */
export function openFulltextForTrust(folder: string): Database {
  const database = openFulltextForReading(folder);
  database.run("PRAGMA query_only = OFF");
  return database;
}

/** Forgets everything; the next start fills the index again. Nobody may have the file open. */
export function removeFulltext(folder: string, file = FULLTEXT_FILE): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(join(folder, file + suffix), { force: true });
}

/** Looks through the whole file, and removes it when it is damaged: the next opening makes it anew. True when it did. */
export function removeIfDamaged(folder: string): boolean {
  const database = openFulltext(folder);
  const isWhole = isWholeFile(database);
  database.close();
  if (!isWhole) removeFulltext(folder);
  return !isWhole;
}

/** Pages and rows first, and then the index inside of them, which only FTS5 itself understands. */
function isWholeFile(database: Database): boolean {
  try {
    const found = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").get();
    for (const table of ["note", "profile"])
      database.run(`INSERT INTO ${table} (${table}) VALUES ('integrity-check')`);
    return found?.quick_check === "ok";
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}

/** Empties an open file, so that its follower starts again at the beginning of the log. */
export function emptyFulltext(database: Database): void {
  const tables = database
    .query<{ name: string }, []>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'note!_%' ESCAPE '!' AND name NOT LIKE 'profile!_%' ESCAPE '!'",
    )
    .all();
  database.transaction(() => {
    for (const { name } of tables) database.run(`DROP TABLE ${name}`);
    database.run(SCHEMA);
  })();
}

function openCurrent(path: string): Database {
  const database = new Database(path, { readwrite: true, create: true, strict: true });
  try {
    tune(database);
    database.run("PRAGMA journal_mode = WAL");
    // A power cut may take the last transactions and their cursor with it: the follower then does them again.
    database.run("PRAGMA synchronous = NORMAL");
    const { user_version: version } = database
      .query<{ user_version: number }, []>("PRAGMA user_version")
      .get()!;
    if (version !== 0 && version !== VERSION) throw new Error(`full-text version ${version}`);
    if (version === 0) {
      database.transaction(() => {
        database.run(SCHEMA);
        database.run(`PRAGMA user_version = ${VERSION}`);
      })();
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function tune(database: Database): void {
  database.run("PRAGMA busy_timeout = 5000");
  database.run(`PRAGMA cache_size = -${CACHE_BYTES / 1024}`);
  database.run(`PRAGMA mmap_size = ${MMAP_BYTES}`);
  database.run("PRAGMA temp_store = MEMORY");
}
