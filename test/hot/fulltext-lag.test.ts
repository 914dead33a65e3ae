// An index that looks at the log now and then holds what one holds that is made anew from it, whatever came and went in between.

import type { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { openFulltext } from "../../src/hot/fulltext-database.ts";
import { FulltextFeed } from "../../src/hot/fulltext-feed.ts";
import { FulltextFollower } from "../../src/hot/fulltext-follower.ts";
import type { VerifiedEvent } from "../../src/nostr/event.ts";
import { type EventTemplate, keypair, unsignedEvent } from "../support/events.ts";
import { FulltextStore, NOW } from "../support/fulltext-store.ts";
import { prng, testSeed } from "../support/prng.ts";
import { pick } from "../support/random-filter.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const ROUNDS = process.env["LONG_TESTS"] === "1" ? 300 : 8;
const STEPS = 80;

const folder = temporaryFolders();
const KEYS = Array.from({ length: 5 }, (_, index) => keypair(300 + index).pubkey);
const NOTHING = "0".repeat(64);

/** Events that answer, replace and delete each other. */
class Crowd {
  readonly random: () => number;
  private readonly made: VerifiedEvent[] = [];

  constructor(random: () => number) {
    this.random = random;
  }

  event(): VerifiedEvent {
    const { random } = this;
    const by = pick(random, KEYS);
    const created_at = NOW - 1000 + Math.floor(random() * 900);
    const content = `${this.made.length}`;
    const event = unsignedEvent(by, { created_at, content, ...this.template(by) });
    this.made.push(event);
    return event;
  }

  private template(by: string): EventTemplate {
    const { random } = this;
    const target = this.made.length === 0 ? NOTHING : pick(random, this.made).event.id;
    const address = `${pick(random, [0, 3])}:${by}:`;
    const d = pick(random, ["", "x"]);
    const follows = KEYS.filter(() => random() < 0.5).map((key) => ["p", key]);
    const kinds: readonly EventTemplate[] = [
      { kind: 1, tags: [["t", pick(random, ["a", "b"])]] },
      { kind: 1, tags: [["e", target, "", "reply"]] },
      { kind: 6, tags: [["e", target]] },
      { kind: 7, content: pick(random, ["+", "-"]), tags: [["e", target]] },
      { kind: 7, content: "+", tags: [["a", `30023:${by}:${d}`]] },
      { kind: 3, tags: follows },
      { kind: 3, tags: follows },
      { kind: 0, content: JSON.stringify({ name: `somebody ${this.made.length}` }) },
      { kind: 30_023, tags: [["d", d]] },
      { kind: 5, tags: [["e", target]] },
      { kind: 5, tags: [["a", address]] },
    ];
    return random() < 0.02 ? { kind: 62, tags: [["relay", "ALL_RELAYS"]] } : pick(random, kinds);
  }
}

function held(database: Database): Record<string, unknown[]> {
  const rows = (sql: string): unknown[] => database.query(sql).values();
  return {
    follows: rows("SELECT follower, followed FROM follow ORDER BY 1, 2"),
    followers: rows("SELECT key, followers FROM author WHERE followers > 0 ORDER BY 1"),
    targets: rows(
      "SELECT key, reactions, downvotes, reposts, replies, score FROM target WHERE score + downvotes > 0 ORDER BY 1",
    ),
    actors: rows("SELECT target, class, actor, uses FROM actor ORDER BY 1, 2, 3"),
    trends: rows("SELECT topic, subject, act, actor FROM trend_use ORDER BY 1, 2, 3, 4"),
    documents: rows("SELECT seq FROM doc ORDER BY 1"),
    notes: rows("SELECT rowid FROM note ORDER BY 1"),
    profiles: rows("SELECT rowid FROM profile ORDER BY 1"),
  };
}

/** What an index holds that meets the log as it is now. */
function heldAnew({ reader }: FulltextStore): Record<string, unknown[]> {
  const database = openFulltext(folder());
  const feed = new FulltextFeed(database, () => true);
  const follower = new FulltextFollower(reader, feed, { now: () => NOW });
  while (follower.step());
  const all = held(database);
  database.close();
  return all;
}

const seed = testSeed();
test(`a lagging index and a new one hold the same (SEED=${seed})`, () => {
  for (let round = 0; round < ROUNDS; round++) {
    const crowd = new Crowd(prng(seed + round));
    const { random } = crowd;
    const store = new FulltextStore(folder());
    for (let step = 0; step < STEPS; step++) {
      store.write(...Array.from({ length: 1 + Math.floor(random() * 4) }, () => crowd.event()));
      if (random() < 0.05) store.writer.removeMany([1 + Math.floor(random() * 2 * STEPS)], "deleted");
      if (random() < 0.25) store.catchUp();
    }
    store.catchUp();
    expect([seed + round, held(store.database)]).toEqual([seed + round, heldAnew(store)]);
    store.close();
  }
});

test("a follow list that came and went between two looks takes the one before it along", () => {
  const store = new FulltextStore(folder());
  const [alice, bob, carol] = KEYS as [string, string, string];
  const follow = (whom: string, created_at: number): VerifiedEvent =>
    unsignedEvent(alice, { kind: 3, tags: [["p", whom]], created_at });
  store.write(follow(bob, 10));
  store.catchUp();
  expect(store.fulltext.engagement.followers(bob)).toBe(1);
  store.write(follow(carol, 20));
  store.write(unsignedEvent(alice, { kind: 5, tags: [["a", `3:${alice}:`]], created_at: 30 }));
  store.catchUp();
  expect([bob, carol].map((key) => store.fulltext.engagement.followers(key))).toEqual([0, 0]);
  store.close();
});
