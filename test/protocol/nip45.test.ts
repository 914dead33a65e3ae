// NIP-45 COUNT: exact numbers over a union of filters, refusals by CLOSED, and the HyperLogLog of authors.

import { schnorr } from "@noble/curves/secp256k1.js";
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { NostrEvent } from "../../src/nostr/event.ts";
import type { TestClient } from "../support/client.ts";
import { type EventTemplate, type Keypair, newcomers, signed } from "../support/events.ts";
import { TestRelay } from "../support/test-relay.ts";

const NOW = 1_800_000_000;
const someone = newcomers(1100);

let relay: TestRelay;
let client: TestClient;

beforeAll(async () => {
  relay = await TestRelay.start({ now: () => NOW, config: { limits: { default_limit: 2, max_limit: 3 } } });
  client = await relay.connect();
});

afterAll(() => relay.stopUnwarned());

async function publish(key: Keypair, template: EventTemplate = {}): Promise<NostrEvent> {
  const event = signed(key, { created_at: NOW, ...template });
  expect(await client.publish(event)).toEqual([true, ""]);
  return event;
}

/** The key whose secret is this small number, as the vector of the NIP digest names them. */
function smallKey(secret: number): Keypair {
  const bytes = new Uint8Array(32);
  bytes[31] = secret;
  return { secret: bytes, pubkey: Buffer.from(schnorr.getPublicKey(bytes)).toString("hex") };
}

test("row 79: overlapping filters count each event once; limit and default_limit do not count", async () => {
  const key = someone();
  for (let index = 0; index < 7; index++)
    await publish(key, { kind: index % 2 ? 1 : 7, content: String(index) });
  const authors = [key.pubkey];
  expect(await client.count("c", { authors })).toEqual({ count: 7 });
  expect(await client.count("c", { authors, limit: 1 })).toEqual({ count: 7 });
  expect(await client.count("c", { authors, limit: 0 })).toEqual({ count: 7 });
  expect(await client.count("c", { authors, kinds: [1] }, { authors })).toEqual({ count: 7 });
  expect(await client.count("c", { authors, kinds: [1] }, { authors, kinds: [7] }, { authors: [] })).toEqual({
    count: 7,
  });
  expect(await client.count("c", { authors, kinds: [1] })).toEqual({ count: 3 });
});

test("row 79: a COUNT leaves nothing open and has ids of its own", async () => {
  const key = someone();
  const watcher = await relay.connect();
  watcher.send("REQ", "same", { authors: [key.pubkey] });
  expect(await watcher.count("same", { authors: [key.pubkey] })).toEqual({ count: 0 });
  expect(await watcher.count("alone", { authors: [key.pubkey] })).toEqual({ count: 0 });
  const event = await publish(key);
  await watcher.settled();
  expect(watcher.frames.filter((frame) => frame[0] === "EVENT")).toEqual([["EVENT", "same", event]]);
});

test.each([
  [[]],
  [[{ authors: ["x"] }]],
  [[{ foo: 1 }]],
  [[{ limit: -1 }]],
  [["x"]],
  [Array.from({ length: 31 }, () => ({}))],
])("row 80: COUNT %# is refused by CLOSED", async (filters) => {
  expect(await client.count("refused", ...filters)).toMatch(/^(invalid|unsupported|blocked): /);
});

test("row 80: wrong query ids are refused like subscription ids", async () => {
  client.send("COUNT", "", {});
  expect((await client.verb("CLOSED", "COUNT", "NOTICE")).slice(0, 2)).toEqual(["CLOSED", ""]);
  client.send("COUNT", 5, {});
  expect((await client.verb("CLOSED", "COUNT", "NOTICE"))[0]).toBe("NOTICE");
});

test("row 80: a search is refused where search is off", async () => {
  const plain = await TestRelay.start({ config: { search: { enabled: false } } });
  const asker = await plain.connect();
  expect(await asker.count("s", { search: "words" })).toMatch(/^unsupported: /);
  expect(String((await asker.request("s", { search: "words" })).end[2])).toStartWith("unsupported:");
  await plain.stop();
});

test("row 81: reactions to one event are answered with the registers of their authors", async () => {
  // Offset 19 of this target; keys 1 and 2 fall into registers 0xdb (value 3) and 0x4b (value 1).
  const target = "5c83da77af1dec6d7289834998ad7aafbd9e2191396d75ec3cc27f5a77226f36";
  for (const secret of [1, 2, 1])
    await publish(smallKey(secret), { kind: 7, tags: [["e", target]], content: String(Math.random()) });
  const registers = new Uint8Array(256);
  registers[0xdb] = 3;
  registers[0x4b] = 1;
  expect(await client.count("hll", { kinds: [7], "#e": [target] })).toEqual({
    count: 3,
    hll: registers.toHex(),
  });
});

test("row 81: a deleted reaction leaves the registers", async () => {
  const target = "d".repeat(64);
  const reaction = await publish(smallKey(1), { kind: 7, tags: [["e", target]] });
  await publish(smallKey(1), { kind: 5, tags: [["e", reaction.id]] });
  expect(await client.count("hll", { kinds: [7], "#e": [target] })).toEqual({
    count: 0,
    hll: "0".repeat(512),
  });
});

test.each([
  ["reposts", { kinds: [6], "#e": ["a".repeat(64)] }, true],
  ["followers", { kinds: [3], "#p": ["a".repeat(64)] }, true],
  ["quotes", { kinds: [1, 1111], "#q": ["a".repeat(64)] }, true],
  ["comments", { kinds: [1111], "#E": ["a".repeat(64)] }, true],
  ["an address", { kinds: [1111], "#A": [`30023:${"a".repeat(64)}:x`] }, true],
  ["a hashtag", { kinds: [1], "#t": ["nostr"] }, true],
  ["two values", { kinds: [7], "#e": ["a".repeat(64), "b".repeat(64)] }, false],
  ["two kinds", { kinds: [1, 7], "#e": ["a".repeat(64)] }, false],
  ["a since", { kinds: [7], "#e": ["a".repeat(64)], since: 1 }, false],
  ["a since of 0 and an until", { kinds: [7], "#e": ["a".repeat(64)], since: 0, until: 5 }, false],
  ["no tag", { kinds: [7] }, false],
  ["an author", { kinds: [7], "#e": ["a".repeat(64)], authors: ["a".repeat(64)] }, false],
])("row 81: hll of %s", async (_, filter, defined) => {
  const answer = (await client.count("hll", filter)) as { count: number; hll?: string };
  if (defined) expect(answer.hll).toMatch(/^[0-9a-f]{512}$/);
  else expect(answer.hll).toBeUndefined();
});
