// Keeps the tables of trends true to the log: one row for each person, subject, act and hour, taken back with its event.

import type { Database } from "bun:sqlite";
import type { NostrEvent } from "../nostr/event.ts";
import { Kind } from "../nostr/kind.ts";
import type { Action } from "../search/engagement.ts";
import type { EventFacts } from "../search/facts.ts";
import type { LogEntry } from "./contract.ts";
import type { FollowListener } from "./engagement.ts";
import { hourOf } from "./engagement-columns.ts";
import { authorKey } from "./keys.ts";
import { FOLLOW_ACT, topicNumber, TREND_HOURS_KEPT } from "./trend-schema.ts";
import { isTrendKind, type TrendUse, trendUsesOf } from "./trend-uses.ts";

interface Row {
  readonly topic: number;
  readonly subject: number;
  readonly act: number;
  readonly actor: number;
  readonly hour: number;
  readonly msats: number;
}

/** A batch of so many entries is history that is being caught up with; a smaller one has just come in. */
const HISTORY_ENTRIES_MIN = 100;
const HOURS_BETWEEN_NAME_PRUNING = 24;
/** Authors and subjects that are known to stand in their tables: most of what comes in speaks of the same ones again. */
const REMEMBERED_MAX = 50_000;

/** Works inside the caller's transaction. Constant work for an event. */
export class TrendFeed implements FollowListener {
  private readonly statements: ReturnType<typeof prepare>;
  private prunedHour = 0;
  private hourNow = 0;
  private receivedAt: number;
  private readonly met = new Set<number>();
  private readonly named = new Set<number>();

  constructor(database: Database) {
    this.statements = prepare(database);
    this.receivedAt = Number((this.statements.clock.get() as { value: string } | null)?.value ?? 0);
  }

  /**
   * Call before the entries of a batch. How old a key is must not be the key's own claim, and the log holds no time of
   * arrival: what comes in now arrived now, and of history the time is estimated that half of a batch claims at most,
   * never going back. A few back-dated events move neither.
   */
  begin(entries: readonly LogEntry[], nowSeconds: number): void {
    this.hourNow = hourOf(nowSeconds);
    if (this.statements.clock.get() === null) this.forget();
    const claimed = entries.flatMap((entry) => (entry.type === "stored" ? [entry.createdAt] : []));
    if (entries.length < HISTORY_ENTRIES_MIN) this.receivedAt = nowSeconds;
    else if (claimed.length > 0) {
      claimed.sort((a, b) => a - b);
      this.receivedAt = Math.min(nowSeconds, Math.max(this.receivedAt, claimed[claimed.length >> 1]!));
    }
    this.statements.setClock.run(String(this.receivedAt));
  }

  stored(seq: number, event: NostrEvent, actions: readonly Action[], facts: EventFacts | undefined): void {
    if (event.kind === Kind.metadata) this.meet(event.pubkey, saysBot(event.content));
    else if (event.kind === Kind.contacts) this.meet(event.pubkey);
    if (!isTrendKind(event.kind)) return;
    this.meet(event.pubkey);
    const hour = this.hourWithin(event.created_at);
    if (hour === undefined) return;
    for (const use of trendUsesOf(event, actions, facts)) this.count(seq, use, hour);
  }

  followed(follower: number, followed: number, pubkey: string, createdAt: number): void {
    const hour = this.hourWithin(createdAt);
    if (hour === undefined) return;
    const topic = topicNumber("person");
    this.name(topic, followed, pubkey);
    this.add({ topic, subject: followed, act: FOLLOW_ACT, actor: follower, hour, msats: 0 });
  }

  unfollowed(follower: number, followed: number): void {
    this.statements.dropPair.run(topicNumber("person"), followed, FOLLOW_ACT, follower);
  }

  removed(entry: Extract<LogEntry, { type: "removed" }>): void {
    // What moved to the cold store was said all the same.
    if (entry.reason === "evicted") return;
    const rows = this.statements.ofSource.all(entry.eventSeq) as Row[];
    if (rows.length === 0) return;
    for (const row of rows) this.takeBack(row);
    this.statements.dropSource.run(entry.eventSeq);
  }

  /** A key that asked to vanish leaves nothing of itself behind (NIP-62). */
  vanished(pubkey: string): void {
    this.statements.dropAuthor.run(authorKey(pubkey));
    this.met.delete(authorKey(pubkey));
  }

  /** Drops hours that no window looks at any more; does something once an hour. */
  prune(): void {
    if (this.hourNow === this.prunedHour) return;
    this.prunedHour = this.hourNow;
    const last = this.hourNow - TREND_HOURS_KEPT - 1;
    this.statements.pruneUses.run(last);
    this.statements.pruneSources.run(last);
    // Names without uses do no harm; looking for them takes longer than the rest.
    if (this.hourNow % HOURS_BETWEEN_NAME_PRUNING !== 0) return;
    this.statements.pruneSubjects.run();
    this.named.clear();
  }

  /** The file was emptied to be filled again. */
  private forget(): void {
    this.receivedAt = 0;
    this.met.clear();
    this.named.clear();
  }

  /** The hour that an event counts in, undefined when it is too old to count. */
  private hourWithin(createdAt: number): number | undefined {
    const hour = Math.min(hourOf(createdAt), this.hourNow);
    return hour >= this.hourNow - TREND_HOURS_KEPT ? hour : undefined;
  }

  private meet(pubkey: string, isBot?: boolean): void {
    const key = authorKey(pubkey);
    if (isNew(this.met, key)) this.statements.addAuthor.run(key, this.receivedAt);
    if (isBot !== undefined) this.statements.setBot.run(isBot ? 1 : 0, key);
  }

  private count(seq: number, use: TrendUse, hour: number): void {
    const { subject, act, msats } = use;
    const topic = topicNumber(use.topic);
    const actor = authorKey(use.actor);
    if (this.statements.addSource.run(seq, topic, subject, act, actor, hour, msats).changes === 0) return;
    this.name(topic, subject, use.text);
    this.add({ topic, subject, act, actor, hour, msats });
  }

  private name(topic: number, subject: number, text: string): void {
    // 48 bits and a digit: still an exact number.
    if (isNew(this.named, subject * 8 + topic)) this.statements.addSubject.run(topic, subject, text);
  }

  private add({ topic, subject, act, actor, hour, msats }: Row): void {
    const { statements } = this;
    const latest = (statements.latestHour.get(topic, subject, act, actor) as { hour: number } | null)?.hour;
    if (latest !== undefined && latest < hour) statements.mark.run(0, topic, subject, act, actor, latest);
    const isLatest = latest === undefined || latest <= hour ? 1 : 0;
    statements.use.run(topic, subject, act, actor, hour, msats, isLatest);
  }

  private takeBack({ topic, subject, act, actor, hour, msats }: Row): void {
    const { statements } = this;
    statements.unuse.run(msats, topic, subject, act, actor, hour);
    if (statements.dropUnused.run(topic, subject, act, actor, hour).changes === 0) return;
    const before = statements.latestHour.get(topic, subject, act, actor) as { hour: number } | null;
    if (before !== null) statements.mark.run(1, topic, subject, act, actor, before.hour);
  }
}

function isNew(remembered: Set<number>, key: number): boolean {
  if (remembered.has(key)) return false;
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.add(key);
  return true;
}

/** NIP-24: `bot` in a profile. */
function saysBot(content: string): boolean {
  if (!content.includes('"bot"')) return false;
  try {
    return (JSON.parse(content) as { bot?: unknown } | null)?.bot === true;
  } catch {
    return false;
  }
}

const PAIR = "topic = ? AND subject = ? AND act = ? AND actor = ?";

function prepare(database: Database) {
  return {
    clock: database.prepare("SELECT value FROM meta WHERE key = 'trend_clock'"),
    setClock: database.prepare("INSERT OR REPLACE INTO meta VALUES ('trend_clock', ?)"),
    addAuthor: database.prepare("INSERT OR IGNORE INTO trend_author VALUES (?, ?, 0)"),
    setBot: database.prepare("UPDATE trend_author SET bot = ? WHERE key = ?"),
    dropAuthor: database.prepare("DELETE FROM trend_author WHERE key = ?"),
    addSource: database.prepare("INSERT OR IGNORE INTO trend_source VALUES (?, ?, ?, ?, ?, ?, ?)"),
    ofSource: database.prepare(
      "SELECT topic, subject, act, actor, hour, msats FROM trend_source WHERE seq = ?",
    ),
    dropSource: database.prepare("DELETE FROM trend_source WHERE seq = ?"),
    addSubject: database.prepare("INSERT OR IGNORE INTO trend_subject VALUES (?, ?, ?)"),
    latestHour: database.prepare(`SELECT hour FROM trend_use WHERE ${PAIR} ORDER BY hour DESC LIMIT 1`),
    mark: database.prepare(`UPDATE trend_use SET latest = ? WHERE ${PAIR} AND hour = ?`),
    use: database.prepare(
      `INSERT INTO trend_use VALUES (?, ?, ?, ?, ?, 1, ?, ?)
       ON CONFLICT DO UPDATE SET uses = uses + 1, msats = msats + excluded.msats`,
    ),
    unuse: database.prepare(
      `UPDATE trend_use SET uses = uses - 1, msats = msats - ? WHERE ${PAIR} AND hour = ?`,
    ),
    dropUnused: database.prepare(`DELETE FROM trend_use WHERE ${PAIR} AND hour = ? AND uses <= 0`),
    dropPair: database.prepare(`DELETE FROM trend_use WHERE ${PAIR}`),
    pruneUses: database.prepare("DELETE FROM trend_use WHERE hour <= ?"),
    pruneSources: database.prepare("DELETE FROM trend_source WHERE hour <= ?"),
    pruneSubjects: database.prepare(
      `DELETE FROM trend_subject WHERE NOT EXISTS (
         SELECT 1 FROM trend_use u WHERE u.topic = trend_subject.topic AND u.subject = trend_subject.key)`,
    ),
  };
}
