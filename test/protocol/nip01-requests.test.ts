// NIP-01 requests: which stored events a filter answers with, in which order, and which filters are refused.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { compareNewestFirst } from "../../src/nostr/order.ts";
import type { TestClient } from "../support/client.ts";
import { type EventTemplate, type Keypair, newcomers, signed } from "../support/events.ts";
import { TestRelay } from "../support/test-relay.ts";

const NOW = 1_800_000_000;
const someone = newcomers(200);

let relay: TestRelay;
let client: TestClient;

beforeAll(async () => {
  relay = await TestRelay.start({ now: () => NOW, config: { limits: { default_limit: 10, max_limit: 20 } } });
  client = await relay.connect();
});

afterAll(() => relay.stopUnwarned());

async function publish(key: Keypair, template: EventTemplate = {}): Promise<NostrEvent> {
  const event = signed(key, { created_at: NOW, ...template });
  expect(await client.publish(event)).toEqual([true, ""]);
  return event;
}

/** `count` notes of one key, one second apart, newest first. */
async function timeline(key: Keypair, count: number): Promise<NostrEvent[]> {
  const events: NostrEvent[] = [];
  for (let age = 0; age < count; age++) events.push(await publish(key, { created_at: NOW - age }));
  return events;
}

async function refusal(...filters: unknown[]): Promise<string> {
  const { events, end } = await client.request("refused", ...filters);
  expect(events).toEqual([]);
  expect(end.slice(0, 2)).toEqual(["CLOSED", "refused"]);
  return String(end[2]);
}

test("row 27: no match is answered by EOSE alone", async () => {
  const { events, end } = await client.request("none", { authors: [someone().pubkey] });
  expect(events).toEqual([]);
  expect(end).toEqual(["EOSE", "none", ["finish"]]);
});

test("row 28: limit 2 of five matches gives the newest two", async () => {
  const key = someone();
  const events = await timeline(key, 5);
  expect(await client.stored({ authors: [key.pubkey], limit: 2 })).toEqual(events.slice(0, 2));
});

test("row 29: events of one second come in ascending order of id, and limit keeps to it", async () => {
  const key = someone();
  const events: NostrEvent[] = [];
  for (const content of ["a", "b", "c", "d"]) events.push(await publish(key, { content }));
  events.sort(compareNewestFirst);
  expect(await client.stored({ authors: [key.pubkey] })).toEqual(events);
  expect(await client.stored({ authors: [key.pubkey], limit: 3 })).toEqual(events.slice(0, 3));
});

test("row 30: since and until are both inclusive; since after until matches nothing", async () => {
  const key = someone();
  const [at, before] = [await publish(key), await publish(key, { created_at: NOW - 1 })];
  const authors = [key.pubkey];
  expect(await client.stored({ authors, since: NOW })).toEqual([at]);
  expect(await client.stored({ authors, until: NOW - 1 })).toEqual([before]);
  expect(await client.stored({ authors, since: NOW - 1, until: NOW })).toEqual([at, before]);
  expect(await client.stored({ authors, since: NOW, until: NOW })).toEqual([at]);
  expect((await client.request("never", { authors, since: NOW, until: NOW - 1 })).end[0]).toBe("EOSE");
});

test("row 33: a limit above max_limit is lowered silently", async () => {
  const key = someone();
  const events = await timeline(key, 22);
  const { events: page, end } = await client.request("huge", { authors: [key.pubkey], limit: 1e9 });
  expect(page).toEqual(events.slice(0, 20));
  expect(end).toEqual(["EOSE", "huge", ["more"]]);
});

test("row 33: without a limit the default applies; whoever names ids gets them all", async () => {
  const key = someone();
  const events = await timeline(key, 15);
  expect(await client.stored({ authors: [key.pubkey] })).toEqual(events.slice(0, 10));
  expect(await client.stored({ ids: events.map((event) => event.id) })).toEqual(events);
});

test.each([
  [{ limit: -1 }],
  [{ limit: "5" }],
  [{ limit: 1.5 }],
  [{ limit: null }],
  [{ since: -1 }],
  [{ since: "0" }],
  [{ until: 0.5 }],
  [{ until: -3 }],
])("row 34: %j is refused", async (filter) => {
  expect(await refusal(filter)).toStartWith("invalid:");
});

test.each([
  [{ authors: [] }],
  [{ ids: [] }],
  [{ kinds: [] }],
  [{ "#t": [] }],
  [{ "&t": [] }],
  [{ kinds: [1], authors: [] }],
])("row 35: %j matches nothing, stored or live", async (filter) => {
  const listener = await relay.connect();
  expect(await listener.stored(filter)).toEqual([]);
  listener.send("REQ", "nothing", filter);
  await publish(someone(), { tags: [["t", "x"]] });
  const frames = await listener.settled();
  expect(frames).toEqual([["EOSE", "nothing", ["finish"]]]);
  expect(await listener.count("nothing", filter)).toEqual({ count: 0 });
});

test("row 35: an empty list does not silence the other filters of a REQ", async () => {
  const key = someone();
  const event = await publish(key);
  expect(await client.stored({ ids: [] }, { authors: [key.pubkey] })).toEqual([event]);
});

test("row 36: a REQ without a filter is refused", async () => {
  expect(await refusal()).toStartWith("invalid:");
});

test.each([[null], [[]], ["x"], [5], [true]])("row 36: %j is no filter", async (filter) => {
  expect(await refusal(filter)).toStartWith("invalid:");
});

test.each([
  [{ ids: ["abcd"] }],
  [{ ids: ["A".repeat(64)] }],
  [{ authors: ["a".repeat(63)] }],
  [{ authors: ["g".repeat(64)] }],
  [{ authors: ["a".repeat(65)] }],
  [{ ids: "a".repeat(64) }],
  [{ ids: [5] }],
  [{ "#e": ["abcd"] }],
  [{ "#p": ["A".repeat(64)] }],
  [{ "&p": ["x"] }],
  [{ "#t": "x" }],
  [{ "#t": [1] }],
  [{ "#t": ["\ud800"] }],
  [{ kinds: ["1"] }],
  [{ kinds: [-1] }],
  [{ kinds: [1.5] }],
  [{ kinds: 1 }],
])("row 37: %j is refused", async (filter) => {
  expect(await refusal(filter)).toStartWith("invalid:");
});

test("row 38: different keys of one filter must all match, values of one key any", async () => {
  const key = someone();
  const [x, y, z] = ["1", "2", "3"].map((digit) => digit.repeat(64)) as [string, string, string];
  const both = await publish(key, {
    tags: [
      ["e", x],
      ["p", y],
    ],
  });
  const onlyE = await publish(key, {
    created_at: NOW - 1,
    tags: [
      ["e", x],
      ["p", z],
    ],
  });
  const onlyP = await publish(key, {
    created_at: NOW - 2,
    tags: [
      ["e", z],
      ["p", y],
    ],
  });
  const authors = [key.pubkey];
  expect(await client.stored({ authors, "#e": [x], "#p": [y] })).toEqual([both]);
  expect(await client.stored({ authors, "#e": [x, z] })).toEqual([both, onlyE, onlyP]);
  expect(await client.stored({ authors, "#e": [x], kinds: [2] })).toEqual([]);
});

test("row 38: only the first value of a tag is indexed, and it is compared whole", async () => {
  const key = someone();
  const long = "word ".repeat(200);
  const event = await publish(key, {
    tags: [
      ["t", "first", "second"],
      ["r", long],
      ["t", ""],
    ],
  });
  const authors = [key.pubkey];
  expect(await client.stored({ authors, "#t": ["first"] })).toEqual([event]);
  expect(await client.stored({ authors, "#t": ["second"] })).toEqual([]);
  expect(await client.stored({ authors, "#t": [""] })).toEqual([event]);
  expect(await client.stored({ authors, "#r": [long] })).toEqual([event]);
  expect(await client.stored({ authors, "#r": [long.slice(0, -1)] })).toEqual([]);
});

test("row 39: tag names are case-sensitive", async () => {
  const id = "4".repeat(64);
  const lower = await publish(someone(), { tags: [["e", id]] });
  const upper = await publish(someone(), { created_at: NOW - 1, tags: [["E", id]] });
  expect(await client.stored({ "#e": [id] })).toEqual([lower]);
  expect(await client.stored({ "#E": [id] })).toEqual([upper]);
});

test("row 39: tag values are case-sensitive", async () => {
  const event = await publish(someone(), { tags: [["t", "Nostr"]] });
  expect(await client.stored({ "#t": ["Nostr"] })).toEqual([event]);
  expect(await client.stored({ "#t": ["nostr"] })).toEqual([]);
});

test.each([
  [{ "#title": ["x"] }],
  [{ foo: 1 }],
  [{ "#": ["x"] }],
  [{ "#1": ["x"] }],
  [{ "#é": ["x"] }],
  [{ "&title": ["x"] }],
  [{ kind: 1 }],
  [{ "": 1 }],
])("row 40: %j is refused, since ignoring a key would widen the answer", async (filter) => {
  expect(await refusal(filter)).toStartWith("unsupported:");
});

test("row 40: a key called __proto__ is an unknown key like others", async () => {
  client.sendRaw('["REQ","refused",{"__proto__":{"ids":[]}}]');
  const closed = await client.verb("CLOSED", "EOSE");
  expect(closed[0]).toBe("CLOSED");
});

test("row 41: an event that two filters match is sent once, before one EOSE", async () => {
  const key = someone();
  const event = await publish(key, { tags: [["t", "twice"]] });
  const probe = await relay.connect();
  probe.send(
    "REQ",
    "two",
    { authors: [key.pubkey] },
    { "#t": ["twice"], authors: [key.pubkey] },
    { ids: [event.id] },
  );
  const frames = (await probe.settled()).filter((frame) => frame[0] !== "AUTH");
  expect(frames).toEqual([
    ["EVENT", "two", event],
    ["EOSE", "two", ["finish"]],
  ]);
});

test("decision: several filters give one merged stream, newest first; limit counts for each", async () => {
  const [a, b] = [someone(), someone()];
  const events: NostrEvent[] = [];
  for (let age = 0; age < 8; age++) events.push(await publish(age % 2 ? a : b, { created_at: NOW - age }));
  expect(await client.stored({ authors: [a.pubkey], limit: 3 }, { authors: [b.pubkey], limit: 2 })).toEqual([
    events[0]!,
    events[1]!,
    events[2]!,
    events[3]!,
    events[5]!,
  ]);
});

test("decision: kinds above 65535 match nothing and never another kind", async () => {
  const key = someone();
  const event = await publish(key, { kind: 1 });
  const authors = [key.pubkey];
  expect(await client.stored({ authors, kinds: [65_537] })).toEqual([]);
  expect(await client.stored({ authors, kinds: [65_537, 1] })).toEqual([event]);
  expect(await client.stored({ authors, kinds: [2 ** 40] })).toEqual([]);
});

test("decision: `{}` is served", async () => {
  expect(await client.stored({})).toHaveLength(relay.config.limits.default_limit);
});

test("decision: a search text of white space counts as none", async () => {
  const key = someone();
  const event = await publish(key);
  expect(await client.stored({ authors: [key.pubkey], search: "  " })).toEqual([event]);
});

test("a filter far beyond the size that is taken is refused by its size", async () => {
  const many = Array.from({ length: relay.config.limits.max_filter_values + 1 }, (_, index) => String(index));
  expect(await refusal({ "#t": many })).toStartWith("blocked:");
});
