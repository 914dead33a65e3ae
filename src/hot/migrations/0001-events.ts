// The first schema: events, their narrow indexes, replaceable heads, tombstones, and the log of removals.

export const sql = `
  -- Small facts about the store itself: seq (last number given out), tag_seed.
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;

  -- One row an event. seq is given out by the writer, rises for ever and is never used twice, also across removals.
  CREATE TABLE event (
    seq        INTEGER PRIMARY KEY,
    created_at INTEGER NOT NULL,
    rank       INTEGER NOT NULL,  -- rankOf(id): walking backwards gives ascending ids within a second
    kind       INTEGER NOT NULL,
    author     INTEGER NOT NULL,  -- authorKey(pubkey)
    id         INTEGER NOT NULL,  -- idKey(id)
    expires_at INTEGER NOT NULL,  -- 0 = never
    json       TEXT NOT NULL
  ) STRICT;
  CREATE INDEX event_by_id     ON event (id);
  CREATE INDEX event_by_time   ON event (created_at, rank);
  CREATE INDEX event_by_kind   ON event (kind, created_at, rank);
  CREATE INDEX event_by_author ON event (author, kind, created_at, rank);
  CREATE INDEX event_by_expiry ON event (expires_at) WHERE expires_at > 0;

  -- One row for each distinct indexed tag value of an event; the whole row is the key, so it is its own index.
  CREATE TABLE tag (
    tag        INTEGER NOT NULL,  -- tagKey(name, value)
    kind       INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    rank       INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    PRIMARY KEY (tag, kind, created_at, rank, seq)
  ) WITHOUT ROWID, STRICT;

  -- High-water mark of every replaceable or addressable address, kept for ever: when the newest version is deleted or
  -- expires, no older one may come back. seq is NULL when no event stands there now.
  CREATE TABLE head (
    address    BLOB PRIMARY KEY,  -- addressKey(address), 16 bytes
    created_at INTEGER NOT NULL,
    id         TEXT NOT NULL,     -- full hex id of the newest version ever accepted
    seq        INTEGER
  ) WITHOUT ROWID, STRICT;

  -- Deletion requests reach ids that are not here yet (NIP-09): who asked for which id. For an event that was stored and
  -- then deleted, the pair names the signer who was entitled to it.
  CREATE TABLE deleted_id (
    id     BLOB NOT NULL,  -- 32 bytes
    pubkey BLOB NOT NULL,  -- 32 bytes, signer of the request
    PRIMARY KEY (id, pubkey)
  ) WITHOUT ROWID, STRICT;

  -- Versions of an address up to and including this second are deleted (NIP-09, a tags).
  CREATE TABLE deleted_address (
    address BLOB PRIMARY KEY,
    until   INTEGER NOT NULL
  ) WITHOUT ROWID, STRICT;

  -- Keys that asked to vanish: nothing of theirs up to this second may be stored again (NIP-62).
  CREATE TABLE vanished (
    pubkey BLOB PRIMARY KEY,
    until  INTEGER NOT NULL
  ) WITHOUT ROWID, STRICT;

  -- Keys whose rows are to leave, because they vanished or were banned: large removals go on in later transactions, also
  -- after a restart. Rows with a seq before before_seq that are dated up to until go.
  CREATE TABLE clearing (
    pubkey     BLOB NOT NULL,
    reason     TEXT NOT NULL,
    until      INTEGER NOT NULL,
    before_seq INTEGER NOT NULL,
    PRIMARY KEY (pubkey, reason)
  ) WITHOUT ROWID, STRICT;

  -- What an operator has banned.
  CREATE TABLE banned_event (id BLOB PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID, STRICT;
  CREATE TABLE banned_pubkey (pubkey BLOB PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID, STRICT;

  -- The other half of the log: rows that left, and keys that vanished (event_seq 0, created_at = until). Shares seq
  -- with event. Pruned behind the slowest follower.
  CREATE TABLE removal (
    seq        INTEGER PRIMARY KEY,
    event_seq  INTEGER NOT NULL,
    id         TEXT NOT NULL,
    pubkey     TEXT NOT NULL,
    kind       INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    identifier TEXT NOT NULL,
    reason     TEXT NOT NULL
  ) STRICT;

  -- Who follows the log, and how far each has come: removals behind the slowest may be pruned.
  CREATE TABLE follower (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID, STRICT;
`;
