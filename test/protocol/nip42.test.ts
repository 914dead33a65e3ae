// NIP-42 AUTH: challenges, what proves a key, several keys on one connection, and relays that ask for it.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TestClient } from "../support/client.ts";
import { type EventTemplate, keypair, newcomers, signed } from "../support/events.ts";
import { RELAY_URL, TestRelay } from "../support/test-relay.ts";

const NOW = 1_800_000_000;
const someone = newcomers(700);

let relay: TestRelay;

beforeAll(async () => {
  relay = await TestRelay.start({ now: () => NOW });
});

afterAll(() => relay.stopUnwarned());

async function proof(
  client: TestClient,
  template: EventTemplate & { relayTags?: string[][]; key?: ReturnType<typeof keypair> },
) {
  const { relayTags = [["relay", RELAY_URL]], key = someone(), tags } = template;
  return signed(key, {
    kind: template.kind ?? 22_242,
    created_at: template.created_at ?? NOW,
    tags: tags ?? [...relayTags, ["challenge", await client.challenge()]],
  });
}

async function expectRefused(client: TestClient, event: object): Promise<void> {
  const [accepted, message] = await client.sendAuth(event);
  expect([accepted, message.split(":")[0]]).toEqual([false, "invalid"]);
}

/** Does the connection hold this key? Only its holder may publish a protected event of it. */
async function holds(client: TestClient, key: ReturnType<typeof keypair>): Promise<boolean> {
  const event = signed(key, { created_at: NOW, tags: [["-"]], content: String(Math.random()) });
  return (await client.publish(event))[0];
}

test("the challenge greets a client, and differs between connections", async () => {
  const challenges = await Promise.all([1, 2, 3].map(async () => (await relay.connect()).challenge()));
  expect(new Set(challenges).size).toBe(3);
  for (const challenge of challenges) expect(challenge).toMatch(/^[0-9a-f]{32,}$/);
});

test("row 66: another kind is refused", async () => {
  const client = await relay.connect();
  for (const kind of [1, 27_235, 22_243]) await expectRefused(client, await proof(client, { kind }));
});

test("row 66: a proof twenty minutes off is refused, either way; ten minutes are fine", async () => {
  const client = await relay.connect();
  for (const off of [-1200, 1200, -601, 601])
    await expectRefused(client, await proof(client, { created_at: NOW + off }));
  for (const off of [-600, 600])
    expect(await client.sendAuth(await proof(client, { created_at: NOW + off }))).toEqual([true, ""]);
});

test("row 66: the challenge of another connection is refused", async () => {
  const [client, other] = [await relay.connect(), await relay.connect()];
  await expectRefused(client, await proof(other, {}));
  expect(await other.sendAuth(await proof(other, {}))).toEqual([true, ""]);
});

test.each([
  "wss://other.example",
  "wss://relay.example.evil.example",
  "wss://evil.example/relay.example",
  "wss://relay.example:8443",
  "relay.example",
  "https//relay.example",
  "",
])("row 66: the relay tag %p is another relay's and is refused", async (url) => {
  const client = await relay.connect();
  await expectRefused(client, await proof(client, { relayTags: [["relay", url]] }));
});

test("row 66: the Host header does not say who we are", async () => {
  const client = await relay.connect();
  await expectRefused(client, await proof(client, { relayTags: [["relay", relay.url]] }));
});

test("row 66: a wrong signature or id is refused, and proves nothing", async () => {
  const client = await relay.connect();
  const key = someone();
  const good = await proof(client, { key });
  await expectRefused(client, { ...good, sig: "0".repeat(128) });
  await expectRefused(client, { ...good, content: "changed" });
  await expectRefused(client, { ...good, pubkey: someone().pubkey });
  expect(await holds(client, key)).toBe(false);
});

test("row 67: two relay tags do not make up for a missing challenge", async () => {
  const client = await relay.connect();
  await expectRefused(
    client,
    await proof(client, {
      tags: [
        ["relay", RELAY_URL],
        ["relay", RELAY_URL],
      ],
    }),
  );
  await expectRefused(client, await proof(client, { tags: [["challenge", await client.challenge()]] }));
  await expectRefused(
    client,
    await proof(client, {
      tags: [
        ["relay", RELAY_URL],
        ["challenge", ""],
      ],
    }),
  );
  await expectRefused(client, await proof(client, { tags: [["relay", RELAY_URL], ["challenge"]] }));
});

test.each([
  "WSS://Relay.Example:443",
  "wss://relay.example/",
  "https://relay.example",
  "wss://relay.example/path",
  " wss://relay.example ",
])("row 68: the relay tag %p means this relay", async (url) => {
  const client = await relay.connect();
  expect(await client.sendAuth(await proof(client, { relayTags: [["relay", url]] }))).toEqual([true, ""]);
});

test("row 69: a second key is proven beside the first, and both stay", async () => {
  const client = await relay.connect();
  const [a, b, c] = [someone(), someone(), someone()];
  expect(await client.authenticate(a, RELAY_URL, NOW)).toEqual([true, ""]);
  expect(await client.authenticate(b, RELAY_URL, NOW)).toEqual([true, ""]);
  expect(await client.authenticate(a, RELAY_URL, NOW)).toEqual([true, ""]);
  expect(await holds(client, a)).toBe(true);
  expect(await holds(client, b)).toBe(true);
  expect(await holds(client, c)).toBe(false);
  expect(await holds(await relay.connect(), a)).toBe(false);
});

test("an AUTH message without an event gets a NOTICE", async () => {
  const client = await relay.connect();
  for (const element of ["a challenge", null, {}, undefined]) {
    client.send("AUTH", element);
    expect(String((await client.verb("NOTICE", "OK"))[1])).toStartWith("invalid:");
  }
});

test("keys on one connection are bounded", async () => {
  const client = await relay.connect();
  for (let index = 0; index < 64; index++)
    expect(await client.authenticate(keypair(7000 + index), RELAY_URL, NOW)).toEqual([true, ""]);
  const [accepted, message] = await client.authenticate(keypair(7064), RELAY_URL, NOW);
  expect([accepted, message.split(":")[0]]).toEqual([false, "rate-limited"]);
});

test("a connection proves no more keys when all are sent at once", async () => {
  const client = await relay.connect();
  const proofs = [];
  for (let index = 0; index < 80; index++) proofs.push(await proof(client, { key: keypair(7100 + index) }));
  for (const event of proofs) client.send("AUTH", event);
  const answers = [];
  while (answers.length < proofs.length) answers.push((await client.verb("OK"))[2]);
  expect(answers.filter((accepted) => accepted === true)).toHaveLength(64);
});

test("decision: where no challenge greets, it comes before the first auth-required, once", async () => {
  const shy = await TestRelay.start({ now: () => NOW, config: { auth: { challenge_on_connect: false } } });
  const client = await shy.connect();
  const key = someone();
  await client.stored({ authors: [key.pubkey] });
  expect(client.frames.filter((frame) => frame[0] === "AUTH")).toEqual([]);
  const event = signed(key, { created_at: NOW, tags: [["-"]] });
  for (let turn = 0; turn < 2; turn++) expect((await client.publish(event))[1]).toStartWith("auth-required:");
  expect((await client.request("dm", { kinds: [4] })).end[0]).toBe("CLOSED");
  const verbs = client.frames.map((frame) => frame[0]).filter((verb) => verb === "AUTH" || verb === "OK");
  expect(verbs).toEqual(["AUTH", "OK", "OK"]);
  expect(await client.authenticate(key, RELAY_URL, NOW)).toEqual([true, ""]);
  expect(await client.publish(event)).toEqual([true, ""]);
  const reader = await shy.connect();
  expect((await reader.request("dm", { kinds: [4] })).end[0]).toBe("CLOSED");
  expect(reader.frames.map((frame) => frame[0])).toEqual(["AUTH", "CLOSED"]);
  const counter = await shy.connect();
  expect(await counter.count("dm", { kinds: [4] })).toMatch(/^auth-required:/);
  expect(counter.frames.map((frame) => frame[0])).toEqual(["AUTH", "CLOSED"]);
  await shy.stop();
});

test("a proof made before any challenge was sent does not keep the challenge from coming", async () => {
  const shy = await TestRelay.start({ now: () => NOW, config: { auth: { challenge_on_connect: false } } });
  const client = await shy.connect();
  const key = someone();
  const tags = [
    ["relay", RELAY_URL],
    ["challenge", "a guess"],
  ];
  await expectRefused(client, signed(key, { kind: 22_242, created_at: NOW, tags }));
  expect((await client.request("dm", { kinds: [4] })).end[0]).toBe("CLOSED");
  expect(client.frames.map((frame) => frame[0])).toEqual(["OK", "AUTH", "CLOSED"]);
  expect(await client.authenticate(key, RELAY_URL, NOW)).toEqual([true, ""]);
  await shy.stop();
});

test("a relay that requires AUTH serves nobody else, and says so in NIP-11", async () => {
  const closed = await TestRelay.start({ now: () => NOW, config: { auth: { required: true } } });
  const client = await closed.connect();
  const key = someone();
  const event = signed(key, { created_at: NOW });
  expect((await client.publish(event))[1]).toStartWith("auth-required:");
  expect(String((await client.request("x", {})).end[2])).toStartWith("auth-required:");
  expect(await client.count("x", {})).toMatch(/^auth-required:/);
  await client.authenticate(someone(), RELAY_URL, NOW);
  expect(await client.publish(event)).toEqual([true, ""]);
  expect(await client.stored({})).toEqual([event]);
  const information = await (
    await fetch(closed.httpUrl, { headers: { accept: "application/nostr+json" } })
  ).json();
  expect((information as never as { limitation: object }).limitation).toMatchObject({ auth_required: true });
  await closed.stop();
});
