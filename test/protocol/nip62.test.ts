// NIP-62 requests to vanish: everything of the key goes, stays away, and nothing can undo it.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { NostrEvent } from "../../src/nostr/event.ts";
import type { TestClient } from "../support/client.ts";
import { type EventTemplate, type Keypair, newcomers, signed, unsignedEvent } from "../support/events.ts";
import { RELAY_URL, TestRelay } from "../support/test-relay.ts";

const NOW = 1_800_000_000;
const T = NOW - 1000;
const someone = newcomers(1200);

let relay: TestRelay;
let client: TestClient;

beforeAll(async () => {
  relay = await TestRelay.start({ now: () => NOW });
  client = await relay.connect();
});

afterAll(() => relay.stopUnwarned());

const event = (key: Keypair, template: EventTemplate = {}): NostrEvent =>
  signed(key, { created_at: T - 10, ...template });
const vanish = (key: Keypair, ...relays: string[]): NostrEvent =>
  event(key, { kind: 62, created_at: T, tags: relays.map((url) => ["relay", url]) });

async function publish(...events: NostrEvent[]): Promise<void> {
  for (const one of events) expect(await client.publish(one)).toEqual([true, ""]);
}

async function expectBlocked(one: NostrEvent): Promise<void> {
  const [accepted, message] = await client.publish(one);
  expect([accepted, message.split(":")[0]]).toEqual([false, "blocked"]);
}

/** Rows of the key that anybody with its proof could read, and wraps to it. */
async function left(key: Keypair): Promise<NostrEvent[]> {
  const reader = await relay.connect();
  await reader.authenticate(key, RELAY_URL, NOW);
  return reader.stored({ authors: [key.pubkey] }, { "#p": [key.pubkey], kinds: [1059] });
}

test.each(["ALL_RELAYS", "wss://relay.example", "WSS://Relay.Example:443/", "https://relay.example"])(
  "row 76: a request that names %p removes all of the key up to its second, deletions and wraps included",
  async (url) => {
    const [key, friend] = [someone(), someone()];
    const note = event(key);
    const atThatSecond = event(key, { created_at: T, content: "at that second" });
    const deleted = event(key, { content: "deleted" });
    const deletion = event(key, { kind: 5, tags: [["e", deleted.id]] });
    const profile = event(key, { kind: 0 });
    const article = event(key, { kind: 30_023, tags: [["d", "x"]] });
    const wrap = event(someone(), { kind: 1059, tags: [["p", key.pubkey]] });
    const newer = event(key, { created_at: T + 1, content: "newer" });
    const others = event(friend, { tags: [["p", key.pubkey]] });
    await publish(note, atThatSecond, deleted, deletion, profile, article, wrap, newer, others);
    const request = vanish(key, "wss://first.example", url);
    await publish(request);
    expect((await left(key)).filter(({ kind }) => kind !== 62)).toEqual([newer]);
    for (const gone of [note, atThatSecond, deleted, deletion, profile, article, wrap]) {
      expect(await client.stored({ ids: [gone.id] })).toEqual([]);
      await expectBlocked(gone);
    }
    expect(await client.stored({ ids: [others.id] })).toEqual([others]);
    expect(await client.count("gone", { authors: [key.pubkey], kinds: [0, 1, 5, 30_023] })).toEqual({
      count: 1,
    });
  },
);

test("row 76: what was never seen here is refused too, while newer events are welcome (decision)", async () => {
  const key = someone();
  await publish(vanish(key, RELAY_URL));
  await expectBlocked(event(key));
  await expectBlocked(event(someone(), { kind: 1059, tags: [["p", key.pubkey]] }));
  await publish(event(key, { created_at: T + 1 }), event(key, { kind: 0, created_at: NOW }));
});

test("row 76: an earlier request does not weaken a later one, nor does its order of arrival", async () => {
  const key = someone();
  const early = event(key, { kind: 62, created_at: T - 100, tags: [["relay", RELAY_URL]] });
  await publish(vanish(key, RELAY_URL));
  await client.publish(early);
  await expectBlocked(event(key));
});

test("row 76: a request dated beyond the future limit is refused", async () => {
  const key = someone();
  const request = event(key, { kind: 62, created_at: NOW + 100_000, tags: [["relay", "ALL_RELAYS"]] });
  expect((await client.publish(request))[0]).toBe(false);
  await publish(event(key));
});

test("row 76: no deletion request undoes it", async () => {
  const key = someone();
  const note = event(key);
  const request = vanish(key, "ALL_RELAYS");
  await publish(note, request, event(key, { kind: 5, created_at: T + 5, tags: [["e", request.id]] }));
  await expectBlocked(note);
  expect(await client.stored({ ids: [request.id] })).toEqual([request]);
});

test.each([
  "all_relays",
  "All_Relays",
  "wss://other.example",
  "wss://relay.example.org",
  "wss://relay.example:8443",
  "",
])("row 77: a request that names %p only is stored and does nothing (decision)", async (url) => {
  const key = someone();
  const note = event(key);
  const request = vanish(key, url);
  await publish(note, request);
  expect(await client.stored({ ids: [note.id] })).toEqual([note]);
  await publish(event(key, { content: "older still", created_at: T - 50 }));
  // Requests that name single relays are nobody else's business.
  expect(await client.stored({ ids: [request.id] })).toEqual([]);
  expect(await client.stored({ kinds: [62], authors: [key.pubkey] })).toEqual([]);
  expect((await left(key)).map(({ id }) => id)).toContain(request.id);
});

test("decision: requests to all relays are passed on live, those to single relays to their author only", async () => {
  const key = someone();
  const [stranger, author] = [await relay.connect(), await relay.connect()];
  await author.authenticate(key, RELAY_URL, NOW);
  for (const one of [stranger, author]) {
    one.send("REQ", "vanish", { kinds: [62], authors: [key.pubkey] });
    one.send("REQ", "vanish by kind", { kinds: [62], limit: 0 });
    await one.settled();
  }
  const here = vanish(key, "wss://other.example");
  const everywhere = event(key, { kind: 62, created_at: T + 1, tags: [["relay", "ALL_RELAYS"]] });
  await publish(here, everywhere);
  await Promise.all([stranger.settled(), author.settled()]);
  for (const id of ["vanish", "vanish by kind"]) {
    expect(stranger.eventsOf(id)).toEqual([everywhere]);
    expect(author.eventsOf(id)).toEqual([here, everywhere]);
  }
});

test("decision: a request without a relay tag is refused", async () => {
  const [accepted, message] = await client.publish(
    event(someone(), { kind: 62, tags: [["relay"], ["p", "x"]] }),
  );
  expect([accepted, message.split(":")[0]]).toEqual([false, "invalid"]);
});

test("row 78: it is honoured from keys that may not write here, whatever kinds are taken", async () => {
  const [member, banned, outsider] = [someone(), someone(), someone()];
  const paid = await TestRelay.start({
    now: () => NOW,
    config: {
      policy: {
        allowed_pubkeys: [member.pubkey],
        blocked_pubkeys: [banned.pubkey],
        allowed_kinds: [1],
      },
    },
  });
  const writer = await paid.connect();
  for (const key of [banned, outsider]) {
    expect((await writer.publish(event(key)))[0]).toBe(false);
    expect(await writer.publish(vanish(key, RELAY_URL))).toEqual([true, ""]);
  }
  const note = event(member);
  expect(await writer.publish(note)).toEqual([true, ""]);
  expect(await writer.publish(vanish(member, RELAY_URL))).toEqual([true, ""]);
  expect((await writer.publish(note))[1]).toStartWith("blocked:");
  await paid.stop();
});

test("row 76: a key with more events than one transaction clears is gone at once, and refused", async () => {
  const key = someone();
  const notes = Array.from({ length: 700 }, (_, index) => event(key, { created_at: T - index }));
  for (const note of notes) client.send("EVENT", note);
  await publish(event(key, { content: "the last" }));
  expect(await client.count("before", { authors: [key.pubkey] })).toEqual({ count: 701 });
  await publish(vanish(key, RELAY_URL));
  await expectBlocked(event(key, { content: "one more" }));
  // Gone for readers at once, on every exit, though erasing takes more transactions.
  expect(await client.stored({ authors: [key.pubkey], kinds: [1] })).toEqual([]);
  expect(await client.stored({ ids: notes.map(({ id }) => id) })).toEqual([]);
  expect(await client.count("after", { authors: [key.pubkey], kinds: [1] })).toEqual({ count: 0 });
});

test("row 76: what a stop kept from being erased stays hidden after the next start", async () => {
  const pubkey = "a".repeat(64);
  const notes = Array.from({ length: 20_000 }, (_, index) =>
    unsignedEvent(pubkey, { created_at: T - index }),
  );
  const request = unsignedEvent(pubkey, { kind: 62, created_at: T, tags: [["relay", "ALL_RELAYS"]] });
  const newer = unsignedEvent(pubkey, { created_at: T + 1 });
  const again = await TestRelay.start({ now: () => NOW, stored: [...notes, request, newer] });
  const reader = await again.connect();
  expect(await reader.stored({ authors: [pubkey], kinds: [1] })).toEqual([newer.event]);
  expect(await reader.stored({ ids: notes.slice(0, 900).map(({ event: { id } }) => id) })).toEqual([]);
  expect(await reader.count("hidden", { authors: [pubkey], kinds: [1] })).toEqual({ count: 1 });
  await again.stop();
});
