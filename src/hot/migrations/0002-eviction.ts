// Events that only the cold store holds any more: what must be known of each to refuse, count and erase it.

export const sql = `
  -- Public keys of authors and recipients of evicted events, each once: a stub names them by number.
  CREATE TABLE evicted_key (
    key    INTEGER PRIMARY KEY,
    pubkey BLOB NOT NULL UNIQUE  -- 32 bytes
  ) STRICT;

  -- One stub for each event that left for the cold store, under the seq it had. It goes when the event is deleted,
  -- vanishes, expires or is banned: an event that is in neither table is not this relay's any more.
  CREATE TABLE evicted (
    seq        INTEGER PRIMARY KEY,
    id         INTEGER NOT NULL,  -- idKey(id)
    full_id    BLOB NOT NULL,     -- 32 bytes
    author     INTEGER NOT NULL,  -- evicted_key
    recipient  INTEGER,           -- evicted_key, of gift wraps: their recipient may delete them, and vanishes with them
    kind       INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL   -- 0 = never
  ) STRICT;
  CREATE INDEX evicted_by_id        ON evicted (id);
  CREATE INDEX evicted_by_author    ON evicted (author, created_at);
  CREATE INDEX evicted_by_recipient ON evicted (recipient, created_at) WHERE recipient IS NOT NULL;
  CREATE INDEX evicted_by_expiry    ON evicted (expires_at) WHERE expires_at > 0;

  -- The highest created_at of any event of a kind that ever left: above it the hot store is complete.
  CREATE TABLE evicted_kind (
    kind  INTEGER PRIMARY KEY,
    until INTEGER NOT NULL
  ) STRICT;
`;
