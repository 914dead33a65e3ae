// Private kinds (NIP-04, NIP-17, NIP-37, NIP-59): one table of readers, kept at every exit.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { NostrEvent } from "../../src/nostr/event.ts";
import type { TestClient } from "../support/client.ts";
import { type EventTemplate, type Keypair, newcomers, signed } from "../support/events.ts";
import { RELAY_URL, TestRelay } from "../support/test-relay.ts";

const NOW = 1_800_000_000;
const HOUR = 3600;
const someone = newcomers(900);

let relay: TestRelay;
let stranger: TestClient;

beforeAll(async () => {
  relay = await TestRelay.start({ now: () => NOW, config: { policy: { accept_bare_seals: true } } });
  stranger = await relay.connect();
});

afterAll(() => relay.stopUnwarned());

async function connectedAs(...keys: Keypair[]): Promise<TestClient> {
  const client = await relay.connect();
  for (const key of keys) expect(await client.authenticate(key, RELAY_URL, NOW)).toEqual([true, ""]);
  return client;
}

async function publish(key: Keypair, template: EventTemplate): Promise<NostrEvent> {
  const event = signed(key, { created_at: NOW, ...template });
  expect(await stranger.publish(event)).toEqual([true, ""]);
  return event;
}

const to = (...keys: Keypair[]): string[][] => keys.map((key) => ["p", key.pubkey]);

/** Who sees the event by id, by a mixed filter, by COUNT, and live. */
async function sees(client: TestClient, event: NostrEvent): Promise<boolean> {
  const byId = (await client.stored({ ids: [event.id] })).length === 1;
  const mixed = (await client.stored({ authors: [event.pubkey] })).some(({ id }) => id === event.id);
  const counted = (await client.count("see", { ids: [event.id] })) as { count: number };
  expect([mixed, counted.count === 1]).toEqual([byId, byId]);
  return byId;
}

const READERS = [
  { kind: 4, author: true, recipient: true },
  { kind: 13, author: true, recipient: false },
  { kind: 1059, author: false, recipient: true },
  { kind: 1234, author: true, recipient: false },
  { kind: 31_234, author: true, recipient: false },
  { kind: 10_050, author: true, recipient: true, everybody: true },
  { kind: 10_002, author: true, recipient: true, everybody: true },
];

test.each(READERS)(
  "rows 70–73: readers of kind $kind",
  async ({ kind, author, recipient, everybody = false }) => {
    const [alice, bob, carol] = [someone(), someone(), someone()];
    const [asAlice, asBob, asCarol] = await Promise.all([alice, bob, carol].map((key) => connectedAs(key)));
    for (const client of [asAlice!, asBob!, asCarol!, stranger]) {
      client.send("REQ", "live", { authors: [alice.pubkey] });
      client.send("REQ", "live by kind", { kinds: [kind, 1] });
      await client.settled();
    }
    const event = await publish(alice, { kind, tags: [...to(bob), ["d", "x"]] });
    const expected: [TestClient, boolean][] = [
      [asAlice!, author],
      [asBob!, recipient],
      [asCarol!, everybody],
      [stranger, everybody],
    ];
    for (const [client, may] of expected) {
      await client.settled();
      expect(client.eventsOf("live")).toEqual(may ? [event] : []);
      expect(client.eventsOf("live by kind")).toEqual(may ? [event] : []);
      for (const id of ["live", "live by kind"]) client.send("CLOSE", id);
      expect(await sees(client, event)).toBe(may);
    }
  },
);

test("row 70: a stranger who asks for wraps only is told to authenticate", async () => {
  const client = await relay.connect();
  for (const filters of [
    [{ kinds: [1059] }],
    [{ kinds: [1059, 4] }, { kinds: [13], authors: [someone().pubkey] }],
  ]) {
    const { events, end } = await client.request("wraps", ...filters);
    expect(events).toEqual([]);
    expect(end.slice(0, 2)).toEqual(["CLOSED", "wraps"]);
    expect(String(end[2])).toStartWith("auth-required:");
  }
  expect(client.frames[0]![0]).toBe("AUTH");
});

test("row 71: a mixed filter is served without what the stranger may not see", async () => {
  const bob = someone();
  const note = await publish(someone(), { tags: to(bob) });
  await publish(someone(), { kind: 1059, tags: to(bob) });
  await publish(someone(), { kind: 4, tags: to(bob) });
  expect(await stranger.stored({ "#p": [bob.pubkey] })).toEqual([note]);
  expect(await stranger.stored({ "#p": [bob.pubkey], kinds: [1, 4, 1059] })).toEqual([note]);
  const { end } = await stranger.request("hint", { "#p": [bob.pubkey], limit: 1 });
  expect(end).toEqual(["EOSE", "hint", ["finish"]]);
  stranger.send("CLOSE", "hint");
});

test("row 72: an authenticated key that asks for other people's wraps is restricted", async () => {
  const [alice, bob] = [someone(), someone()];
  await publish(someone(), { kind: 1059, tags: to(bob) });
  const client = await connectedAs(alice);
  for (const filter of [
    { kinds: [1059], "#p": [bob.pubkey] },
    { kinds: [4], authors: [bob.pubkey], "#p": [bob.pubkey] },
    { kinds: [13], authors: [bob.pubkey] },
    { kinds: [31_234], authors: [bob.pubkey] },
  ]) {
    const { events, end } = await client.request("others", filter);
    expect(events).toEqual([]);
    expect([end[0], String(end[2]).split(":")[0]]).toEqual(["CLOSED", "restricted"]);
    expect(String(await client.count("others", filter))).toStartWith("restricted:");
  }
  expect(await client.stored({ kinds: [1059] })).toEqual([]);
  expect(await client.stored({ kinds: [1059], "#p": [alice.pubkey, bob.pubkey] })).toEqual([]);
});

test("row 72: any one of several recipients, and any one of several proven keys, suffices", async () => {
  const [alice, bob, carol] = [someone(), someone(), someone()];
  const wrap = await publish(someone(), { kind: 1059, tags: to(alice, bob) });
  const client = await connectedAs(carol, bob);
  expect(await client.stored({ kinds: [1059], "#p": [bob.pubkey] })).toEqual([wrap]);
  expect(await client.stored({ kinds: [1059], "#p": [alice.pubkey, bob.pubkey] })).toEqual([wrap]);
});

test("row 73: COUNT leaves wraps out, and refuses a stranger who asks for them alone", async () => {
  const bob = someone();
  await publish(someone(), { tags: to(bob) });
  await publish(someone(), { kind: 1059, tags: to(bob) });
  expect(await stranger.count("c", { "#p": [bob.pubkey] })).toEqual({ count: 1 });
  expect(await stranger.count("c", { kinds: [1059], "#p": [bob.pubkey] })).toMatch(/^auth-required:/);
  expect(await (await connectedAs(bob)).count("c", { kinds: [1059], "#p": [bob.pubkey] })).toMatchObject({
    count: 1,
  });
});

test("row 73: the HyperLogLog of an outsider's COUNT does not tell of private events", async () => {
  const bob = someone();
  const client = await connectedAs(someone());
  await publish(someone(), { kind: 4, tags: to(bob) });
  const answer = await client.count("hll", { kinds: [4], "#p": [bob.pubkey] });
  expect(answer).toEqual({ count: 0, hll: "0".repeat(512) });
});

test("row 74: back-dated wraps are taken however narrow the window is", async () => {
  const strict = await TestRelay.start({
    now: () => NOW,
    config: { limits: { created_at_lower_limit: 60 } },
  });
  const client = await strict.connect();
  const bob = someone();
  const wrap = signed(someone(), { kind: 1059, created_at: NOW - 47 * HOUR, tags: to(bob) });
  expect(await client.publish(wrap)).toEqual([true, ""]);
  const listener = await strict.connect();
  await listener.authenticate(bob, RELAY_URL, NOW);
  listener.send("REQ", "live wraps", { kinds: [21_059], "#p": [bob.pubkey] });
  await listener.settled();
  const live = signed(someone(), { kind: 21_059, created_at: NOW - HOUR, tags: to(bob) });
  expect(await client.publish(live)).toEqual([true, ""]);
  await listener.settled();
  expect(listener.eventsOf("live wraps")).toEqual([live]);
  expect(await listener.stored({ ids: [live.id] })).toEqual([]);
  expect((await client.publish(signed(someone(), { created_at: NOW - HOUR })))[0]).toBe(false);
  expect((await client.publish(signed(someone(), { kind: 1059, created_at: NOW - 49 * HOUR })))[0]).toBe(
    false,
  );
  await strict.stop();
});

test("row 75: the recipient of a wrap may delete it, also before it arrives; others may not", async () => {
  const [alice, bob] = [someone(), someone()];
  const wraps = ["one", "two", "three"].map((content) =>
    signed(someone(), { kind: 1059, created_at: NOW - 100, content, tags: to(bob) }),
  ) as [NostrEvent, NostrEvent, NostrEvent];
  const [first, second, third] = wraps;
  for (const wrap of [first, third]) await stranger.publish(wrap);
  await publish(alice, { kind: 5, tags: [["e", third.id]] });
  await publish(bob, {
    kind: 5,
    tags: [
      ["e", first.id],
      ["e", second.id],
    ],
  });
  for (const gone of [first, second]) {
    const [accepted, message] = await stranger.publish(gone);
    expect([accepted, message.split(":")[0]]).toEqual([false, "blocked"]);
  }
  expect(await (await connectedAs(bob)).stored({ kinds: [1059] })).toEqual([third]);
});

test("row 75: naming somebody in a `p` tag does not let them delete anything but wraps", async () => {
  const [alice, bob] = [someone(), someone()];
  const [note, message] = [
    await publish(alice, { tags: to(bob) }),
    await publish(alice, { kind: 4, tags: to(bob) }),
  ];
  await publish(bob, {
    kind: 5,
    tags: [
      ["e", note.id],
      ["e", message.id],
    ],
  });
  expect(await (await connectedAs(alice)).stored({ authors: [alice.pubkey] })).toHaveLength(2);
});

test("decision: AUTH takes effect on open subscriptions at once", async () => {
  const [alice, bob] = [someone(), someone()];
  const client = await relay.connect();
  client.send("REQ", "mine", { "#p": [bob.pubkey] });
  client.send("REQ", "everything", {});
  await client.settled();
  await publish(alice, { kind: 4, tags: to(bob), content: "before" });
  await client.settled();
  expect(client.eventsOf("mine")).toEqual([]);
  await client.authenticate(bob, RELAY_URL, NOW);
  const after = await publish(alice, { kind: 4, tags: to(bob), content: "after" });
  await client.settled();
  expect(client.eventsOf("mine")).toEqual([after]);
  expect(client.eventsOf("everything").at(-1)).toEqual(after);
});

test("decision: a bare seal is refused unless policy.accept_bare_seals lets it in", async () => {
  const author = someone();
  const seal = await publish(author, { kind: 13 });
  expect(await (await connectedAs(author)).stored({ kinds: [13] })).toEqual([seal]);
  const strict = await TestRelay.start({ now: () => NOW });
  const [accepted, message] = await (await strict.connect()).publish(seal);
  expect([accepted, message.split(":")[0]]).toEqual([false, "invalid"]);
  await strict.stop();
});

test("an ephemeral wrap reaches its recipient alone; with nobody else listening it is muted", async () => {
  const [bob, carol] = [someone(), someone()];
  const [asBob, asCarol] = [await connectedAs(bob), await connectedAs(carol)];
  asCarol.send("REQ", "wraps", { kinds: [21_059] });
  await asCarol.settled();
  const wrap = signed(someone(), { kind: 21_059, created_at: NOW, tags: to(bob) });
  expect((await stranger.publish(wrap))[1]).toStartWith("mute:");
  asBob.send("REQ", "wraps", { kinds: [21_059] });
  await asBob.settled();
  expect(await stranger.publish(wrap)).toEqual([true, ""]);
  await Promise.all([asBob.settled(), asCarol.settled()]);
  expect(asBob.eventsOf("wraps")).toEqual([wrap]);
  expect(asCarol.eventsOf("wraps")).toEqual([]);
});
