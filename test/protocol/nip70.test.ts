// NIP-70 protected events: from their authenticated author only, and in no repost.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { type EventTemplate, type Keypair, newcomers, signed } from "../support/events.ts";
import { RELAY_URL, TestRelay } from "../support/test-relay.ts";

const NOW = 1_800_000_000;
const someone = newcomers(800);

let relay: TestRelay;

beforeAll(async () => {
  relay = await TestRelay.start({ now: () => NOW });
});

afterAll(() => relay.stopUnwarned());

const guarded = (key: Keypair, template: EventTemplate = {}) =>
  signed(key, { created_at: NOW, tags: [["-"]], ...template });

async function connectedAs(...keys: Keypair[]) {
  const client = await relay.connect();
  for (const key of keys) expect(await client.authenticate(key, RELAY_URL, NOW)).toEqual([true, ""]);
  return client;
}

test.each([1, 0, 30_023, 20_001, 5, 1059])(
  "row 62: a protected event of kind %d from a stranger is auth-required",
  async (kind) => {
    const client = await connectedAs();
    const event = guarded(someone(), { kind, tags: [["d", "x"], ["e", "0".repeat(64)], ["-"]] });
    const [accepted, message] = await client.publish(event);
    expect([accepted, message.split(":")[0]]).toEqual([false, "auth-required"]);
    expect(client.frames.some((frame) => frame[0] === "AUTH")).toBe(true);
    expect(await client.stored({ ids: [event.id] })).toEqual([]);
  },
);

test("row 63: from somebody else who is authenticated it is restricted", async () => {
  const client = await connectedAs(someone());
  const [accepted, message] = await client.publish(guarded(someone()));
  expect([accepted, message.split(":")[0]]).toEqual([false, "restricted"]);
});

test("row 64: from a connection that holds the author's key among others it is accepted and shown to everybody", async () => {
  const [a, b] = [someone(), someone()];
  const client = await connectedAs(b, a);
  const event = guarded(a, {
    tags: [
      ["t", "x"],
      ["-", "whatever"],
    ],
  });
  expect(await client.publish(event)).toEqual([true, ""]);
  const stranger = await relay.connect();
  expect(await stranger.stored({ ids: [event.id] })).toEqual([event]);
});

test("row 64: a known protected event sent again by a stranger is a duplicate like any other", async () => {
  const key = someone();
  const event = guarded(key);
  await (await connectedAs(key)).publish(event);
  const [accepted, message] = await (await relay.connect()).publish(event);
  expect([accepted, message.split(":")[0]]).toEqual([true, "duplicate"]);
});

test.each([6, 16])(
  "row 65: a repost of kind %d that embeds a protected event is blocked, however it is written",
  async (kind) => {
    const author = someone();
    const client = await connectedAs(author);
    const inner = guarded(author);
    await client.publish(inner);
    const texts = [
      JSON.stringify(inner),
      JSON.stringify(inner, null, 2),
      JSON.stringify(inner).replace('[["-"]]', '[ [ "\\u002d" ] ]'),
      JSON.stringify(inner).replace('[["-"]]', '[["t","x"],["-","y"]]'),
      ` ${JSON.stringify(inner)}\n`,
    ];
    for (const content of texts) {
      const [accepted, message] = await client.publish(signed(someone(), { kind, content, created_at: NOW }));
      expect([content, accepted, message.split(":")[0]]).toEqual([content, false, "blocked"]);
    }
  },
);

test("row 65: quoting the tag in prose, reposting other events, and other kinds are fine", async () => {
  const client = await connectedAs();
  const plain = signed(someone(), { created_at: NOW, content: 'the ["-"] tag', tags: [["t", "-"]] });
  const accepted = [
    { kind: 6, content: JSON.stringify(plain) },
    { kind: 6, content: "" },
    { kind: 16, content: '["-"]' },
    { kind: 6, content: '{"tags":"-"}' },
    { kind: 6, content: "{ - not JSON" },
    { kind: 1, content: JSON.stringify(guarded(someone())) },
  ];
  for (const template of accepted)
    expect(await client.publish(signed(someone(), { created_at: NOW, ...template }))).toEqual([true, ""]);
});
