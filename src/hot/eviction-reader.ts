// What the hot store knows of events that left it: the horizon, their stubs, and whether a copy of one may be shown.

import type { Database } from "bun:sqlite";
import { mayDelete } from "../nostr/deletion.ts";
import { eventFromJson, type NostrEvent } from "../nostr/event.ts";
import { eventIdOf } from "../nostr/event-id.ts";
import { idOfJson } from "../nostr/event-json.ts";
import type { Filter } from "../nostr/filter.ts";
import type { Hit } from "./contract.ts";
import { recipientOf } from "./evictable.ts";
import type { HitLookup } from "./hit-lookup.ts";
import { EvictionHorizon } from "./horizon.ts";
import { idKey } from "./keys.ts";
import { prepare } from "./prepared.ts";
import type { ReadStatements } from "./stream-sql.ts";

/** An event as the cold store shows it. */
export interface ColdCopy {
  readonly seq: number;
  readonly json: string;
}

/** What is known of an evicted event without its text. */
export interface Stub {
  readonly seq: number;
  readonly pubkey: string;
  readonly kind: number;
  readonly createdAt: number;
  /** Unix seconds, 0 for never. */
  readonly expiresAt: number;
}

interface StubRow {
  readonly id: Uint8Array;
  readonly pubkey: Uint8Array;
  readonly kind: number;
  readonly created_at: number;
  readonly expires_at: number;
}

export class EvictionReader {
  private readonly database: Database;
  private readonly statements: ReadStatements;
  private readonly lookup: HitLookup;
  private prepared: ReturnType<typeof prepareStatements> | undefined;

  constructor(database: Database, statements: ReadStatements, lookup: HitLookup) {
    this.database = database;
    this.statements = statements;
    this.lookup = lookup;
  }

  /** As it is on disk. */
  horizon(): EvictionHorizon {
    const rows = this.database.query("SELECT kind, until FROM evicted_kind").values();
    return new EvictionHorizon(rows as [number, number][]);
  }

  /** Those of the ids (hex) that are kept by the cold store alone. */
  evictedIds(ids: readonly string[]): string[] {
    const { idAt } = this.sql;
    return this.statements.snapshot(() =>
      ids.filter((id) => idAt.get(idKey(id), Uint8Array.fromHex(id)) !== null),
    );
  }

  /**
   * The gate for everything that the cold store shows: an event that is still here is taken from here; one that is not
   * must have left for the cold store, be the text that left, and not have been erased since. Keeps the order; what may not
   * be shown is left out. Who may read it is still to be asked.
   */
  admit(copies: readonly ColdCopy[]): Hit[] {
    return this.statements.snapshot(() => copies.flatMap((copy) => this.judge(copy) ?? []));
  }

  /** Stubs of these seqs, without those that have been erased but not cleared yet. Missing ones are left out. */
  stubsAt(seqs: readonly number[]): Stub[] {
    const { stubAt } = this.sql;
    return this.statements.snapshot(() =>
      seqs.flatMap((seq) => {
        const row = stubAt.get(seq);
        if (row === null || this.isKeyErased(row.pubkey, row.created_at)) return [];
        return [stubOf(seq, row)];
      }),
    );
  }

  /** The same for all that stand after a seq, rising, at most `limit`. */
  stubsAfter(seq: number, limit: number): Stub[] {
    const { seqsAfter } = this.sql;
    const stubs: Stub[] = [];
    for (let last = seq; stubs.length < limit;) {
      const seqs = seqsAfter.all(last, limit - stubs.length).map((row) => row.seq);
      if (seqs.length === 0) break;
      last = seqs.at(-1)!;
      stubs.push(...this.stubsAt(seqs));
    }
    return stubs;
  }

  /** Events held by the cold store alone. Walks an index: ask once. */
  evictedCount(): number {
    return (this.database.query("SELECT count(*) AS count FROM evicted").get() as { count: number }).count;
  }

  /**
   * The stubs that match a filter as far as stubs tell, which have no tags: by ids, authors, kinds and time. Newest first,
   * without what has expired. Walks them all: for people who ask once.
   */
  matching(
    { ids, authors, kinds, since, until }: Filter,
    nowSeconds: number,
  ): { seq: number; createdAt: number }[] {
    const list = (values: readonly unknown[] | undefined): string | null =>
      values === undefined ? null : JSON.stringify(values);
    return this.database
      .query<{ seq: number; createdAt: number }, (string | number | null)[]>(
        `SELECT s.seq, s.created_at AS createdAt FROM evicted s JOIN evicted_key a ON a.key = s.author
         WHERE s.created_at BETWEEN ?1 AND ?2 AND (s.expires_at = 0 OR s.expires_at > ?3)
           AND (?4 IS NULL OR lower(hex(s.full_id)) IN (SELECT value FROM json_each(?4)))
           AND (?5 IS NULL OR lower(hex(a.pubkey)) IN (SELECT value FROM json_each(?5)))
           AND (?6 IS NULL OR s.kind IN (SELECT value FROM json_each(?6)))
         ORDER BY s.created_at DESC, s.seq`,
      )
      .all(since ?? 0, until ?? Number.MAX_SAFE_INTEGER, nowSeconds, list(ids), list(authors), list(kinds));
  }

  private judge({ seq, json }: ColdCopy): Hit | undefined {
    const id = idOfJson(json);
    const held = this.lookup.storedBySeq(seq);
    if (held !== undefined) return idOfJson(held.json) === id ? held : undefined;
    const row = this.sql.stubAt.get(seq);
    if (row === null || row.id.toHex() !== id) return undefined;
    const event = eventFromJson(json);
    if (eventIdOf(event) !== id || this.isErased(event, row)) return undefined;
    return { seq, createdAt: row.created_at, kind: row.kind, expiresAt: row.expires_at, json };
  }

  private isErased(event: NostrEvent, row: StubRow): boolean {
    if (this.isKeyErased(row.pubkey, row.created_at)) return true;
    if (this.sql.isBannedEvent.get(row.id) !== null) return true;
    const recipient = recipientOf(event);
    if (recipient !== undefined && this.hasVanished(Uint8Array.fromHex(recipient), row.created_at))
      return true;
    return this.sql.deletersOf.all(row.id).some(({ pubkey }) => mayDelete(pubkey.toHex(), event));
  }

  private isKeyErased(pubkey: Uint8Array, createdAt: number): boolean {
    return this.hasVanished(pubkey, createdAt) || this.sql.isBannedPubkey.get(pubkey) !== null;
  }

  private hasVanished(pubkey: Uint8Array, createdAt: number): boolean {
    const row = this.sql.vanishedUntil.get(pubkey);
    return row !== null && createdAt <= row.until;
  }

  private get sql(): ReturnType<typeof prepareStatements> {
    this.prepared ??= prepareStatements(this.database);
    return this.prepared;
  }
}

function stubOf(seq: number, row: StubRow): Stub {
  const { pubkey, kind, created_at, expires_at } = row;
  return { seq, pubkey: pubkey.toHex(), kind, createdAt: created_at, expiresAt: expires_at };
}

function prepareStatements(database: Database) {
  return {
    idAt: prepare<{ 1: 1 }, [number, Uint8Array]>(
      database,
      "SELECT 1 FROM evicted WHERE id = ?1 AND full_id = ?2",
    ),
    stubAt: prepare<StubRow, [number]>(
      database,
      `SELECT s.full_id AS id, a.pubkey, s.kind, s.created_at, s.expires_at
       FROM evicted s JOIN evicted_key a ON a.key = s.author WHERE s.seq = ?1`,
    ),
    seqsAfter: prepare<{ seq: number }, [number, number]>(
      database,
      "SELECT seq FROM evicted WHERE seq > ? ORDER BY seq LIMIT ?+0",
    ),
    isBannedEvent: prepare<{ 1: 1 }, [Uint8Array]>(database, "SELECT 1 FROM banned_event WHERE id = ?1"),
    isBannedPubkey: prepare<{ 1: 1 }, [Uint8Array]>(
      database,
      "SELECT 1 FROM banned_pubkey WHERE pubkey = ?1",
    ),
    deletersOf: prepare<{ pubkey: Uint8Array }, [Uint8Array]>(
      database,
      "SELECT pubkey FROM deleted_id WHERE id = ?1",
    ),
    vanishedUntil: prepare<{ until: number }, [Uint8Array]>(
      database,
      "SELECT until FROM vanished WHERE pubkey = ?1",
    ),
  };
}
