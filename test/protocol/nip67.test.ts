// NIP-67 hints with EOSE: "finish" only when every stored match was sent.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { NostrEvent } from "../../src/nostr/event.ts";
import type { TestClient } from "../support/client.ts";
import { keypair, signed } from "../support/events.ts";
import { TestRelay } from "../support/test-relay.ts";

const NOW = 1_800_000_000;

let relay: TestRelay;
let client: TestClient;
const [alice, bob] = [keypair(1300), keypair(1301)];
const notes: NostrEvent[] = [];

beforeAll(async () => {
  relay = await TestRelay.start({ now: () => NOW, config: { limits: { default_limit: 6, max_limit: 8 } } });
  client = await relay.connect();
  for (let age = 0; age < 5; age++) notes.push(signed(alice, { created_at: NOW - age }));
  const many = Array.from({ length: 9 }, (_, age) => signed(bob, { created_at: NOW - age }));
  const wrap = signed(bob, { kind: 1059, created_at: NOW - 20, tags: [["p", alice.pubkey]] });
  for (const event of [...notes, ...many, wrap]) expect(await client.publish(event)).toEqual([true, ""]);
});

afterAll(() => relay.stopUnwarned());

async function hint(...filters: object[]): Promise<unknown> {
  return (await client.request("hint", ...filters)).end[2];
}

test("row 82: every match was sent", async () => {
  expect(await hint({ authors: [alice.pubkey] })).toEqual(["finish"]);
  expect(await hint({ authors: [alice.pubkey], limit: 5 })).toEqual(["finish"]);
  expect(await hint({ authors: [alice.pubkey], limit: 6 })).toEqual(["finish"]);
  expect(await hint({ ids: notes.map(({ id }) => id) })).toEqual(["finish"]);
  expect(await hint({ authors: ["0".repeat(64)] })).toEqual(["finish"]);
  expect(await hint({ authors: [] })).toEqual(["finish"]);
});

test("row 82: a limit of the client, the default and the maximum each cut off", async () => {
  expect(await hint({ authors: [alice.pubkey], limit: 4 })).toEqual(["more"]);
  expect(await hint({ authors: [bob.pubkey] })).toEqual(["more"]);
  expect(await hint({ authors: [bob.pubkey], limit: 100 })).toEqual(["more"]);
  expect(await hint({ authors: [bob.pubkey], since: NOW - 7, limit: 8 })).toEqual(["finish"]);
});

test("row 82: one filter that was cut off is enough", async () => {
  expect(await hint({ authors: [alice.pubkey] }, { authors: [bob.pubkey], limit: 1 })).toEqual(["more"]);
  expect(await hint({ authors: [alice.pubkey] }, { authors: [bob.pubkey], kinds: [7] })).toEqual(["finish"]);
});

test("row 82: limit 0 claims nothing", async () => {
  expect(await hint({ authors: [alice.pubkey], limit: 0 })).toBeUndefined();
  expect(await hint({ authors: [alice.pubkey], limit: 0 }, { authors: [alice.pubkey] })).not.toEqual([
    "finish",
  ]);
});

test("row 82: hints do not tell of events that the asker may not see", async () => {
  expect(await hint({ authors: [bob.pubkey], until: NOW - 8, limit: 1 })).toEqual(["finish"]);
});

test("decision: a page may end inside a second, since limit counts before completeness", async () => {
  const key = keypair(1302);
  const twins = ["a", "b"].map((content) => signed(key, { content, created_at: NOW }));
  for (const twin of twins) await client.publish(twin);
  const { events, end } = await client.request("half", { authors: [key.pubkey], limit: 1 });
  expect(events).toHaveLength(1);
  expect(end[2]).toEqual(["more"]);
});
