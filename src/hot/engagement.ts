// Engagement counters, fed by the log: distinct people per target and class, followers per author, and hourly buckets.

import type { Database } from "bun:sqlite";
import type { NostrEvent } from "../nostr/event.ts";
import { isHex64 } from "../nostr/hex.ts";
import { Kind } from "../nostr/kind.ts";
import { tagValues } from "../nostr/tag.ts";

import { ACTION_CLASSES, type Action, type ActionClass } from "../search/engagement.ts";
import type { LogEntry } from "./contract.ts";
import { BUCKET_HOURS_KEPT, CLASS_COLUMN, CLASS_WEIGHT, hourOf, targetKey } from "./engagement-columns.ts";
import { authorKey } from "./keys.ts";

interface ActionRow {
  readonly target: number;
  readonly class: number;
  readonly actor: number;
  readonly msats: number;
}

/** Hears how a follow list differs from the one before. Keys are authorKey() of hex keys, times unix seconds. */
export interface FollowListener {
  followed(follower: number, followed: number, pubkey: string, createdAt: number): void;
  unfollowed(follower: number, followed: number): void;
}

/** Keeps the counters true, inside the caller's transaction. Constant work for an event, but for follow lists. */
export class EngagementFeed {
  private readonly statements: ReturnType<typeof prepare>;
  private readonly follows: FollowListener | undefined;
  private prunedHour = 0;

  constructor(database: Database, follows?: FollowListener) {
    this.statements = prepare(database);
    this.follows = follows;
  }

  /** `actions` are what this event does to others. */
  stored(seq: number, event: NostrEvent, actions: readonly Action[], nowSeconds: number): void {
    if (event.kind === Kind.contacts) return this.follow(seq, event);
    for (const action of actions)
      this.act(seq, action, hourOf(Math.min(event.created_at, nowSeconds)), hourOf(nowSeconds));
  }

  removed(entry: Extract<LogEntry, { type: "removed" }>): void {
    // What moved to the cold store is still true, and a newer follow list brings its own differences.
    if (entry.reason === "evicted") return;
    if (entry.kind === Kind.contacts) {
      if (entry.reason !== "replaced") this.unfollowAll(entry.eventSeq, authorKey(entry.pubkey));
      return;
    }
    for (const row of this.statements.actionsOfSeq.all(entry.eventSeq) as ActionRow[]) this.takeBack(row);
    this.statements.forgetActions.run(entry.eventSeq);
  }

  /** Drops buckets that no trend looks at any more; does something once an hour. */
  prune(nowSeconds: number): void {
    const hour = hourOf(nowSeconds);
    if (hour === this.prunedHour) return;
    this.prunedHour = hour;
    this.statements.pruneBuckets.run(hour - BUCKET_HOURS_KEPT);
  }

  private act(seq: number, action: Action, hour: number, hourNow: number): void {
    const { statements } = this;
    const target = targetKey(action.target);
    const kind = ACTION_CLASSES.indexOf(action.class);
    const actor = authorKey(action.actor);
    if (statements.addAction.run(seq, target, kind, actor, action.msats).changes === 0) return;
    const before = statements.usesOf.get(target, kind, actor) as { uses: number } | null;
    if (before !== null) statements.useAgain.run(action.msats, target, kind, actor);
    else statements.addActor.run(target, kind, actor, hour, action.msats);
    if (before !== null && action.msats === 0) return;
    statements.addTarget.run(target, action.target);
    this.change(target, action.class, before === null ? 1 : 0, action.msats);
    if (hour > hourNow - BUCKET_HOURS_KEPT) {
      statements.fillBucket.run(hour, target, kind, before === null ? 1 : 0, action.msats);
    }
  }

  private takeBack(row: ActionRow): void {
    const { statements } = this;
    const held = statements.usesOf.get(row.target, row.class, row.actor) as {
      uses: number;
      hour: number;
    } | null;
    if (held === null) return;
    const isLast = held.uses <= 1;
    if (isLast) statements.dropActor.run(row.target, row.class, row.actor);
    else statements.useLess.run(row.msats, row.target, row.class, row.actor);
    this.change(row.target, ACTION_CLASSES[row.class]!, isLast ? -1 : 0, -row.msats);
    statements.drainBucket.run(isLast ? 1 : 0, row.msats, held.hour, row.target, row.class);
  }

  private change(target: number, kind: ActionClass, people: number, msats: number): void {
    this.statements.change[kind].run(people, msats, people * CLASS_WEIGHT[kind], target);
  }

  private follow(seq: number, list: NostrEvent): void {
    const { statements } = this;
    const follower = authorKey(list.pubkey);
    const held = statements.followList.get(follower) as { seq: number } | null;
    if (held !== null && held.seq > seq) return;
    const now = new Map<number, string>();
    for (const key of tagValues(list, "p"))
      if (isHex64(key) && key !== list.pubkey) now.set(authorKey(key), key);
    for (const followed of this.followedBy(follower)) {
      if (!now.delete(followed)) this.unfollow(follower, followed);
    }
    for (const [followed, pubkey] of now) {
      statements.addFollow.run(follower, followed);
      statements.addFollower.run(followed, pubkey);
      this.follows?.followed(follower, followed, pubkey, list.created_at);
    }
    statements.setFollowList.run(follower, seq);
  }

  /** Also what an older list said: the log does not tell of one that came and went between two looks at it. */
  private unfollowAll(seq: number, follower: number): void {
    const held = this.statements.followList.get(follower) as { seq: number } | null;
    if (held === null || held.seq > seq) return;
    for (const followed of this.followedBy(follower)) this.unfollow(follower, followed);
    this.statements.dropFollowList.run(follower);
  }

  private unfollow(follower: number, followed: number): void {
    this.statements.dropFollow.run(follower, followed);
    this.statements.dropFollower.run(followed);
    this.follows?.unfollowed(follower, followed);
  }

  private followedBy(follower: number): number[] {
    return (this.statements.followed.all(follower) as { followed: number }[]).map((row) => row.followed);
  }
}

function prepare(database: Database) {
  const change = (kind: ActionClass) =>
    database.prepare(
      `UPDATE target SET ${CLASS_COLUMN[kind]} = max(0, ${CLASS_COLUMN[kind]} + ?1), msats = max(0, msats + ?2),
       score = max(0, score + ?3) WHERE key = ?4`,
    );
  return {
    addAction: database.prepare("INSERT OR IGNORE INTO action VALUES (?, ?, ?, ?, ?)"),
    actionsOfSeq: database.prepare("SELECT target, class, actor, msats FROM action WHERE seq = ?"),
    forgetActions: database.prepare("DELETE FROM action WHERE seq = ?"),
    usesOf: database.prepare("SELECT uses, hour FROM actor WHERE target = ? AND class = ? AND actor = ?"),
    addActor: database.prepare("INSERT INTO actor VALUES (?, ?, ?, 1, ?, ?)"),
    useAgain: database.prepare(
      "UPDATE actor SET uses = uses + 1, msats = msats + ? WHERE target = ? AND class = ? AND actor = ?",
    ),
    useLess: database.prepare(
      "UPDATE actor SET uses = uses - 1, msats = max(0, msats - ?) WHERE target = ? AND class = ? AND actor = ?",
    ),
    dropActor: database.prepare("DELETE FROM actor WHERE target = ? AND class = ? AND actor = ?"),
    addTarget: database.prepare("INSERT OR IGNORE INTO target (key, ref) VALUES (?, ?)"),
    change: {
      reaction: change("reaction"),
      downvote: change("downvote"),
      repost: change("repost"),
      reply: change("reply"),
      quote: change("quote"),
      zap: change("zap"),
    },
    fillBucket: database.prepare(
      `INSERT INTO bucket VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET actors = actors + excluded.actors, msats = msats + excluded.msats`,
    ),
    drainBucket: database.prepare(
      `UPDATE bucket SET actors = max(0, actors - ?), msats = max(0, msats - ?)
       WHERE hour = ? AND target = ? AND class = ?`,
    ),
    pruneBuckets: database.prepare("DELETE FROM bucket WHERE hour <= ?"),
    followed: database.prepare("SELECT followed FROM follow WHERE follower = ?"),
    addFollow: database.prepare("INSERT INTO follow VALUES (?, ?)"),
    dropFollow: database.prepare("DELETE FROM follow WHERE follower = ? AND followed = ?"),
    addFollower: database.prepare(
      "INSERT INTO author VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET followers = followers + 1",
    ),
    dropFollower: database.prepare("UPDATE author SET followers = max(0, followers - 1) WHERE key = ?"),
    followList: database.prepare("SELECT seq FROM follow_list WHERE follower = ?"),
    setFollowList: database.prepare("INSERT OR REPLACE INTO follow_list VALUES (?, ?)"),
    dropFollowList: database.prepare("DELETE FROM follow_list WHERE follower = ?"),
  };
}
