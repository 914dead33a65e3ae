// NIP-50: searches over a real WebSocket, stored and live.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TestClient } from "../support/client.ts";
import { startLocalDomains } from "../identity/local-domains.ts";
import { keypair, signed, unsignedEvent } from "../support/events.ts";
import { RELAY_URL, TestRelay } from "../support/test-relay.ts";

const NOW = 1_800_000_000;
const ALICE = keypair(700);
const BOB = keypair(701);
const CAROL = keypair(702);

let relay: TestRelay;
let client: TestClient;

beforeAll(async () => {
  relay = await TestRelay.start({ now: () => NOW, config: { search: { enabled: true } } });
  client = await relay.connect();
  const events = [
    signed(ALICE, {
      content: "foo in a text that goes on about many other things for quite a while",
      created_at: NOW - 10,
    }),
    signed(BOB, { content: "foo", created_at: NOW - 2000 }),
    signed(BOB, { content: "nothing here", created_at: NOW - 5 }),
    signed(BOB, { kind: 1111, content: "foo comment", tags: [["t", "x"]], created_at: NOW - 20 }),
    signed(ALICE, {
      content: "foo gone",
      tags: [
        ["expiration", String(NOW + 100_000)],
        ["e", "ab".repeat(32)],
      ],
      created_at: NOW - 30,
    }),
  ];
  for (const event of events) expect(await client.publish(event)).toEqual([true, ""]);
});

afterAll(() => relay.stop());

const contents = async (...filters: object[]): Promise<string[]> =>
  (await client.stored(...filters)).map(({ content }) => content);

test("row 88: an unknown extension is taken out of the text", async () => {
  const plain = await contents({ search: "foo" });
  expect(plain).toHaveLength(4);
  // In any order: scores change a little while the index takes in what was published.
  expect((await contents({ search: "foo bar:baz" })).sort()).toEqual(plain.sort());
});

test("row 89: by score and not by time, and the limit after scoring", async () => {
  expect((await contents({ search: "foo", kinds: [1] }))[0]).not.toStartWith("foo in a text");
  expect(await contents({ search: "foo", limit: 1, kinds: [1111] })).toEqual(["foo comment"]);
  expect(await contents({ search: "foo", limit: 2 })).toHaveLength(2);
  expect((await contents({ search: "foo sort:recent" }))[0]).toStartWith("foo in a text");
});

test("combined with every other key of a filter, and with other filters", async () => {
  expect(await contents({ search: "foo", authors: [BOB.pubkey], kinds: [1] })).toEqual(["foo"]);
  expect(await contents({ search: "foo", "#t": ["x"] })).toEqual(["foo comment"]);
  expect(await contents({ search: "foo", until: NOW - 1000 })).toEqual(["foo"]);
  expect(await contents({ search: "foo", limit: 0 })).toEqual([]);
  const both = await contents({ search: "foo", kinds: [1111] }, { search: "nothing" });
  expect(both.toSorted()).toEqual(["foo comment", "nothing here"]);
});

test("what several filters find is sent once, in the order of the search first", async () => {
  const oldest = { search: "foo sort:old" };
  const found = await contents(oldest);
  const newest = await contents({});
  const all = [...found, ...newest.filter((content) => !found.includes(content))];
  expect(await contents(oldest, {})).toEqual(all);
  expect(await contents({}, oldest, { search: "comment" })).toEqual(all);
  expect(await client.count("both", oldest, {})).toEqual({ count: newest.length });
});

test("white space alone is no search", async () => {
  expect(await contents({ search: "   ", kinds: [1111] })).toEqual(["foo comment"]);
});

test("COUNT counts what a search shows", async () => {
  expect(await client.count("c", { search: "foo" })).toMatchObject({ count: 4 });
});

test("COUNT of a search is exact however many events match", async () => {
  const stored = Array.from({ length: 1500 }, (_, index) =>
    unsignedEvent(index % 2 === 0 ? ALICE.pubkey : BOB.pubkey, {
      content: `wave ${index}${index < 700 ? " high" : ""}`,
      created_at: NOW - index,
    }),
  );
  const many = await TestRelay.start({ now: () => NOW, stored, config: { search: { enabled: true } } });
  try {
    const counter = await many.connect();
    const isIndexed = async () => (await counter.stored({ search: "1499" })).length > 0;
    while (!(await isIndexed())) await Bun.sleep(50);
    expect(await counter.count("all", { search: "wave" })).toEqual({ count: 1500 });
    expect(await counter.count("some", { search: "wave high" })).toEqual({ count: 700 });
    expect(await counter.count("half", { search: "wave", authors: [BOB.pubkey] })).toEqual({ count: 750 });
    expect(await counter.count("part", { search: "wave", since: NOW - 600 })).toEqual({ count: 601 });
    // An event that two filters match counts once.
    const both = [{ search: "wave high" }, { search: "high", kinds: [1] }];
    expect(await counter.count("both", ...both)).toEqual({ count: 700 });
    expect(await counter.count("authors", { search: "wave distinct:author" })).toEqual({ count: 2 });
  } finally {
    await many.stop();
  }
});

test("what cannot be read or answered is refused with what to do", async () => {
  const { end } = await client.request("bad", { search: "since:banana" });
  expect(end[0]).toBe("CLOSED");
  expect(end[2]).toStartWith("invalid: since: takes");
  expect((await client.request("long", { search: "w ".repeat(30) })).end[2]).toStartWith("invalid: ");
  for (const search of ["language:de foo", "sentiment:positive foo"]) {
    expect((await client.request("lang", { search })).end[2]).toStartWith("unsupported: ");
    expect(await client.count("count", { search })).toStartWith("unsupported: ");
  }
});

test("a search is as long as limits.max_search_length says, in characters of any script", async () => {
  const answerTo = async (search: string) => (await client.request("long", { search })).end;
  expect((await answerTo("日".repeat(1024)))[0]).toBe("EOSE");
  expect((await answerTo("日".repeat(1025)))[2]).toBe("invalid: search text is longer than 1024 characters");
  const lavish = await TestRelay.start({ config: { limits: { max_search_length: 3000 } } });
  const other = await lavish.connect();
  expect((await other.request("long", { search: "x".repeat(3000) })).end[0]).toBe("EOSE");
  await lavish.stop();
});

test("language: and sentiment: are answered alike, stored, counted and live, where texts are looked at for them", async () => {
  const detecting = await TestRelay.start({
    now: () => NOW,
    config: { search: { enabled: true, language_detection: true, sentiment_detection: true } },
  });
  try {
    const [reader, writer] = [await detecting.connect(), await detecting.connect()];
    const notes: Record<string, string> = {
      happy: "I really love this wonderful relay and all of the people on it",
      angry: "This is a terrible relay and I hate every single minute of using it",
      plain: "The relay moves events between all of the clients that are connected",
      german: "Ein ganz wunderbares Relay, ich liebe es und alle Leute die es benutzen",
    };
    const cases: [string, string[]][] = [
      ["relay sentiment:positive", ["happy"]],
      ["relay sentiment:negative", ["angry"]],
      ["relay sentiment:neutral", ["plain"]],
      ["relay -sentiment:positive language:en", ["angry", "plain"]],
      ["sentiment:positive", ["happy"]],
      ["relay language:de", ["german"]],
    ];
    for (const [index, [search]] of cases.entries())
      await reader.request(`live${index}`, { search, limit: 0 });
    for (const content of Object.values(notes))
      await writer.publish(signed(ALICE, { content, created_at: NOW }));
    const frames = await reader.settled();
    for (const [index, [search, names]] of cases.entries()) {
      const expected = names.map((name) => notes[name]!).toSorted();
      const live = frames.filter((frame) => frame[0] === "EVENT" && frame[1] === `live${index}`);
      expect([search, live.map((frame) => (frame[2] as { content: string }).content).toSorted()]).toEqual([
        search,
        expected,
      ]);
      const stored = (await reader.stored({ search })).map(({ content }) => content);
      expect([search, stored.toSorted()]).toEqual([search, expected]);
      expect(await reader.count("c", { search })).toMatchObject({ count: expected.length });
    }
  } finally {
    await detecting.stop();
  }
});

/** Whose domain it is, the index knows a moment after the profile was stored. */
async function foundSoon(search: string, expected: readonly string[]): Promise<void> {
  let found: string[] = [];
  for (let tries = 0; tries < 100; tries++) {
    found = (await contents({ search })).toSorted();
    if (Bun.deepEquals(found, expected)) return;
    await Bun.sleep(20);
  }
  expect(found).toEqual([...expected]);
}

test("domain: means everything by those whose profile names it, stored, counted and live", async () => {
  const listener = await relay.connect();
  const search = "domain:carol.example";
  const content = JSON.stringify({ name: "carol", nip05: "carol@carol.example" });
  await client.publish(signed(CAROL, { kind: 0, content, created_at: NOW }));
  await listener.request("live", { search, kinds: [1], limit: 0 });
  await client.publish(signed(CAROL, { content: "by carol", created_at: NOW }));
  await client.publish(signed(BOB, { content: "by bob", created_at: NOW }));
  const live = (await listener.settled()).filter((frame) => frame[0] === "EVENT");
  expect(live.map((frame) => (frame[2] as { content: string }).content)).toEqual(["by carol"]);
  await foundSoon(search, ["by carol", content]);
  expect(await client.count("c", { search })).toMatchObject({ count: 2 });
  await client.publish(signed(CAROL, { kind: 0, content: "{}", created_at: NOW + 1 }));
  await foundSoon(search, []);
});

test("with search.verify_domains, domain: means only those whom the domain confirms", async () => {
  const domains = startLocalDomains();
  domains.answer = () => Response.json({ names: { carol: CAROL.pubkey } });
  const claims = (name: string) => JSON.stringify({ name, nip05: `${name}@carol.example` });
  const stored = [
    unsignedEvent(CAROL.pubkey, { kind: 0, content: claims("carol"), created_at: NOW - 9 }),
    unsignedEvent(BOB.pubkey, { kind: 0, content: claims("bob"), created_at: NOW - 8 }),
    unsignedEvent(BOB.pubkey, { content: "water by bob", created_at: NOW - 7 }),
    unsignedEvent(CAROL.pubkey, { content: "water by carol", created_at: NOW - 6 }),
  ];
  const config = { search: { enabled: true, verify_domains: true } };
  const verifying = await TestRelay.start({ now: () => NOW, config, stored, reach: domains.reach });
  try {
    const reader = await verifying.connect();
    const search = "domain:carol.example";
    const found = async (text: string) =>
      (await reader.stored({ search: text })).map(({ content }) => content).toSorted();
    while (domains.asked.length < 2 || (await found(search)).length === 0) await Bun.sleep(20);
    expect(await found(search)).toEqual(["water by carol", claims("carol")]);
    expect(await found(`water ${search}`)).toEqual(["water by carol"]);
    expect(await found(`water -${search}`)).toEqual(["water by bob"]);
    expect(await reader.count("c", { search })).toMatchObject({ count: 2 });
    await reader.request("live", { search, limit: 0 });
    const writer = await verifying.connect();
    await writer.publish(signed(BOB, { content: "by bob", created_at: NOW }));
    await writer.publish(signed(CAROL, { content: "by carol", created_at: NOW }));
    const live = (await reader.settled()).filter((frame) => frame[0] === "EVENT");
    expect(live.map((frame) => (frame[2] as { content: string }).content)).toEqual(["by carol"]);
  } finally {
    await verifying.stop();
    await domains.stop();
  }
});

test("from: alone means what somebody wrote; bookkeeping comes when it is asked for by kind or by id", async () => {
  const dave = keypair(703);
  const gone = signed(dave, { content: "soon gone", created_at: NOW - 3 });
  const deletion = signed(dave, { kind: 5, tags: [["e", gone.id]], created_at: NOW - 2 });
  const from = `from:${dave.pubkey}`;
  const cases: [object, string[]][] = [
    [{ search: from }, ["by dave"]],
    [{ search: `${from} since:1h` }, ["by dave"]],
    [{ search: dave.pubkey }, ["by dave"]],
    [{ search: `${from} kind:5` }, [""]],
    [{ search: from, kinds: [1, 5] }, ["", "by dave"]],
    [{ search: from, kinds: [7] }, ["+"]],
    [{ search: deletion.id }, [""]],
    [{ search: `dave OR ${deletion.id}`, authors: [dave.pubkey] }, ["", "by dave"]],
  ];
  const listener = await relay.connect();
  for (const [index, [filter]] of cases.entries())
    await listener.request(`live${index}`, { ...filter, limit: 0 });
  for (const event of [
    gone,
    deletion,
    signed(dave, { kind: 7, content: "+", tags: [["e", gone.id]], created_at: NOW - 2 }),
    signed(dave, { kind: 3, created_at: NOW - 2 }),
    signed(dave, { content: "by dave", created_at: NOW - 1 }),
  ])
    await client.publish(event);
  await listener.settled();
  for (const [index, [filter, expected]] of cases.entries()) {
    const live = listener.eventsOf(`live${index}`).map(({ content }) => content);
    expect([filter, live.filter((content) => content !== gone.content).toSorted()]).toEqual([
      filter,
      expected,
    ]);
    expect([filter, (await contents(filter)).toSorted()]).toEqual([filter, expected]);
    expect(await client.count("c", filter)).toMatchObject({ count: expected.length });
  }
});

test("after EOSE only what matches comes live, and an event just stored is found at once", async () => {
  const listener = await relay.connect();
  await listener.request("live", { search: "fresh -stale" });
  await client.publish(signed(ALICE, { content: "stale but fresh", created_at: NOW }));
  await client.publish(signed(ALICE, { content: "a fresh one", created_at: NOW }));
  const frame = await listener.next((each) => each[0] === "EVENT" && each[1] === "live");
  expect((frame[2] as { content: string }).content).toBe("a fresh one");
  expect(await contents({ search: "fresh" })).toHaveLength(2);
});

test("a page is filled past what the asker may not read, however much of it there is", async () => {
  const author = keypair(719);
  const message = (index: number) =>
    unsignedEvent(author.pubkey, { kind: 4, content: `sealed ${index}`, created_at: NOW - index });
  const note = (index: number) =>
    unsignedEvent(author.pubkey, { content: `open ${index}`, created_at: NOW - 1000 - index });
  const messages = Array.from({ length: 300 }, (_, index) => message(index));
  const crowded = await TestRelay.start({
    now: () => NOW,
    stored: [...messages, note(0), note(1), note(2), note(3)],
    config: { search: { enabled: true } },
  });
  const stranger = await crowded.connect();
  const filter = { kinds: [1, 4], authors: [author.pubkey] };
  const found = async (limit: number) => {
    const { events, end } = await stranger.request("page", { ...filter, search: "sort:new", limit });
    return [(events as { content: string }[]).map(({ content }) => content), end[2]];
  };
  expect(await found(3)).toEqual([["open 0", "open 1", "open 2"], ["more"]]);
  expect(await found(5)).toEqual([["open 0", "open 1", "open 2", "open 3"], ["finish"]]);
  expect(await stranger.authenticate(author, RELAY_URL, NOW)).toEqual([true, ""]);
  expect((await found(2))[0]).toEqual(["sealed 0", "sealed 1"]);
  await crowded.stop();
});

test("a page is filled at once after everything on it was erased, while the index is still behind", async () => {
  const [gone, stays] = [keypair(720), keypair(721)];
  const note = (pubkey: string, index: number) =>
    unsignedEvent(pubkey, { content: `walrus ${index}`, created_at: NOW - index });
  const erased = await TestRelay.start({
    now: () => NOW,
    stored: Array.from({ length: 430 }, (_, index) => note((index < 400 ? gone : stays).pubkey, 100 + index)),
    config: { search: { enabled: true } },
  });
  const asker = await erased.connect();
  while (((await asker.count("all", { search: "walrus" })) as { count: number }).count < 430)
    await Bun.sleep(5);
  const relays = [["relay", "ALL_RELAYS"]];
  await asker.publish(signed(gone, { kind: 62, created_at: NOW, tags: relays }));
  for (const search of ["walrus sort:recent", "walrus"]) {
    const { events, end } = await asker.request("page", { search, limit: 5 });
    expect([events.length, end[2]]).toEqual([5, ["more"]]);
  }
  await erased.stop();
});

test("of each author one that may be read, though a private one comes before it", async () => {
  const [one, other] = [keypair(722), keypair(723)];
  const filter = { kinds: [1, 4], authors: [one.pubkey, other.pubkey], search: "distinct:author sort:new" };
  await client.publish(signed(one, { content: "public", created_at: NOW - 100 }));
  await client.publish(signed(other, { content: "older", created_at: NOW - 200 }));
  for (let age = 30; age < 90; age++)
    await client.publish(signed(one, { kind: 4, content: `private ${age}`, created_at: NOW - age }));
  expect(await contents(filter)).toEqual(["public", "older"]);
  expect(await contents({ ...filter, limit: 1 })).toEqual(["public"]);
  expect(await client.count("each", filter)).toEqual({ count: 2 });
  const author = await relay.connect();
  await author.authenticate(one, RELAY_URL, NOW);
  expect((await author.stored(filter)).map(({ content }) => content)).toEqual(["private 30", "older"]);
});

test("private messages are not found, not even by those who may read them", async () => {
  await client.authenticate(ALICE, "wss://relay.example", NOW);
  expect(
    await client.publish(
      signed(ALICE, { kind: 4, content: "foo secret", tags: [["p", BOB.pubkey]], created_at: NOW }),
    ),
  ).toEqual([true, ""]);
  expect(await contents({ search: "secret" })).toEqual([]);
  expect(await contents({ search: "secret", kinds: [4], authors: [ALICE.pubkey] })).toEqual([]);
});
