// Puts rows into a store without the writer: tests of the read side need rows that no writer would let in.

import type { Database } from "bun:sqlite";
import type { Hit } from "../../src/hot/contract.ts";
import { authorKey, idKey, rankOf, tagKey } from "../../src/hot/keys.ts";
import { sql } from "../../src/hot/migrations/0001-events.ts";
import { sql as sharedAuthors } from "../../src/hot/migrations/0003-shared-authors.ts";
import { eventJson } from "../../src/nostr/event-json.ts";
import { expirationOf } from "../../src/nostr/expiration.ts";
import { forEachIndexedTag } from "../../src/nostr/tag.ts";
import type { NaiveRow } from "./naive-store.ts";

export function createSchema(database: Database): void {
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA synchronous = OFF");
  database.run(sql);
  database.run(sharedAuthors);
}

export function hitOf({ seq, event }: NaiveRow): Hit {
  const expiresAt = expirationOf(event) ?? 0;
  return { seq, createdAt: event.created_at, kind: event.kind, expiresAt, json: eventJson(event) };
}

export function insertRows(database: Database, rows: readonly NaiveRow[], tagSeed: bigint): void {
  const event = database.query<unknown, (number | string)[]>(
    "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const owner = database.query<{ pubkey: string }, [number]>(
    "SELECT substr(json, 84, 64) AS pubkey FROM event WHERE author = ? LIMIT 1",
  );
  const share = database.query<unknown, [number]>("INSERT OR IGNORE INTO shared_author VALUES (?)");
  const tag = database.query<unknown, number[]>("INSERT OR IGNORE INTO tag VALUES (?, ?, ?, ?, ?)");
  database.transaction(() => {
    for (const row of rows) {
      const { id, pubkey, kind, created_at } = row.event;
      const { json, expiresAt } = hitOf(row);
      const rank = rankOf(id);
      if ((owner.get(authorKey(pubkey))?.pubkey ?? pubkey) !== pubkey) share.run(authorKey(pubkey));
      event.run(row.seq, created_at, rank, kind, authorKey(pubkey), idKey(id), expiresAt, json);
      forEachIndexedTag(row.event, (name, value) => {
        tag.run(tagKey(name, value, tagSeed), kind, created_at, rank, row.seq);
      });
    }
  })();
}

export function removeRows(database: Database, seqs: readonly number[]): void {
  const event = database.query<unknown, [number]>("DELETE FROM event WHERE seq = ?");
  const tag = database.query<unknown, [number]>("DELETE FROM tag WHERE seq = ?");
  database.transaction(() => {
    for (const seq of seqs) {
      event.run(seq);
      tag.run(seq);
    }
  })();
}
