// Engagement counters: what counts as what, distinct people, taking back, windows, followers; and a naive model of it all.

import { describe, expect, test } from "bun:test";
import { EngagementFeed } from "../../src/hot/engagement.ts";
import { EngagementReader } from "../../src/hot/engagement-reader.ts";
import { openFulltext, openFulltextForReading } from "../../src/hot/fulltext-database.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { ACTION_CLASSES, actionsOf, targetOf } from "../../src/search/engagement.ts";
import { hexOf } from "../support/cold-events.ts";
import { keypair, unsignedEvent } from "../support/events.ts";
import { FulltextStore, NOW } from "../support/fulltext-store.ts";
import { prng, testSeed } from "../support/prng.ts";
import { temporaryFolders } from "../support/temp-folder.ts";
import { unsignedZap } from "../support/zaps.ts";

const folder = temporaryFolders();
const keys = Array.from({ length: 6 }, (_, seed) => keypair(seed + 10).pubkey);
const [ALICE, BOB, CAROL] = keys as [string, string, string];
const NOTE = "12".repeat(32);

const believed = (event: NostrEvent) => actionsOf(event, () => true);

describe("what an event does to others", () => {
  const event = (kind: number, tags: string[][], content = ""): NostrEvent =>
    unsignedEvent(BOB, { kind, tags, content }).event;
  const other = "34".repeat(32);
  const cases: readonly (readonly [string, NostrEvent, readonly string[]])[] = [
    [
      "a reaction counts for the last e tag",
      event(
        7,
        [
          ["e", other],
          ["e", NOTE],
        ],
        "+",
      ),
      [`reaction ${NOTE}`],
    ],
    ["a minus is a downvote", event(7, [["e", NOTE]], "-"), [`downvote ${NOTE}`]],
    [
      "an article is counted by address",
      event(
        7,
        [
          ["e", NOTE],
          ["a", `30023:${ALICE}:x`],
        ],
        "+",
      ),
      [`reaction 30023:${ALICE}:x`],
    ],
    ["a repost", event(6, [["e", NOTE]]), [`repost ${NOTE}`]],
    ["a generic repost", event(16, [["e", NOTE]]), [`repost ${NOTE}`]],
    [
      "a reply by marker",
      event(1, [
        ["e", other, "", "root"],
        ["e", NOTE, "", "reply"],
      ]),
      [`reply ${NOTE}`],
    ],
    [
      "a comment",
      event(1111, [
        ["E", other],
        ["e", NOTE],
      ]),
      [`reply ${NOTE}`],
    ],
    ["a quote", event(1, [["q", NOTE]]), [`quote ${NOTE}`]],
    [
      "a reaction to oneself",
      event(
        7,
        [
          ["e", NOTE],
          ["p", BOB],
        ],
        "+",
      ),
      [],
    ],
    ["a malformed reference", event(7, [["e", "nonsense"]], "+"), []],
    ["a plain note", event(1, []), []],
  ];
  test.each(cases)("%s", (_, each, expected) => {
    expect(believed(each).map((action) => `${action.class} ${action.target}`)).toEqual([...expected]);
  });
});

test("people count once, and what is deleted is taken back", () => {
  const store = new FulltextStore(folder());
  const note = unsignedEvent(ALICE, { content: "look" });
  const like = (pubkey: string, content: string) =>
    unsignedEvent(pubkey, { kind: 7, content, tags: [["e", note.event.id]], created_at: NOW });
  const [first, second, third] = [like(BOB, "+"), like(BOB, "🧡"), like(CAROL, "+")];
  store.write(note, first, second, third);
  store.catchUp();
  const reactions = (): number | undefined => store.fulltext.engagement.counts(note.event.id)?.reactions;
  expect(reactions()).toBe(2);
  store.write(unsignedEvent(BOB, { kind: 5, tags: [["e", first.event.id]], created_at: NOW }));
  store.catchUp();
  expect(reactions()).toBe(2);
  store.write(unsignedEvent(BOB, { kind: 5, tags: [["e", second.event.id]], created_at: NOW }));
  store.catchUp();
  expect(reactions()).toBe(1);
  store.write(unsignedEvent(CAROL, { kind: 62, tags: [["relay", "ALL_RELAYS"]], created_at: NOW + 1 }));
  store.catchUp();
  store.writer.clear();
  store.catchUp();
  expect(reactions()).toBe(0);
  store.close();
});

test("followers are the difference of follow lists", () => {
  const store = new FulltextStore(folder());
  const list = (pubkey: string, followed: string[], created_at: number) =>
    unsignedEvent(pubkey, { kind: 3, tags: followed.map((key) => ["p", key]), created_at });
  const followers = (): number[] =>
    [ALICE, BOB, CAROL].map((key) => store.fulltext.engagement.followers(key));
  store.write(list(ALICE, [BOB, CAROL, ALICE, BOB], 10), list(BOB, [CAROL], 10));
  store.catchUp();
  expect(followers()).toEqual([0, 1, 2]);
  store.write(list(ALICE, [BOB], 20));
  store.write(list(BOB, [ALICE, CAROL], 30));
  store.catchUp();
  expect(followers()).toEqual([1, 1, 1]);
  store.write(unsignedEvent(BOB, { kind: 5, tags: [["a", `3:${BOB}:`]], created_at: 40 }));
  store.catchUp();
  expect(followers()).toEqual([0, 1, 0]);
  expect(store.fulltext.engagement.followed(1)).toEqual([{ pubkey: BOB, followers: 1 }]);
  store.close();
});

test("searches can be ordered by it", () => {
  const store = new FulltextStore(folder());
  const quiet = unsignedEvent(ALICE, { content: "quiet cat", created_at: NOW - 7200 });
  const loved = unsignedEvent(ALICE, { content: "loved cat", created_at: NOW - 6 * 86_400 });
  const argued = unsignedEvent(BOB, { content: "argued cat", created_at: NOW - 7000 });
  const act = (by: number, kind: number, target: { event: NostrEvent }, content = "") =>
    unsignedEvent(keys[by]!, { kind, content, tags: [["e", target.event.id]], created_at: NOW - 100 });
  store.write(quiet, loved, argued);
  store.write(...[2, 3, 4, 5].map((by) => act(by, 7, loved, "+")));
  store.write(act(1, 6, loved), act(2, 7, argued, "-"), act(3, 1, argued, "no"), act(4, 7, quiet, "+"));
  store.write(
    unsignedZap(
      keys[4]!,
      keys[5]!,
      { target: ["e", quiet.event.id], to: ALICE, invoice: "lnbc10u1x", amount: 1_000_000 },
      NOW,
    ),
  );
  store.catchUp();
  for (const words of ["cat ", ""]) {
    expect(store.find(`${words}sort:top`)[0]).toBe("loved cat");
    expect(store.find(`${words}sort:hot`)[0]).toBe("quiet cat");
    expect(store.find(`${words}sort:controversial`)[0]).toBe("argued cat");
    expect(store.find(`${words}sort:zaps`)[0]).toBe("quiet cat");
  }
  expect(store.find("sort:top", { authors: [BOB] })).toEqual(["argued cat"]);
  store.close();
});

const seed = testSeed();
test(`random actions and removals agree with counting them all (seed ${seed})`, () => {
  const random = prng(seed);
  const database = openFulltext(folder());
  const feed = new EngagementFeed(database);
  const reader = new EngagementReader(database);
  const live = new Map<number, NostrEvent>();
  const targets = Array.from({ length: 5 }, (_, i) => unsignedEvent(ALICE, { content: `${i}` }).event);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  for (let seq = 1; seq <= 600; seq++) {
    const target = pick(targets).id;
    if (random() < 0.3 && live.size > 0) {
      const [eventSeq, event] = pick([...live]);
      live.delete(eventSeq);
      const { id, pubkey, kind, created_at: createdAt } = event;
      feed.removed({
        type: "removed",
        seq,
        eventSeq,
        id,
        pubkey,
        kind,
        createdAt,
        identifier: "",
        reason: pick(["deleted", "vanished", "expired"] as const),
      });
    } else {
      const [kind, content, tags] = pick([
        [7, "+", [["e", target]]],
        [7, "-", [["e", target]]],
        [6, "", [["e", target]]],
        [
          1,
          `${seq}`,
          [
            ["e", target],
            ["q", pick(targets).id],
          ],
        ],
        [9735, "", []],
      ] as const);
      const zap = { target: ["e", target], to: hexOf("paid"), invoice: "lnbc10u1x", amount: 1_000_000 };
      const { event } =
        kind === 9735
          ? unsignedZap(pick(keys), pick(keys), zap, NOW - seq)
          : unsignedEvent(pick(keys), { kind, content, tags, created_at: NOW - seq });
      live.set(seq, event);
      feed.stored(seq, event, believed(event), NOW);
      feed.stored(seq, event, believed(event), NOW);
    }
  }
  for (const target of targets) {
    const actions = [...live.values()]
      .flatMap(believed)
      .filter((action) => action.target === targetOf(target));
    const people = (kind: string): number =>
      new Set(actions.filter((action) => action.class === kind).map(({ actor }) => actor)).size;
    const counts = reader.counts(target.id)!;
    const held = [
      counts.reactions,
      counts.downvotes,
      counts.reposts,
      counts.replies,
      counts.quotes,
      counts.zaps,
    ];
    expect(held).toEqual(ACTION_CLASSES.map(people));
    expect(counts.msats).toBe(actions.reduce((sum, { msats }) => sum + msats, 0));
    const trend = reader.trending(48, NOW, 10).find(({ ref }) => ref === target.id)!;
    expect(trend.recent.reactions).toBe(counts.reactions);
    expect(trend.recent.zaps).toBe(counts.zaps);
  }
  feed.prune(NOW + 30 * 86_400);
  expect(reader.trending(48, NOW, 10)).toEqual([]);
  expect(reader.leaders("score", 1)).toHaveLength(1);
  database.close();
});

test("what is read in a snapshot is of one moment, and one that a fault has ended is not in the way of the next", () => {
  const store = new FulltextStore(folder());
  store.write(unsignedEvent(BOB, { kind: 7, content: "+", tags: [["e", NOTE]], created_at: NOW }));
  store.catchUp();
  const database = openFulltextForReading(store.folder);
  const reader = new EngagementReader(database);
  const reactions = (): number | undefined => reader.counts(NOTE)?.reactions;
  const seen = reader.snapshot(() => {
    const before = reactions();
    store.write(unsignedEvent(CAROL, { kind: 7, content: "+", tags: [["e", NOTE]], created_at: NOW }));
    store.catchUp();
    return [before, reactions()];
  });
  expect(seen).toEqual([1, 1]);
  expect(reactions()).toBe(2);
  reader.snapshot(() => database.run("ROLLBACK"));
  expect(reader.snapshot(reactions)).toBe(2);
  database.close();
  store.close();
});
