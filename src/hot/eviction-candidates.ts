// Which events could leave the hot store, oldest first, and how large they and the database are.

import type { Database } from "bun:sqlite";
import { isEvictableKind } from "./evictable.ts";

export interface Candidate {
  readonly seq: number;
  readonly createdAt: number;
  readonly kind: number;
  readonly json: string;
}

/** Where a walk over candidates stands: everything up to this point has been looked at. */
export interface CandidatePlace {
  readonly createdAt: number;
  readonly seq: number;
}

export const OLDEST: CandidatePlace = { createdAt: -1, seq: 0 };

export interface CandidateRange {
  /** Unix seconds; only events created before this. */
  readonly before: number;
  /** Only events with a seq up to this. */
  readonly upToSeq: number;
  readonly after: CandidatePlace;
  /** Rows looked at, at most. */
  readonly limit: number;
}

/** How many events of a kind are older than a second, and the bytes of their texts. */
export interface KindShare {
  readonly kind: number;
  readonly events: number;
  readonly bytes: number;
}

/** On a connection of its own, or on any that reads. */
export class EvictionCandidates {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** The kinds stored that may leave at all, rising. */
  kinds(): number[] {
    const rows = this.database
      .query(
        `WITH RECURSIVE each (kind) AS (
           SELECT min(kind) FROM event
           UNION ALL SELECT (SELECT min(kind) FROM event WHERE kind > each.kind) FROM each WHERE kind IS NOT NULL)
         SELECT kind FROM each WHERE kind IS NOT NULL`,
      )
      .values() as [number][];
    return rows.map(([kind]) => kind).filter(isEvictableKind);
  }

  /** Events of one kind, oldest first. */
  oldest(kind: number, { before, upToSeq, after, limit }: CandidateRange): Candidate[] {
    return this.database
      .query<Candidate, number[]>(
        `SELECT seq, created_at AS createdAt, kind, json FROM event
         WHERE kind = ?6 AND (created_at, seq) > (?1, ?2) AND created_at >= ?1 AND created_at < ?3 AND seq <= ?4
         ORDER BY created_at, seq LIMIT ?5`,
      )
      .all(after.createdAt, after.seq, before, upToSeq, limit, kind);
  }

  /** Walks the rows: for people who ask once. */
  share(kind: number, before: number): KindShare {
    const row = this.database
      .query<{ events: number; bytes: number | null }, [number, number]>(
        "SELECT count(*) AS events, sum(octet_length(json)) AS bytes FROM event WHERE kind = ?1 AND created_at < ?2",
      )
      .get(kind, before)!;
    return { kind, events: row.events, bytes: row.bytes ?? 0 };
  }

  /** Kind, second and bytes of every event created before a second, oldest first. For people who ask once. */
  *sizes(before: number): Generator<{ kind: number; createdAt: number; bytes: number }> {
    const sql = `SELECT kind, created_at AS createdAt, octet_length(json) AS bytes FROM event
                 WHERE created_at < ?1 ORDER BY created_at`;
    yield* this.database
      .query<{ kind: number; createdAt: number; bytes: number }, [number]>(sql)
      .iterate(before);
  }

  /** Bytes of the texts of all events. Walks the rows. */
  textBytes(): number {
    const { bytes } = this.database
      .query<{ bytes: number | null }, []>("SELECT sum(octet_length(json)) AS bytes FROM event")
      .get()!;
    return bytes ?? 0;
  }

  /** Bytes of the database that hold something. */
  usedBytes(): number {
    const number = (pragma: string): number =>
      Object.values(this.database.query<Record<string, number>, []>(`PRAGMA ${pragma}`).get()!)[0]!;
    return (number("page_count") - number("freelist_count")) * number("page_size");
  }
}
