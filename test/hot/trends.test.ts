// Trends of the hot store: whom they count, whom they do not, and that every counter goes down again.

import { afterEach, describe, expect, test } from "bun:test";
import { emptyFulltext } from "../../src/hot/fulltext-database.ts";
import { authorKey } from "../../src/hot/keys.ts";
import { openFulltextForTrust } from "../../src/hot/fulltext-database.ts";
import { type TrendItem, TrendReader, type TrendWindow } from "../../src/hot/trend-reader.ts";
import type { TrendTopic } from "../../src/hot/trend-schema.ts";
import type { EventTemplate } from "../support/events.ts";
import { unsignedEvent } from "../support/events.ts";
import { FulltextStore, NOW } from "../support/fulltext-store.ts";
import { prng, testSeed } from "../support/prng.ts";
import { temporaryFolders } from "../support/temp-folder.ts";
import { unsignedZap } from "../support/zaps.ts";

const folder = temporaryFolders();
const HOUR = 3600;
const DAY = 24 * HOUR;
let open: { store: FulltextStore; reader: TrendReader }[] = [];

afterEach(() => {
  for (const { store, reader } of open) {
    reader.close();
    store.close();
  }
  open = [];
});

/** The same name gives the same key. */
const key = (name: string): string => Bun.SHA256.hash(`trends ${name}`, "hex");

function setUp() {
  const store = new FulltextStore(folder());
  const reader = new TrendReader(openFulltextForTrust(store.folder));
  open.push({ store, reader });
  let seeds: string[] = [];
  const say = (name: string, template: EventTemplate): string => {
    const event = unsignedEvent(key(name), { created_at: NOW - 60, ...template });
    store.write(event);
    return event.event.id;
  };
  return {
    store,
    say,
    tag: (name: string, tag: string, at = NOW - 60) =>
      say(name, { content: `about ${tag}`, tags: [["t", tag]], created_at: at }),
    follow: (name: string, ...others: string[]) =>
      say(name, { kind: 3, tags: others.map((other) => ["p", key(other)]), created_at: NOW - 30 * DAY }),
    /** An operator who follows these people, directly. */
    operatorFollows: (...others: string[]) => {
      seeds = [key("operator")];
      say("operator", {
        kind: 3,
        tags: others.map((other) => ["p", key(other)]),
        created_at: NOW - 30 * DAY,
      });
    },
    rank: (topic: TrendTopic, window: Partial<TrendWindow> = {}): TrendItem[] => {
      store.catchUp();
      reader.reckon(seeds, NOW);
      return reader.ranking(topic, { hours: 24, nowSeconds: NOW, limit: 50, ...window });
    },
    basis: () => reader.trustBasis,
  };
}

const names = (count: number, prefix = "person"): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix} ${at}`);
const subjects = (items: readonly TrendItem[]): string[] => items.map(({ subject }) => subject);

describe("who counts", () => {
  test("hashtags rank by distinct people, not by uses; two people are no trend", () => {
    const { tag, rank, operatorFollows } = setUp();
    operatorFollows(...names(12));
    for (const name of names(6)) tag(name, "Cats");
    for (const name of names(4)) for (let i = 0; i < 20; i++) tag(name, "dogs", NOW - 60 - i);
    for (const name of names(2)) tag(name, "pair");
    const items = rank("hashtag");
    expect(subjects(items)).toEqual(["cats", "dogs"]);
    expect(items[0]).toMatchObject({ people: 6, uses: 6, crowd: { trusted: 6, known: 0, fresh: 0 } });
    expect(items[1]).toMatchObject({ people: 4, uses: 80 });
  });

  test("one author with thousands of notes has no place", () => {
    const { tag, rank, operatorFollows, store } = setUp();
    operatorFollows(...names(12));
    const events = Array.from({ length: 3000 }, (_, i) =>
      unsignedEvent(key("loud"), { content: `${i}`, tags: [["t", "loud"]], created_at: NOW - i }),
    );
    store.write(...events);
    for (const name of names(3)) tag(name, "quiet");
    expect(subjects(rank("hashtag"))).toEqual(["quiet"]);
  });

  test("five hundred fresh keys buy no place, not with eight known ones, and three trusted people have theirs", () => {
    const { tag, rank, operatorFollows, store, basis } = setUp();
    operatorFollows(...names(12));
    for (const name of names(500, "made up")) tag(name, "scam");
    for (const name of names(3)) tag(name, "honest");
    // Known: here for longer than two days, though nobody follows them.
    store.write(
      ...names(100, "old").map((name) =>
        unsignedEvent(key(name), { content: name, created_at: NOW - 40 * DAY }),
      ),
    );
    for (const name of names(8, "old")) tag(name, "scam");
    expect(subjects(rank("hashtag"))).toEqual(["honest"]);
    expect(basis()).toBe("web");
  });

  test("also on a young relay, where nobody is trusted but follow lists exist", () => {
    const { tag, rank, follow, basis } = setUp();
    for (const name of names(500, "made up")) tag(name, "scam");
    for (const [at, name] of names(4).entries()) {
      follow(name, ...names(4).filter((_, other) => other !== at));
      tag(name, "honest");
    }
    expect(subjects(rank("hashtag"))).toEqual(["honest"]);
    expect(basis()).toBe("young");
  });

  test("a relay that knows nobody treats all alike, still by people", () => {
    const { tag, rank, basis } = setUp();
    for (const name of names(3)) tag(name, "few");
    for (const name of names(9)) tag(name, "many");
    expect(subjects(rank("hashtag"))).toEqual(["many", "few"]);
    expect(basis()).toBe("nobody");
  });

  test("keys that have been here for long and follow one another are established; back-dating makes nobody old", () => {
    const { store, rank, tag, basis } = setUp();
    const old = names(12, "old");
    const history = Array.from({ length: 150 }, (_, i) =>
      unsignedEvent(key(old[i % old.length]!), { content: `${i}`, created_at: NOW - 100 * DAY + i }),
    );
    store.write(
      ...history,
      ...old.map((name) =>
        unsignedEvent(key(name), {
          kind: 3,
          tags: old.filter((other) => other !== name).map((other) => ["p", key(other)]),
          created_at: NOW - 100 * DAY,
        }),
      ),
    );
    store.catchUp();
    // Keys of today with a past of their own making, who follow one another.
    const liars = names(12, "liar");
    for (const name of liars) {
      store.write(
        unsignedEvent(key(name), { content: "old", created_at: NOW - 400 * DAY }),
        unsignedEvent(key(name), {
          kind: 3,
          tags: liars.map((other) => ["p", key(other)]),
          created_at: NOW - 400 * DAY,
        }),
      );
      tag(name, "lies");
    }
    for (const name of old.slice(0, 3)) tag(name, "truth");
    expect(subjects(rank("hashtag"))).toEqual(["truth"]);
    expect(basis()).toBe("established");
  });

  test("what calls itself a bot does not count", () => {
    const { say, tag, rank } = setUp();
    for (const name of names(4)) tag(name, "beep");
    for (const name of names(3)) tag(name, "hello");
    for (const name of names(2)) say(name, { kind: 0, content: '{"name":"x","bot":true}' });
    expect(subjects(rank("hashtag"))).toEqual([]);
    for (const name of names(3, "more")) tag(name, "hello");
    expect(rank("hashtag").map(({ subject, people }) => [subject, people])).toEqual([["hello", 4]]);
  });

  test("news stands before custom", () => {
    const { tag, rank, operatorFollows } = setUp();
    operatorFollows(...names(30));
    for (const name of names(10)) {
      for (let day = 0; day <= 7; day++) tag(name, "bitcoin", NOW - 2 * HOUR - day * DAY);
    }
    for (const name of names(8)) tag(name, "eclipse");
    const items = rank("hashtag");
    expect(subjects(items)).toEqual(["eclipse", "bitcoin"]);
    // The window holds, beside its 24 hours, what is over of the one that has begun.
    expect(items[1]!.usual).toBeCloseTo((10 * (24 + (NOW % HOUR) / HOUR)) / 24, 5);
    expect(items[0]!.usual).toBe(0);
  });

  test("what fresh keys say they paid is no sum of a note, where others are known", () => {
    const { store, say, rank, operatorFollows } = setUp();
    operatorFollows(...names(12));
    const note = say("author", { content: "a note" });
    for (const name of names(3)) say(name, { kind: 7, content: "+", tags: [["e", note]] });
    const zap = (name: string, invoice: string, amount: number) =>
      store.write(
        unsignedZap(
          key(name),
          key("wallet"),
          { target: ["e", note], to: key("author"), invoice, amount },
          NOW - 60,
        ),
      );
    zap("person 5", "lnbc10u1pjq", 1_000_000);
    zap("made up", "lnbc900m1pjq", 90_000_000_000);
    const admit = () => ({ author: authorKey(key("author")) });
    expect(rank("note", { admit })[0]!.engagement).toMatchObject({ zaps: 2, msats: 1_000_000 });
  });

  test("in the first minute of an hour the last one still counts, and nothing falls for it", () => {
    const { tag, rank } = setUp();
    const nowSeconds = NOW - (NOW % HOUR) + 5;
    for (const name of names(4)) {
      tag(name, "late", nowSeconds - 10 * 60);
      for (let hour = 1; hour <= 24; hour++) tag(name, "steady", nowSeconds - hour * HOUR);
    }
    expect(subjects(rank("hashtag", { hours: 1, nowSeconds })).toSorted()).toEqual(["late", "steady"]);
    for (const hours of [1, 4, 24]) {
      const steady = rank("hashtag", { hours, nowSeconds }).find(({ subject }) => subject === "steady");
      expect(steady!.velocity).toBeCloseTo(1, 0);
      expect(steady!.velocity).toBeGreaterThan(0.7);
    }
  });
});

describe("what counts", () => {
  test("private kinds, expired windows, warned content and lists of tags add nothing", () => {
    const { say, tag, rank } = setUp();
    for (const name of names(4)) {
      for (const kind of [4, 13, 1059, 1234, 31_234, 30_078])
        say(name, {
          kind,
          tags: [
            ["t", "secret"],
            ["p", key("victim")],
            ["q", "ab".repeat(32)],
          ],
        });
      tag(name, "yesterday", NOW - 25 * HOUR);
      say(name, {
        tags: [
          ["t", "warned"],
          ["content-warning", ""],
        ],
      });
      say(name, { tags: names(40).map((_, i) => ["t", `tag${i}`]) });
    }
    expect(subjects(rank("hashtag")).sort()).toEqual(
      names(10)
        .map((_, i) => `tag${i}`)
        .sort(),
    );
    expect(rank("person")).toEqual([]);
    expect(rank("note")).toEqual([]);
    expect(subjects(rank("hashtag", { hours: 48 }))).toContain("yesterday");
  });

  test("links are one with and without tracking; pictures are media", () => {
    const { say, rank } = setUp();
    const written = ["https://a.example/x?utm_source=y", "https://a.example/x/", "https://a.example/x#top"];
    names(3).forEach((name, at) => say(name, { content: `see ${written[at]} and https://b.example/p.jpg` }));
    expect(subjects(rank("link"))).toEqual(["https://a.example/x"]);
    expect(subjects(rank("media"))).toEqual(["https://b.example/p.jpg"]);
  });

  test("notes: each person counts once for each thing done, and the author not at all", () => {
    const { say, rank } = setUp();
    const note = say("author", { content: "hello" });
    for (const name of [...names(3), "author"]) {
      for (let i = 0; i < 5; i++)
        say(name, { kind: 7, content: `${i}`, tags: [["e", note]], created_at: NOW - 60 - i });
    }
    say("person 0", { kind: 6, tags: [["e", note]] });
    const admit = () => ({ author: authorKey(key("author")) });
    const [item] = rank("note", { admit });
    expect(item).toMatchObject({ subject: note, people: 3, engagement: { reactions: 3, reposts: 1 } });
    expect(rank("note", { admit: () => undefined })).toEqual([]);
  });

  test("a note that only its author likes, and one that is only voted down, have no place", () => {
    const { say, rank } = setUp();
    const own = say("author", { content: "mine" });
    say("author", { kind: 7, content: "+", tags: [["e", own]] });
    const bad = say("other", { content: "bad" });
    for (const name of names(5)) say(name, { kind: 7, content: "-", tags: [["e", bad]] });
    expect(rank("note")).toEqual([]);
  });

  test("lists show two notes of one author", () => {
    const { say, rank } = setUp();
    for (let i = 0; i < 4; i++) {
      const note = say("author", { content: `note ${i}` });
      for (const name of names(3)) say(name, { kind: 7, content: "+", tags: [["e", note]] });
    }
    expect(rank("note", { admit: () => ({ author: authorKey(key("author")) }) })).toHaveLength(2);
  });

  test("people: new followers and mentions; a crowd called together is not talked about", () => {
    const { say, rank, operatorFollows } = setUp();
    operatorFollows(...names(12));
    for (const name of names(3)) say(name, { kind: 3, tags: [["p", key("star")]] });
    for (const name of names(4)) say(name, { content: "hi", tags: [["p", key("friend")]] });
    for (const name of names(4))
      say(name, { content: "all", tags: names(21, "crowd").map((other) => ["p", key(other)]) });
    const items = rank("person");
    expect(new Map(items.map(({ subject, followers, people }) => [subject, [followers, people]]))).toEqual(
      new Map([
        [key("star"), [3, 3]],
        [key("friend"), [0, 4]],
      ]),
    );
    say("person 0", { kind: 3, tags: [], created_at: NOW - 10 });
    expect(subjects(rank("person"))).toEqual([key("friend")]);
  });
});

describe("taking back", () => {
  test("deleted, expired and vanished events no longer count", () => {
    const { store, tag, say, rank } = setUp();
    const ids = names(4).map((name) => tag(name, "gone"));
    expect(rank("hashtag")[0]).toMatchObject({ people: 4 });
    say("person 0", { kind: 5, tags: [["e", ids[0]!]] });
    expect(rank("hashtag")[0]).toMatchObject({ people: 3 });
    say("person 1", { kind: 62, tags: [["relay", "ALL_RELAYS"]], created_at: NOW });
    expect(rank("hashtag")).toEqual([]);
    expect(
      store.database
        .query("SELECT count(*) AS n FROM trend_author WHERE key = ?")
        .get(authorKey(key("person 1"))),
    ).toEqual({ n: 0 });
  });

  test("a file that is emptied and filled again says the same", () => {
    const { store, tag, rank } = setUp();
    for (const name of names(4)) tag(name, "again");
    const before = rank("hashtag");
    expect(before).toHaveLength(1);
    emptyFulltext(store.database);
    store.follower.restart();
    expect(rank("hashtag")).toEqual(before);
  });

  const seed = testSeed();
  test(`random uses and deletions agree with counting them all (seed ${seed})`, () => {
    const random = prng(seed);
    const { store, say, rank } = setUp();
    const kept = new Map<string, { name: string; tag: string; at: number }>();
    for (let step = 0; step < 600; step++) {
      const name = `person ${Math.floor(random() * 12)}`;
      if (random() < 0.25 && kept.size > 0) {
        const [id, use] = [...kept][Math.floor(random() * kept.size)]!;
        say(use.name, { kind: 5, tags: [["e", id]] });
        kept.delete(id);
        continue;
      }
      const use = {
        name,
        tag: `tag${Math.floor(random() * 6)}`,
        at: NOW - Math.floor(random() * 200 * HOUR),
      };
      kept.set(say(name, { content: `${step}`, tags: [["t", use.tag]], created_at: use.at }), use);
      if (step % 50 === 0) store.catchUp();
    }
    for (const hours of [1, 4, 24, 168]) {
      const first = Math.floor(NOW / HOUR) - hours - 1;
      const people = new Map<string, Set<string>>();
      for (const { name, tag, at } of kept.values()) {
        if (Math.floor(at / HOUR) > first) people.set(tag, (people.get(tag) ?? new Set()).add(name));
      }
      const expected = [...people]
        .filter(([, who]) => who.size >= 3)
        .map(([tag, who]) => [tag, who.size] as const);
      const found = rank("hashtag", { hours }).map(({ subject, people: count }) => [subject, count] as const);
      expect(new Map(found)).toEqual(new Map(expected));
    }
  });
});
