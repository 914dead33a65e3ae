// Full-text search in SQLite: fed from the log, composed with filters, and equal to the plain meaning of a search.

import { mkdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Filter } from "../../src/nostr/filter.ts";
import { matchesFilter } from "../../src/nostr/filter.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import { emptyFulltext, FULLTEXT_FILE, openFulltext } from "../../src/hot/fulltext-database.ts";
import { SearchableEvent } from "../../src/search/match.ts";
import { randomQuery, randomText } from "../search/vocabulary.ts";
import { keypair, unsignedEvent } from "../support/events.ts";
import { FulltextStore, NOW, parsed } from "../support/fulltext-store.ts";
import { prng, testSeed } from "../support/prng.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
const [ALICE, BOB, CAROL] = [1, 2, 3].map((seed) => keypair(seed).pubkey) as [string, string, string];

describe("what is found", () => {
  let store: FulltextStore;
  beforeAll(() => {
    store = new FulltextStore(folder());
    store.write(
      unsignedEvent(ALICE, { content: "Bitcoin lightning is fast", created_at: NOW - 500 }),
      unsignedEvent(BOB, {
        content: "lightning strikes twice",
        created_at: NOW - 400,
        tags: [["t", "Weather"]],
      }),
      unsignedEvent(BOB, { content: "日本語でノストル", created_at: NOW - 300 }),
      unsignedEvent(CAROL, {
        content: "see https://www.youtube.com/watch?v=1 lightning",
        created_at: NOW - 200,
      }),
      unsignedEvent(CAROL, { kind: 4, content: "lightning secret", created_at: NOW - 150 }),
      unsignedEvent(CAROL, {
        kind: 30_023,
        content: "about batteries",
        tags: [
          ["title", "Lightning explained"],
          ["d", "x"],
        ],
        created_at: NOW - 100,
      }),
      unsignedEvent(ALICE, {
        kind: 0,
        content: '{"name":"alice","nip05":"alice@example.com","about":"lightning fan"}',
      }),
      unsignedEvent(BOB, { kind: 0, content: '{"name":"alicent","about":"not her"}' }),
      unsignedEvent(ALICE, { content: "lightning soon gone", tags: [["expiration", String(NOW - 1)]] }),
    );
    store.catchUp();
  });
  afterAll(() => store.close());

  test("words, phrases, exclusion, alternatives", () => {
    expect(store.find("bitcoin lightning")).toEqual(["Bitcoin lightning is fast"]);
    expect(store.find('"lightning is"')).toEqual(["Bitcoin lightning is fast"]);
    expect(store.find('"is lightning"')).toEqual([]);
    expect(store.find("lightning -bitcoin", { kinds: [1] })).toHaveLength(2);
    expect(store.find("bitcoin OR strikes")).toHaveLength(2);
    expect(store.find("strik*")).toEqual(["lightning strikes twice"]);
    expect(store.find("ノストル")).toEqual(["日本語でノストル"]);
    expect(store.find("語")).toEqual(["日本語でノストル"]);
    expect(store.find("本で")).toEqual([]);
    expect(store.find(":)")).toEqual([]);
  });

  test("a title weighs more than a text; private kinds and what has expired are not there", () => {
    expect(store.find("lightning")[0]).toBe("about batteries");
    expect(store.find("secret")).toEqual([]);
    expect(store.find("gone")).toEqual([]);
    expect(store.count("lightning")).toEqual({ count: 5, exact: true });
  });

  test("with every key of a filter", () => {
    expect(store.find("lightning", { kinds: [30_023] })).toEqual(["about batteries"]);
    expect(store.find("lightning", { authors: [BOB] })).toEqual(["lightning strikes twice"]);
    expect(store.find("lightning", { since: NOW - 250, kinds: [1] })).toHaveLength(1);
    expect(store.find("lightning", { until: NOW - 450, kinds: [1] })).toEqual(["Bitcoin lightning is fast"]);
    expect(store.find("lightning", { tags: [{ name: "t", mode: "any", values: ["Weather"] }] })).toHaveLength(
      1,
    );
    expect(store.find("lightning", { tags: [{ name: "t", mode: "any", values: ["weather"] }] })).toEqual([]);
    expect(store.find("lightning", { tags: [{ name: "d", mode: "any", values: ["x"] }] })).toHaveLength(1);
    expect(store.find("lightning", { kinds: [] })).toEqual([]);
    const id = unsignedEvent(ALICE, { content: "Bitcoin lightning is fast", created_at: NOW - 500 }).event.id;
    expect(store.find("lightning", { ids: [id] })).toEqual(["Bitcoin lightning is fast"]);
    expect(store.find("strikes", { ids: [id] })).toEqual([]);
  });

  test("keys of the search", () => {
    expect(store.find("#weather")).toEqual(["lightning strikes twice"]);
    expect(store.find("lightning -#weather", { kinds: [1] })).toHaveLength(2);
    expect(store.find("site:youtube.com")).toHaveLength(1);
    expect(store.find("(#weather OR site:youtube.com) lightning")).toHaveLength(2);
    expect(store.find("lightning has:link")).toHaveLength(1);
    expect(store.find("lightning media:false kind:1")).toHaveLength(3);
    expect(store.find(`lightning from:${BOB}`)).toEqual(["lightning strikes twice"]);
    expect(store.find("domain:example.com bitcoin")).toEqual(["Bitcoin lightning is fast"]);
    expect(store.find("tag:d lightning")).toEqual(["about batteries"]);
    expect(store.find("-lightning", { kinds: [1] })).toEqual(["日本語でノストル"]);
  });

  test("profiles while typing", () => {
    expect(store.find("ali", { kinds: [0] })).toHaveLength(2);
    expect(store.find("a", { kinds: [0] })).toHaveLength(2);
    expect(store.find("ali autocomplete:false", { kinds: [0] })).toEqual([]);
    expect(store.find("alice@example.com", { kinds: [0] })).toHaveLength(1);
  });

  test("pasted identifiers", () => {
    expect(store.find(BOB)[0]).toContain("alicent");
    expect(store.find(`${BOB} strikes`)).toEqual(["lightning strikes twice"]);
    expect(store.find("00".repeat(32))).toEqual([]);
  });

  test("orders", () => {
    expect(store.find("lightning sort:recent kind:1")[0]).toContain("youtube");
    expect(store.find("lightning sort:old kind:1")[0]).toContain("Bitcoin");
    expect(store.find("sort:recent", { kinds: [1] })[0]).toContain("youtube");
    expect(store.find("lightning", { kinds: [1] }, 1)).toHaveLength(1);
  });

  test("what it has no means for is refused, with what to do", () => {
    const options = { limit: 1, upToSeq: 1e9, nowSeconds: NOW, deadlineMs: Number.POSITIVE_INFINITY };
    for (const text of ["language:de x", "(language:de OR x)", "sentiment:positive", "sort:old"]) {
      const answer = store.fulltext.search(parsed(text), { tags: [] }, options);
      expect(isRefusal(answer) && answer.prefix).toBe("unsupported");
    }
  });

  test("nothing after upToSeq", () => {
    expect(store.seqs("lightning", {}, 100, { upToSeq: 1 })).toEqual([1]);
  });
});

describe("following the log", () => {
  test("what the index has not taken in yet is found all the same", () => {
    const store = new FulltextStore(folder());
    store.write(unsignedEvent(ALICE, { content: "first words" }));
    store.catchUp();
    store.write(unsignedEvent(ALICE, { content: "second words" }));
    expect(store.follower.lag()).toBe(1);
    expect(store.find("words").toSorted()).toEqual(["first words", "second words"]);
    expect(store.count("words")).toEqual({ count: 2, exact: true });
    store.catchUp();
    expect(store.follower.lag()).toBe(0);
    expect(store.find("words")).toHaveLength(2);
    store.close();
  });

  test("whose domain it is, the newest profile says, also while the index has not taken it in", () => {
    const store = new FulltextStore(folder());
    const claim = (pubkey: string, nip05: string, created_at: number) =>
      unsignedEvent(pubkey, { kind: 0, content: JSON.stringify({ nip05 }), created_at });
    store.write(
      unsignedEvent(ALICE, { content: "lightning by alice", created_at: NOW - 500 }),
      unsignedEvent(BOB, { content: "lightning by bob", created_at: NOW - 400 }),
      claim(ALICE, "alice@example.com", NOW - 300),
    );
    store.catchUp();
    store.write(claim(ALICE, "alice@elsewhere.example", NOW - 200), claim(BOB, "bob@example.com", NOW - 200));
    const check = (): void => {
      const filter = { kinds: [1] };
      for (const [search, expected] of [
        ["lightning domain:example.com", "lightning by bob"],
        ["lightning -domain:example.com", "lightning by alice"],
        ["domain:elsewhere.example", "lightning by alice"],
        ["(lightning domain:example.com) OR thunder", "lightning by bob"],
      ] as const) {
        expect([search, ...store.find(search, filter)]).toEqual([search, expected]);
        expect([search, store.count(search, filter)]).toEqual([search, { count: 1, exact: true }]);
      }
    };
    check();
    store.catchUp();
    check();
    store.close();
  });

  test("what was deleted is not counted, also while the index still holds it", () => {
    const store = new FulltextStore(folder());
    const notes = ["one word", "two words", "three words"].map((content) =>
      unsignedEvent(ALICE, { content }),
    );
    store.write(...notes);
    store.write(unsignedEvent(BOB, { kind: 0, content: '{"name":"words"}', created_at: NOW - 9 }));
    store.catchUp();
    store.write(
      unsignedEvent(ALICE, { kind: 5, tags: notes.slice(0, 2).map(({ event }) => ["e", event.id]) }),
      unsignedEvent(BOB, { kind: 0, content: '{"name":"nobody"}', created_at: NOW }),
    );
    for (const { count, exact } of [store.count("words"), (store.catchUp(), store.count("words"))])
      expect({ count, exact }).toEqual({ count: 1, exact: true });
    store.close();
  });

  test("newest first means by date, also of a very common word with history that was imported after the newest", () => {
    const store = new FulltextStore(folder());
    const imported = 20_010;
    const notes = (name: string, count: number, from: number) =>
      Array.from({ length: count }, (_, index) =>
        unsignedEvent(ALICE, { content: `whale ${name} ${index}`, created_at: from + index }),
      );
    store.write(...notes("live", 3, NOW - 50_000), ...notes("future of the past", 1, NOW - 90_000));
    store.write(...notes("imported", imported, NOW - 80_000));
    store.catchUp();
    const newest = ["whale live 2", "whale live 1", "whale live 0"];
    const next = [1, 2].map((back) => `whale imported ${imported - back}`);
    expect(store.find("whale sort:recent", {}, 2)).toEqual(newest.slice(0, 2));
    expect(store.find("whale sort:recent", {}, 5)).toEqual([...newest, ...next]);
    expect(store.find("whale -future sort:recent", { until: NOW - 50_000 }, 2)).toEqual([
      newest[2]!,
      next[0]!,
    ]);
    store.close();
  }, 60_000);

  test("replaced and deleted events leave it, and a restart goes on where it was", () => {
    const path = folder();
    let store = new FulltextStore(path);
    const note = unsignedEvent(ALICE, { content: "delete me now" });
    store.write(note, unsignedEvent(ALICE, { kind: 0, content: '{"name":"before"}', created_at: 10 }));
    store.catchUp();
    store.write(
      unsignedEvent(ALICE, { kind: 0, content: '{"name":"after"}', created_at: 20 }),
      unsignedEvent(ALICE, { kind: 5, tags: [["e", note.event.id]] }),
    );
    store.close();
    store = new FulltextStore(path);
    expect(store.fulltext.cursor()).toBe(2);
    store.catchUp();
    expect(store.find("delete")).toEqual([]);
    expect(store.find("before", { kinds: [0] })).toEqual([]);
    expect(store.find("after", { kinds: [0] })).toHaveLength(1);
    const rows = store.database.query<{ n: number }, []>("SELECT count(*) AS n FROM doc").get()!.n;
    expect(rows).toBe(1);
    store.close();
  });

  test("emptied, it fills again; a file of another version is made anew", () => {
    const path = folder();
    const store = new FulltextStore(path);
    store.write(unsignedEvent(ALICE, { content: "again and again" }));
    store.catchUp();
    emptyFulltext(store.database);
    expect(store.fulltext.cursor()).toBe(0);
    store.follower.restart();
    store.catchUp();
    expect(store.find("again")).toHaveLength(1);
    store.follower.stop();
    store.database.run("PRAGMA user_version = 999");
    store.close();
    const fresh = openFulltext(path);
    expect(fresh.query("SELECT count(*) AS n FROM doc").get()).toEqual({ n: 0 });
    fresh.close();
  });

  test("nor removed where it only cannot be opened for now", () => {
    const path = folder();
    const store = new FulltextStore(path);
    store.write(unsignedEvent(ALICE, { content: "still there" }));
    store.catchUp();
    store.database.run("PRAGMA wal_checkpoint(TRUNCATE)");
    store.close();
    const log = join(path, `${FULLTEXT_FILE}-wal`);
    rmSync(log, { force: true });
    mkdirSync(log);
    expect(() => openFulltext(path)).toThrow(/fulltext\.db cannot be opened or written/);
    rmdirSync(log);
    const again = openFulltext(path);
    expect(again.query("SELECT count(*) AS n FROM doc").get()).toEqual({ n: 1 });
    again.close();
  });
});

const seed = testSeed();
const ROUNDS = process.env["LONG_TESTS"] === "1" ? 1000 : 200;
test(`random notes, queries and filters: index, live matching and count agree (seed ${seed})`, () => {
  const random = prng(seed);
  const store = new FulltextStore(folder());
  const authors = [ALICE, BOB, CAROL];
  const events = Array.from({ length: 400 }, (_, i) =>
    unsignedEvent(authors[Math.floor(random() * 3)]!, {
      kind: [1, 1, 1, 1, 1, 1, 1, 1111, 1111, 7][Math.floor(random() * 10)]!,
      created_at: NOW - Math.floor(random() * 1000),
      content: randomText(random),
      tags: random() < 0.3 ? [["t", ["Bitcoin", "nostr", "日本"][i % 3]!]] : [],
    }),
  );
  const searchable = events.map(({ event }) => new SearchableEvent(event));
  store.write(...events);
  while (store.follower.lag() > 37) store.follower.step();
  let hits = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const extra = [
      "",
      " #bitcoin",
      " -#nostr",
      ` from:${ALICE}`,
      " since:10m",
      " kind:1",
      " kind:7",
      " (#日本 OR #nostr)",
    ];
    const text = randomQuery(random) + extra[Math.floor(random() * extra.length)]!;
    const filter: Filter = {
      tags: random() < 0.2 ? [{ name: "t", mode: "any", values: ["Bitcoin"] }] : [],
      ...(random() < 0.3 ? { authors: [BOB, CAROL] } : {}),
      ...(random() < 0.3 ? { kinds: random() < 0.7 ? [1] : [1, 7] } : {}),
      ...(random() < 0.3 ? { since: NOW - 700, until: NOW - 100 } : {}),
    };
    const query = parsed(text);
    const expected = searchable
      .filter((each) => matchesFilter(filter, each.event) && each.matches(query, filter))
      .map(({ event }) => event.id);
    const all = store.seqs(text, filter, 1000);
    const found = store.reader.getMany(all).map(({ json }) => (JSON.parse(json) as { id: string }).id);
    expect({ text, filter, ids: found.toSorted() }).toEqual({
      text,
      filter,
      ids: [...new Set(expected)].toSorted(),
    });
    expect(store.count(text, filter)).toEqual({ count: found.length, exact: true });
    // A few of them are the best of all of them, and the fresh part is what has come since.
    expect(store.seqs(text, filter, 3)).toEqual(all.slice(0, 3));
    const fresh = { afterSeq: Math.floor(random() * events.length), sinceSeconds: 0 };
    expect(store.seqs(text, filter, 1000, { fresh })).toEqual(all.filter((seq) => seq > fresh.afterSeq));
    hits += found.length;
  }
  expect(hits).toBeGreaterThan(2.5 * ROUNDS);
  store.close();
});

test("a second, weaker look only where nothing has every word, and only when asked for", () => {
  const store = new FulltextStore(folder());
  store.write(
    unsignedEvent(ALICE, { content: "one relay here" }),
    unsignedEvent(ALICE, { content: "two relays here" }),
  );
  store.catchUp();
  const search = (text: string, relax: boolean): number => {
    const options = { limit: 9, upToSeq: 99, nowSeconds: NOW, deadlineMs: Number.POSITIVE_INFINITY, relax };
    const answer = store.fulltext.search(parsed(text), { tags: [] }, options);
    return isRefusal(answer) ? -1 : answer.candidates.length;
  };
  expect(search("relay", true)).toBe(1);
  expect(search("rela", true)).toBe(2);
  expect(search("rela", false)).toBe(0);
  expect(search("two relays there", true)).toBe(1);
  expect(search('"two relay"', true)).toBe(0);
  store.close();
});
