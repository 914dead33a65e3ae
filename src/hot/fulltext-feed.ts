// Takes entries of the log into the full-text index, in order, together with the cursor that says how far it has come.

import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";
import { eventFromJson, type NostrEvent, type SignatureCheck } from "../nostr/event.ts";
import { Kind } from "../nostr/kind.ts";
import { type Action, actionsOf, targetOf } from "../search/engagement.ts";
import { type EventFacts, factsOf } from "../search/facts.ts";
import type { Oracles } from "../search/match.ts";
import { fingerprintOfText } from "../search/near-duplicate.ts";
import { isSearchableKind, textOfEvent } from "../search/text-of-event.ts";
import { tokenise } from "../search/tokenise.ts";
import type { Hit, LogEntry } from "./contract.ts";
import { EngagementFeed } from "./engagement.ts";
import { targetKey } from "./engagement-columns.ts";
import { facetWords, marksOf } from "./fulltext-facets.ts";
import { authorKey, idKey } from "./keys.ts";
import { TrendFeed } from "./trend-feed.ts";

/** A key that no target has. */
const NO_TARGET = -1;

export class FulltextFeed {
  private readonly database: Database;
  private readonly isSigned: SignatureCheck;
  private readonly oracles: Oracles;
  private readonly engagement: EngagementFeed;
  private readonly trends: TrendFeed;
  private readonly addNote: Statement<unknown, SQLQueryBindings[]>;
  private readonly addProfile: Statement<unknown, SQLQueryBindings[]>;
  private readonly dropNote: Statement<unknown, SQLQueryBindings[]>;
  private readonly dropProfile: Statement<unknown, SQLQueryBindings[]>;
  private readonly addDoc: Statement<unknown, SQLQueryBindings[]>;
  private readonly dropDoc: Statement<unknown, SQLQueryBindings[]>;
  private readonly setCursor: Statement<unknown, SQLQueryBindings[]>;
  private readonly refOf: Statement<{ ref: string }, [number]>;
  private readonly claimZap: Statement<{ seq: number }, [number, number]>;

  /** `oracles` tell what an event does not say itself: its language where there is no label, and its sentiment. */
  constructor(database: Database, isSigned: SignatureCheck, oracles: Oracles = {}) {
    this.database = database;
    this.isSigned = isSigned;
    this.oracles = oracles;
    this.trends = new TrendFeed(database);
    this.engagement = new EngagementFeed(database, this.trends);
    this.addNote = database.prepare<unknown, SQLQueryBindings[]>(
      "INSERT OR REPLACE INTO note (rowid, title, body, url, facet) VALUES (?, ?, ?, ?, ?)",
    );
    this.addProfile = database.prepare<unknown, SQLQueryBindings[]>(
      "INSERT OR REPLACE INTO profile (rowid, name, body, url, facet) VALUES (?, ?, ?, ?, ?)",
    );
    this.dropNote = database.prepare<unknown, SQLQueryBindings[]>("DELETE FROM note WHERE rowid = ?");
    this.dropProfile = database.prepare<unknown, SQLQueryBindings[]>("DELETE FROM profile WHERE rowid = ?");
    this.addDoc = database.prepare<unknown, SQLQueryBindings[]>(
      "INSERT OR REPLACE INTO doc VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.dropDoc = database.prepare<unknown, SQLQueryBindings[]>("DELETE FROM doc WHERE seq = ?");
    this.refOf = database.prepare<{ ref: string }, [number]>("SELECT ref FROM target WHERE key = ?");
    this.claimZap = database.prepare<{ seq: number }, [number, number]>(
      "INSERT INTO zap VALUES (?, ?) ON CONFLICT DO UPDATE SET seq = seq RETURNING seq",
    );
    this.setCursor = database.prepare<unknown, SQLQueryBindings[]>(
      "INSERT OR REPLACE INTO meta VALUES ('cursor', ?)",
    );
  }

  /** seq of the last entry taken in; 0 for an empty index. */
  cursor(): number {
    return readCursor(this.database);
  }

  /** Takes in entries that follow the cursor, as one transaction. */
  apply(entries: readonly LogEntry[], nowSeconds: number): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    this.database.transaction(() => {
      this.trends.begin(entries, nowSeconds);
      for (const entry of entries) {
        if (entry.type === "stored") this.take(entry, nowSeconds);
        else if (entry.type === "removed") this.drop(entry);
        else this.trends.vanished(entry.pubkey);
      }
      this.engagement.prune(nowSeconds);
      this.trends.prune();
      this.setCursor.run(String(last.seq));
    })();
  }

  private take(hit: Hit, nowSeconds: number): void {
    const event = eventFromJson(hit.json);
    const facts = isSearchableKind(event.kind) ? factsOf(event) : undefined;
    const actions = actionsOf(event, this.isSigned).filter((action) => this.isFirst(hit.seq, action));
    this.engagement.stored(hit.seq, event, actions, nowSeconds);
    this.trends.stored(hit.seq, event, actions, facts);
    if (facts !== undefined) this.index(hit, event, facts);
  }

  /** Who says again that somebody paid, in a receipt of their own, adds nothing. */
  private isFirst(seq: number, { request }: Action): boolean {
    return request === undefined || this.claimZap.get(idKey(request), seq)!.seq === seq;
  }

  private index(hit: Hit, event: NostrEvent, facts: EventFacts): void {
    const text = textOfEvent(event);
    const facets = facetWords(event, facts);
    const [title, body] = [tokenise(text.title), tokenise(text.body)];
    const rest = [body.join(" "), indexed(text.url), facets] as const;
    if (event.kind === Kind.metadata) this.addProfile.run(hit.seq, indexed(text.name), ...rest);
    else this.addNote.run(hit.seq, title.join(" "), ...rest);
    const { exact, similar } = fingerprintOfText(event, title, body);
    this.addDoc.run(
      hit.seq,
      event.created_at,
      hit.expiresAt,
      event.kind,
      authorKey(event.pubkey),
      this.targetOf(event),
      marksOf(facts, this.oracles.sentimentOf?.(event), title.length > 0),
      facts.language ?? this.oracles.languageOf?.(event) ?? "",
      exact,
      similar?.[0] ?? null,
      similar?.[1] ?? null,
    );
  }

  /** Keys are short: an event that was made to share one of somebody else's has no counters. */
  private targetOf(event: NostrEvent): number {
    const ref = targetOf(event);
    const key = targetKey(ref);
    const held = this.refOf.get(key);
    return held === null || held.ref === ref ? key : NO_TARGET;
  }

  private drop(entry: Extract<LogEntry, { type: "removed" }>): void {
    this.engagement.removed(entry);
    this.trends.removed(entry);
    if (!isSearchableKind(entry.kind)) return;
    (entry.kind === Kind.metadata ? this.dropProfile : this.dropNote).run(entry.eventSeq);
    this.dropDoc.run(entry.eventSeq);
  }
}

export function readCursor(database: Database): number {
  const row = database.query<{ value: string }, []>("SELECT value FROM meta WHERE key = 'cursor'").get();
  return row === null ? 0 : Number(row.value);
}

function indexed(text: string): string {
  return text === "" ? "" : tokenise(text).join(" ");
}
