// NIP-40: expired events are neither taken nor shown, from the second they name on.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { RawSocket } from "../faults/raw-socket.ts";
import type { TestClient } from "../support/client.ts";
import { newcomers, signed, unsignedEvent } from "../support/events.ts";
import { TestRelay } from "../support/test-relay.ts";

let now = 1_800_000_000;
const someone = newcomers(600);

let relay: TestRelay;
let client: TestClient;

beforeAll(async () => {
  relay = await TestRelay.start({ now: () => now });
  client = await relay.connect();
});

afterAll(() => relay.stopUnwarned());

const expiring = (at: string, kind = 1, created_at = now) =>
  signed(someone(), { kind, created_at, tags: [["expiration", at]] });

test("row 59: an expiration in the past, or this very second, is refused", async () => {
  for (const at of [now - 1, now, 0]) {
    const [accepted, message] = await client.publish(expiring(String(at)));
    expect([accepted, message.split(":")[0]]).toEqual([false, "invalid"]);
  }
});

test.each(["soon", "", "-5", "1e12", "1800000000.5", " 1900000000"])(
  "row 59: an expiration of %p is no number of seconds and is refused",
  async (at) => {
    const [accepted, message] = await client.publish(expiring(at));
    expect([accepted, message.split(":")[0]]).toEqual([false, "invalid"]);
  },
);

test("row 59: the first expiration tag counts, and one without a value is refused", async () => {
  const key = someone();
  const twice = signed(key, {
    created_at: now,
    tags: [
      ["expiration", String(now + 5000)],
      ["expiration", "1"],
    ],
  });
  expect(await client.publish(twice)).toEqual([true, ""]);
  expect((await client.publish(signed(key, { created_at: now, tags: [["expiration"]] })))[0]).toBe(false);
});

test("row 59: an expired ephemeral event is not passed on", async () => {
  const listener = await relay.connect();
  listener.send("REQ", "typing", { kinds: [20_001] });
  await listener.settled();
  expect((await client.publish(expiring(String(now), 20_001)))[0]).toBe(false);
  await listener.settled();
  expect(listener.eventsOf("typing")).toEqual([]);
});

test("row 60: a stored event is gone from REQ, ids, COUNT and hints at its second", async () => {
  const event = expiring(String(now + 10));
  const filters = [{ ids: [event.id] }, { authors: [event.pubkey] }, { authors: [event.pubkey], kinds: [1] }];
  expect(await client.publish(event)).toEqual([true, ""]);
  now += 9;
  for (const filter of filters) expect(await client.stored(filter)).toEqual([event]);
  now += 1;
  for (const filter of filters) {
    expect(await client.stored(filter)).toEqual([]);
    expect(await client.count("expired", filter)).toEqual({ count: 0 });
    expect((await client.request("hint", { ...filter, limit: 1 })).end).toEqual(["EOSE", "hint", ["finish"]]);
  }
});

test("row 60: an expired event does not take a place in a limited page", async () => {
  const key = someone();
  const lasting = signed(key, { created_at: now - 5 });
  const brief = signed(key, { created_at: now, tags: [["expiration", String(now + 3)]] });
  for (const event of [lasting, brief]) await client.publish(event);
  expect(await client.stored({ authors: [key.pubkey], limit: 1 })).toEqual([brief]);
  now += 3;
  expect(await client.stored({ authors: [key.pubkey], limit: 1 })).toEqual([lasting]);
});

test("row 60: an event that expires during a long answer is not sent any more", async () => {
  const author = "a".repeat(64);
  const until = now + 5;
  const brief = unsignedEvent(author, { created_at: now - 1000, tags: [["expiration", String(until)]] });
  const content = "x".repeat(20_000);
  // Far more than a connection takes in one go.
  const long = Array.from({ length: 1500 }, (_, index) =>
    unsignedEvent(author, { content, created_at: now - index }),
  );
  const filled = await TestRelay.start({ now: () => now, stored: [...long, brief] });
  const reader = await RawSocket.open(filled.url);
  reader.send('["REQ","long",{"limit":2000}]');
  await reader.until(() => reader.messages.length > 2, "its first events");
  reader.stopReading();
  now = until;
  reader.readAgain();
  await reader.until(() => reader.messages.at(-1)!.startsWith('["EOSE"'), "EOSE");
  const sent = reader.messages.filter((text) => text.startsWith('["EVENT"'));
  expect(sent).toHaveLength(long.length);
  expect(sent.some((text) => text.includes(brief.event.id))).toBe(false);
  reader.reset();
  await filled.stop();
});

test("row 60: when the newest version of a replaceable event expires, no older one comes back", async () => {
  const key = someone();
  const old = signed(key, { kind: 30_315, created_at: now - 10, tags: [["d", "music"]] });
  const status = signed(key, {
    kind: 30_315,
    created_at: now,
    tags: [
      ["d", "music"],
      ["expiration", String(now + 3)],
    ],
  });
  for (const event of [old, status]) expect(await client.publish(event)).toEqual([true, ""]);
  now += 3;
  expect(await client.stored({ kinds: [30_315], authors: [key.pubkey] })).toEqual([]);
  expect((await client.publish(old))[0]).toBe(false);
  expect((await client.publish(status))[1]).toMatch(/^(duplicate|invalid):/);
  expect(await client.stored({ kinds: [30_315], authors: [key.pubkey] })).toEqual([]);
  expect(
    await client.publish(signed(key, { kind: 30_315, created_at: now, tags: [["d", "music"]] })),
  ).toEqual([true, ""]);
});
