// From a seq or an id to the event's JSON: the tail first, then the cache, then SQLite.

import { ID_AT } from "../nostr/event-json.ts";
import type { Hit } from "./contract.ts";
import type { EventCache } from "./event-cache.ts";
import { idKey } from "./keys.ts";
import type { ReadStatements } from "./stream-sql.ts";
import type { RecentTail } from "./tail.ts";

export class HitLookup {
  private readonly statements: ReadStatements;
  private readonly tail: RecentTail | undefined;
  private readonly cache: EventCache;

  constructor(statements: ReadStatements, tail: RecentTail | undefined, cache: EventCache) {
    this.statements = statements;
    this.tail = tail;
    this.cache = cache;
  }

  /** For a seq that an index has just named: the cache is not asked whether the event is still stored. */
  bySeq(seq: number): Hit | undefined {
    return this.tail?.bySeq(seq) ?? this.cache.get(seq) ?? this.load(seq);
  }

  /** For a seq that comes from elsewhere (a search hit): the store decides whether it is still there. */
  storedBySeq(seq: number): Hit | undefined {
    return this.tail?.bySeq(seq) ?? this.read(seq);
  }

  byId(id: string): Hit | undefined {
    const recent = this.tail?.get(id);
    if (recent !== undefined) return recent;
    for (const [createdAt, kind, expiresAt, json, seq] of this.statements.byIdKey(idKey(id))) {
      if (json.startsWith(id, ID_AT)) return { seq, createdAt, kind, expiresAt, json };
    }
    return undefined;
  }

  /** Above the tail's horizon the tail knows; only older events are looked up in the file. */
  hasId(id: string, createdAt?: number): boolean {
    if (this.tail?.has(id) === true) return true;
    if (this.tail !== undefined && createdAt !== undefined && createdAt > this.tail.horizon) return false;
    return this.statements.fullIds(idKey(id)).some(([stored]) => stored === id);
  }

  private load(seq: number): Hit | undefined {
    const hit = this.read(seq);
    if (hit !== undefined) this.cache.put(hit);
    return hit;
  }

  private read(seq: number): Hit | undefined {
    const row = this.statements.hit(seq);
    if (row === undefined) return undefined;
    const [createdAt, kind, expiresAt, json] = row;
    return { seq, createdAt, kind, expiresAt, json };
  }
}
