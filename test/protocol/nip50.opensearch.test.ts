// NIP-50 over both kinds of index: what a relay answers from OpenSearch is what one with FTS5 alone answers.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { nip19 } from "nostr-tools";
import { searchBody } from "../../src/cold/search-body.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import type { TestClient } from "../support/client.ts";
import { keypair, signed, unsignedEvent, verified } from "../support/events.ts";
import { parsed } from "../support/fulltext-store.ts";
import { describeWithOpenSearch, ownPrefix } from "../support/opensearch.ts";
import { TestRelay } from "../support/test-relay.ts";

const [ALICE, BOB, CAROL] = [keypair(720), keypair(721), keypair(723)];
/** Older than what a relay with OpenSearch asks its own index for. */
const THEN = Math.floor(Date.now() / 1000) - 7200;

const NOTES: readonly NostrEvent[] = [
  signed(ALICE, {
    content: "I really love this wonderful relay and all of the people on it",
    created_at: THEN,
  }),
  signed(BOB, {
    content: "This is a terrible relay and I hate every single minute of it",
    created_at: THEN + 1,
  }),
  signed(ALICE, { content: "The relay moves events between all of the clients", created_at: THEN + 2 }),
  signed(BOB, { content: "Ein ganz wunderbares Relay, ich liebe es sehr", created_at: THEN + 3 }),
  signed(BOB, {
    kind: 0,
    content: JSON.stringify({ name: "bob", nip05: "_@bob.example", about: "runs a relay" }),
    created_at: THEN + 4,
  }),
  // Bookkeeping, which is found where it is asked for.
  signed(ALICE, {
    kind: 7,
    content: "+ https://x.com/a.jpg",
    tags: [["e", "12".repeat(32)]],
    created_at: THEN + 5,
  }),
  signed(ALICE, { kind: 5, tags: [["e", "12".repeat(32)]], created_at: THEN + 6 }),
  signed(BOB, { kind: 3, tags: [["p", ALICE.pubkey]], created_at: THEN + 7 }),
  // One without an identifier, and one with.
  signed(CAROL, { kind: 30_023, content: "An article", created_at: THEN + 8 }),
  signed(CAROL, { kind: 30_023, content: "Another", tags: [["d", "a"]], created_at: THEN + 9 }),
];
const addressOf = (identifier: string): string =>
  nip19.naddrEncode({ kind: 30_023, pubkey: CAROL.pubkey, identifier });

const profileOf = (author: string, about: string) =>
  unsignedEvent(Bun.SHA256.hash(author, "hex"), {
    kind: 0,
    content: JSON.stringify({ name: author.replaceAll(" ", ""), about }),
    created_at: THEN,
  });
const noteOf = (author: string, content: string) =>
  unsignedEvent(Bun.SHA256.hash(author, "hex"), { content, created_at: THEN });
/** Two dozen made-up words, others for each name. */
const wordsOf = (name: string): string => Bun.SHA256.hash(name, "hex").replaceAll(/.../g, "$& ");
/** More people who say in two words what they are than a search weighs, and some who write about it. */
const PAINTERS = [
  ...Array.from({ length: 260 }, (_, at) => profileOf(`person ${at}`, `painter ${at}`)),
  ...Array.from({ length: 400 }, (_, at) => profileOf(`neighbour ${at}`, `gardener ${at}`)),
  ...Array.from({ length: 60 }, (_, at) => noteOf(`critic ${at}`, `painter ${wordsOf(`picture ${at}`)}`)),
  ...Array.from({ length: 90 }, (_, at) => noteOf(`critic ${at}`, wordsOf(`garden ${at}`))),
];
/** A word for each of them, more than an index takes of those that begin alike. */
const HERONS = Array.from({ length: 150 }, (_, at) => noteOf(`watcher ${at}`, `heron${at}x nests`));
const from = ({ pubkey }: { pubkey: string }): string => `from:${pubkey}`;
const [FROM_ALICE, FROM_BOB, FROM_CAROL] = [from(ALICE), from(BOB), from(CAROL)];

describeWithOpenSearch("searches in OpenSearch", (url) => {
  const search = { enabled: true, language_detection: true, sentiment_detection: true };
  const prefix = ownPrefix();
  let relays: TestRelay[] = [];
  let clients: TestClient[] = [];

  beforeAll(async () => {
    const stored = [...NOTES.map(verified), ...PAINTERS, ...HERONS];
    relays = [
      await TestRelay.start({ stored, config: { search } }),
      await TestRelay.start({ stored, config: { search, cold: { url, index_prefix: prefix } } }),
    ];
    clients = await Promise.all(relays.map((relay) => relay.connect()));
    for (let documents = 0; documents < NOTES.length + PAINTERS.length + HERONS.length;) {
      await Bun.sleep(100);
      await fetch(`${url}/${prefix}-*/_refresh`, { method: "POST" });
      const answer = (await (await fetch(`${url}/${prefix}-*/_count`)).json()) as { count?: number };
      documents = answer.count ?? 0;
    }
    // Until its indexer has said whose indexes these are, a relay answers from its own and does not claim to be complete.
    const isWhole = async () => (await clients[1]!.request("whole", { search: "relay" })).end.length > 2;
    while (!(await isWhole())) await Bun.sleep(100);
  }, 60_000);

  afterAll(async () => {
    for (const relay of relays) await relay.stop();
  });

  const cases: [search: string, found: number[], filter?: object][] = [
    ["relay sentiment:positive", [0]],
    ["relay sentiment:negative", [1]],
    ["relay sentiment:neutral", [2]],
    ["relay -sentiment:positive language:en", [1, 2]],
    ["sentiment:positive", [0]],
    ["relay language:de", [3]],
    ["relay -language:en", [3, 4]],
    ["relay domain:bob.example", [1, 3, 4]],
    ["relay domain:bob.example language:en", [1]],
    ["relay -domain:bob.example", [0, 2]],
    ["domain:bob.example", [1, 3, 4]],
    ["relay domain:nobody.example", []],
    [FROM_ALICE, [0, 2]],
    [FROM_BOB, [1, 3, 4]],
    [`${FROM_ALICE} -wonderful`, [2]],
    [`${FROM_ALICE} OR clients`, [0, 2]],
    [ALICE.pubkey, [0, 2]],
    [`${FROM_ALICE} kind:5`, [6]],
    ["kind:5 kind:7", [5, 6]],
    ["kind:5 kind:7 has:image", []],
    [FROM_ALICE, [0, 2, 5], { kinds: [1, 7] }],
    [`${FROM_ALICE} -relay`, [5], { kinds: [1, 7] }],
    ["relay sort:recent", [0, 1, 2, 3], { kinds: [1, 7] }],
    [FROM_ALICE, [6], { ids: [NOTES[6]!.id] }],
    [NOTES[6]!.id, [6]],
    [addressOf(""), [8]],
    [addressOf("a"), [9]],
    [`${FROM_CAROL} -${addressOf("")}`, [9]],
    [`${NOTES[5]!.id} OR wonderful`, [0, 5]],
  ];
  test.each(cases)("%p", async (text, expected, filter = {}) => {
    for (const client of clients) {
      const { events, end } = await client.request("s", { ...filter, search: text });
      const ids = (events as NostrEvent[]).map(({ id }) => id).toSorted();
      expect(ids).toEqual(expected.map((index) => NOTES[index]!.id).toSorted());
      expect(end[2]).toEqual(["finish"]);
      expect(await client.count("c", { ...filter, search: text })).toMatchObject({ count: expected.length });
    }
  });

  test("what people say of themselves comes after what anybody wrote, in OpenSearch's own order too", async () => {
    for (const client of clients) {
      const { events } = await client.request("s", { search: "painter", limit: 10 });
      expect((events as NostrEvent[]).map(({ kind }) => kind)).toEqual(Array.from({ length: 10 }, () => 1));
      const people = await client.request("p", { search: "painter", kinds: [0], limit: 10 });
      expect(people.events).toHaveLength(10);
    }
    const body = searchBody(parsed("painter"), { tags: [] }, { size: 3, nowSeconds: THEN });
    const answer = await fetch(`${url}/${prefix}-*/_search`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...body, docvalue_fields: ["kind"] }),
    });
    const { hits } = (await answer.json()) as { hits: { hits: { fields: { kind: string[] } }[] } };
    expect(hits.hits.map(({ fields }) => fields.kind)).toEqual([["1"], ["1"], ["1"]]);
  });

  test.each(["heron*", "heron* nests", "nests hero* -painter", "heron"])(
    "every word that goes on: %s",
    async (search) => {
      for (const client of clients) {
        const { events, end } = await client.request("s", { search, limit: 500 });
        expect([events.length, end[2]]).toEqual([HERONS.length, ["finish"]]);
      }
    },
  );

  test("what was published a moment ago is found at once, however much and in whatever order", async () => {
    const relay = relays[1]!;
    const client = clients[1]!;
    const author = keypair(722);
    const notes = Array.from({ length: 90 }, (_, at) =>
      signed(author, { content: `kestrel ${at}`, created_at: THEN - at }),
    );
    const publisher = await relay.connect();
    await Promise.all(notes.map((note) => publisher.publish(note)));
    const ids = async (search: string, more: object = {}) => {
      const { events, end } = await client.request("s", { search, limit: 200, ...more });
      expect(end[2]).toEqual(["finish"]);
      return (events as NostrEvent[]).map(({ id }) => id);
    };
    expect((await ids("kestrel")).toSorted()).toEqual(notes.map(({ id }) => id).toSorted());
    const oldest = notes.map(({ id }) => id).toReversed();
    expect(await ids("kestrel sort:old")).toEqual(oldest);
    const only = { kinds: [1], since: THEN - 89, until: THEN - 1 };
    expect(await ids("sort:old", only)).toEqual(oldest.slice(0, 89));
  });
});
