// Trends through their worker: answers in both shapes, the reading gate, rounds of signed events, and a minute's memory.

import { schnorr } from "@noble/curves/secp256k1.js";
import { afterEach, describe, expect, test } from "bun:test";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { loadRelayKey } from "../../src/ffi/relay-key.ts";
import { DATABASE_FILE } from "../../src/hot/database.ts";
import type { NostrEvent, VerifiedEvent } from "../../src/nostr/event.ts";
import type { TrendsAsk } from "../../src/query/trends-protocol.ts";
import { TrendsService } from "../../src/query/trends-service.ts";
import { type EventTemplate, unsignedEvent } from "../support/events.ts";
import { FulltextStore, NOW } from "../support/fulltext-store.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders();
let open: { store: FulltextStore; service: TrendsService }[] = [];

afterEach(async () => {
  for (const { store, service } of open) {
    await service.stop();
    store.close();
  }
  open = [];
});

const person = (name: string | number): string => Bun.SHA256.hash(`service ${name}`, "hex");
const API: TrendsAsk = { shape: "api", what: "hashtags", window: "24h", language: "" };

interface ApiAnswer {
  readonly covers_hours: number;
  readonly trust: string;
  readonly items: readonly {
    readonly subject: string;
    readonly people: number;
    readonly hourly: readonly number[];
    readonly name?: string;
    readonly author?: { readonly name: string };
    readonly event?: NostrEvent;
  }[];
}

function setUp() {
  const store = new FulltextStore(folder());
  const published: VerifiedEvent[] = [];
  const troubles: string[] = [];
  let now = NOW;
  const service = new TrendsService({
    start: {
      folder: store.folder,
      path: join(store.folder, DATABASE_FILE),
      tagSeed: store.writer.tagSeed,
      seeds: [],
      key: loadRelayKey(store.folder, ""),
      relayUrl: "wss://relay.example",
    },
    publishSeconds: 900,
    publish: (event) => void published.push(event),
    now: () => now,
    onTrouble: (reason) => troubles.push(reason),
  });
  open.push({ store, service });
  const say = (name: string | number, template: EventTemplate): string => {
    const event = unsignedEvent(person(name), { created_at: NOW - 60, ...template });
    store.write(event);
    return event.event.id;
  };
  return {
    store,
    service,
    published,
    troubles,
    say,
    later: (seconds: number) => (now += seconds),
    ask: async (change: Partial<TrendsAsk> = {}): Promise<ApiAnswer> => {
      store.catchUp();
      return JSON.parse((await service.answer({ ...API, ...change })) as string) as ApiAnswer;
    },
  };
}

/** A lively little place: a note that four people like, a hashtag of three, and somebody whom all of them follow. */
function talk({ say }: ReturnType<typeof setUp>): { note: string } {
  say("author", { kind: 0, content: '{"name":"author","display_name":"The Author"}' });
  const note = say("author", { content: "hello" });
  for (let i = 0; i < 4; i++) {
    say(i, {
      kind: 7,
      content: "+",
      tags: [
        ["e", note],
        ["p", person("author")],
      ],
    });
    say(i, { content: `tides https://a.example/x ${i}`, tags: [["t", "Tides"]] });
    say(i, {
      kind: 3,
      tags: [["p", person("author")], ...[0, 1, 2, 3].map((other) => ["p", person(other)])],
    });
  }
  return { note };
}

describe("answers", () => {
  test("in this relay's own shape", async () => {
    const ground = setUp();
    const { note } = talk(ground);
    const hashtags = await ground.ask();
    expect(hashtags).toMatchObject({
      what: "hashtags",
      hours: 24,
      covers_hours: 24,
      source: "sqlite",
      trust: "young",
    } as object);
    expect(hashtags.items[0]).toMatchObject({ subject: "tides", people: 4, uses: 4 } as object);
    // Whole hours, and the one that has begun.
    expect(hashtags.items[0]!.hourly).toHaveLength(25);
    const notes = await ground.ask({ what: "notes" });
    expect(notes.items[0]).toMatchObject({
      subject: note,
      people: 4,
      author: { name: "The Author" },
      event: { id: note },
    });
    const people = await ground.ask({ what: "people" });
    expect(people.items[0]).toMatchObject({
      subject: person("author"),
      name: "The Author",
      new_followers: 4,
    } as object);
    const links = await ground.ask({ what: "links" });
    expect(links.items.map(({ subject }) => subject)).toEqual(["https://a.example/x"]);
    const month = await ground.ask({ window: "30d" });
    expect(month).toMatchObject({ hours: 720, covers_hours: 192 } as object);
  });

  test("in the shape that clients know", async () => {
    const ground = setUp();
    const { note } = talk(ground);
    const band = async (what: TrendsAsk["what"]): Promise<unknown> => ground.ask({ shape: "band", what });
    expect(await band("notes")).toMatchObject({
      notes: [
        { id: note, pubkey: person("author"), event: { id: note, kind: 1 }, author: { kind: 0 }, relays: [] },
      ],
    });
    const { profiles } = (await band("people")) as { profiles: readonly unknown[] };
    expect(profiles).toHaveLength(5);
    expect(profiles[0]).toMatchObject({
      pubkey: person("author"),
      new_followers_count: 4,
      profile: { kind: 0 },
      relays: [],
    });
    expect(await band("hashtags")).toEqual({ hashtags: [{ hashtag: "tides", posts: 4 }] });
  });

  test("are a minute old at most, and computed once for all who ask together", async () => {
    const ground = setUp();
    talk(ground);
    ground.store.catchUp();
    const [one, two] = await Promise.all([ground.service.answer(API), ground.service.answer(API)]);
    expect(one).toBe(two as string);
    expect(ground.service.depth).toBe(0);
  });

  test("are there for everybody, however many languages somebody asks for at once", async () => {
    const ground = setUp();
    talk(ground);
    ground.store.catchUp();
    const letters = [..."abcdefghijklmnopqrstuvwxyz"];
    const languages = letters.flatMap((first) => letters.map((second) => first + second));
    const first = await ground.service.answer(API);
    const flood = languages.map((language) => ground.service.answer({ ...API, what: "notes", language }));
    expect(ground.service.depth).toBeLessThan(10);
    expect(typeof (await ground.service.answer({ ...API, window: "1h" }))).toBe("string");
    const answers = await Promise.all(flood);
    expect(answers.some((answer) => typeof answer !== "string")).toBe(true);
    ground.later(1);
    // From memory: computed anew it would name another second.
    expect(await ground.service.answer(API)).toBe(first as string);
  });

  test("show nothing that may not be shown: expired, warned, deleted notes, and people who have gone", async () => {
    const ground = setUp();
    const { say } = ground;
    const expired = say("author", { content: "x", tags: [["expiration", String(NOW + 50)]] });
    const warned = say("author", { content: "y", tags: [["content-warning", "gore"]] });
    const gone = say("gone", { content: "z" });
    const fine = say("author", { content: "fine" });
    for (let i = 0; i < 4; i++) {
      for (const id of [expired, warned, gone, fine])
        say(i, { kind: 7, content: "+", tags: [["e", id]], created_at: NOW - 70 });
      say(i, { content: `hi ${i}`, tags: [["p", person("gone")]] });
    }
    say("gone", { kind: 62, tags: [["relay", "ALL_RELAYS"]], created_at: NOW });
    ground.later(60);
    const notes = await ground.ask({ what: "notes" });
    expect(notes.items.map(({ subject }) => subject)).toEqual([fine]);
    expect((await ground.ask({ what: "people" })).items).toEqual([]);
  });

  test("lose what was deleted at once, though counts are a minute old", async () => {
    const ground = setUp();
    const { note } = talk(ground);
    expect((await ground.ask({ what: "notes" })).items).toHaveLength(1);
    ground.say("author", { kind: 5, tags: [["e", note]], created_at: NOW });
    ground.service.removed();
    expect((await ground.ask({ what: "notes" })).items).toEqual([]);
  });

  test("by the language that authors gave", async () => {
    const ground = setUp();
    const german = ground.say("author", {
      content: "Moin",
      tags: [
        ["L", "ISO-639-1"],
        ["l", "de", "ISO-639-1"],
      ],
    });
    const other = ground.say("author", { content: "Hello" });
    for (let i = 0; i < 3; i++)
      for (const id of [german, other]) ground.say(i, { kind: 7, content: "+", tags: [["e", id]] });
    const notes = await ground.ask({ what: "notes", language: "de" });
    expect(notes.items.map(({ subject }) => subject)).toEqual([german]);
  });
});

describe("rounds", () => {
  test("publish signed labels and assertions, and not again before their time", async () => {
    const ground = setUp();
    const { note } = talk(ground);
    ground.store.catchUp();
    const count = await ground.service.publishRound();
    expect(ground.published).toHaveLength(count);
    const events = ground.published.map(({ event }) => event);
    for (const { sig, id, pubkey, tags } of events) {
      expect(
        schnorr.verify(
          ...([sig, id, pubkey].map((hex) => Uint8Array.fromHex(hex)) as [
            Uint8Array,
            Uint8Array,
            Uint8Array,
          ]),
        ),
      ).toBe(true);
      expect(tags).toContainEqual(["expiration", String(NOW + 10 * 86_400)]);
    }
    const label = (name: string): NostrEvent | undefined =>
      events.find(({ kind, tags }) => kind === 1985 && tags[1]?.[1] === name);
    expect(label("#t")!.tags.slice(0, 3)).toEqual([
      ["L", "pub.ditto.trends"],
      ["l", "#t", "pub.ditto.trends"],
      ["t", "tides", "", "4", "4"],
    ]);
    expect(label("#e")!.tags[2]).toEqual(["e", note, "wss://relay.example", "4", "4"]);
    expect(label("#p")!.tags[2]!.slice(0, 3)).toEqual(["p", person("author"), "wss://relay.example"]);
    expect(label("#r")!.tags[2]).toEqual(["r", "https://a.example/x", "", "4", "4"]);
    expect(label("#t.4h")!.tags[0]).toEqual(["L", "thermocline.trends"]);
    const asserted = (kind: number): readonly (readonly string[])[] =>
      events.find((event) => event.kind === kind)!.tags;
    expect(asserted(30_383)).toContainEqual(["d", note]);
    expect(asserted(30_383)).toContainEqual(["reaction_cnt", "4"]);
    expect(asserted(30_382)).toContainEqual(["followers", "4"]);
    expect(asserted(30_385)).toContainEqual(["d", "#tides"]);
    // Stored, they tell the next round, of this process or of another, that it is not due.
    ground.store.write(...ground.published);
    ground.later(300);
    expect(await ground.service.publishRound()).toBe(0);
    ground.later(900);
    expect(await ground.service.publishRound()).toBeGreaterThan(0);
    expect(ground.troubles).toEqual([]);
  });

  test("say nothing where nothing trends", async () => {
    const ground = setUp();
    ground.say(1, { tags: [["t", "alone"]] });
    ground.store.catchUp();
    expect(await ground.service.publishRound()).toBe(0);
    expect(ground.published).toEqual([]);
  });
});

test("after the stop every question is answered with a refusal", async () => {
  const { service } = setUp();
  await service.stop();
  expect(await service.answer(API)).toMatchObject({ prefix: "error" });
});

test("a file that is not there yet is an error for now and no more", async () => {
  const { store, service, say } = setUp();
  for (let i = 0; i < 3; i++) say(i, { tags: [["t", "late"]] });
  store.catchUp();
  const [from, to] = [join(store.folder, "fulltext.db"), join(store.folder, "elsewhere.db")];
  renameSync(from, to);
  expect(await service.answer(API)).toMatchObject({ prefix: "error" });
  renameSync(to, from);
  expect(JSON.parse((await service.answer(API)) as string)).toMatchObject({ items: [{ subject: "late" }] });
});
