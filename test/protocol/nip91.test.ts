// NIP-91 (open): `&x` asks for all of its values, stored and live.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { NostrEvent } from "../../src/nostr/event.ts";
import type { TestClient } from "../support/client.ts";
import { keypair, signed } from "../support/events.ts";
import { TestRelay } from "../support/test-relay.ts";

const NOW = 1_800_000_000;

let relay: TestRelay;
let client: TestClient;
const tagged = (age: number, ...values: string[]): NostrEvent =>
  signed(keypair(1400), { created_at: NOW - age, tags: values.map((value) => ["t", value]) });
const [memeCat, memeCatBlack, memeDog, cat] = [
  tagged(0, "meme", "cat"),
  tagged(1, "black", "cat", "meme"),
  tagged(2, "meme", "dog"),
  tagged(3, "cat"),
] as const;

beforeAll(async () => {
  relay = await TestRelay.start({ now: () => NOW });
  client = await relay.connect();
  for (const event of [memeCat, memeCatBlack, memeDog, cat])
    expect(await client.publish(event)).toEqual([true, ""]);
});

afterAll(() => relay.stop());

test("all values of `&t` must stand in the event", async () => {
  expect(await client.stored({ "&t": ["meme", "cat"] })).toEqual([memeCat, memeCatBlack]);
  expect(await client.stored({ "&t": ["cat"] })).toEqual([memeCat, memeCatBlack, cat]);
  expect(await client.count("c", { "&t": ["meme", "cat"] })).toMatchObject({ count: 2 });
});

test("`#t` beside it asks for any one more; values that `&t` names are ignored there", async () => {
  expect(await client.stored({ "&t": ["meme", "cat"], "#t": ["black", "white"] })).toEqual([memeCatBlack]);
  expect(await client.stored({ "&t": ["meme"], "#t": ["meme", "dog"] })).toEqual([memeDog]);
  expect(await client.stored({ "&t": ["meme"], "#t": ["meme"] })).toEqual([memeCat, memeCatBlack, memeDog]);
});

test("live events are held to the same meaning", async () => {
  const listener = await relay.connect();
  listener.send("REQ", "both", { "&t": ["x", "y"], limit: 0 });
  await listener.settled();
  const both = tagged(0, "y", "z", "x");
  for (const event of [tagged(0, "x"), both, tagged(0, "y")]) await client.publish(event);
  await listener.settled();
  expect(listener.eventsOf("both")).toEqual([both]);
});
