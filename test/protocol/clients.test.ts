// The clients that the field uses, against this relay: nostr-tools and NDK.

import NDK, { NDKEvent, type NDKFilter, NDKPrivateKeySigner, NDKRelayAuthPolicies } from "@nostr-dev-kit/ndk";
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { EventTemplate, NostrEvent } from "nostr-tools/core";
import { SimplePool } from "nostr-tools/pool";
import { finalizeEvent } from "nostr-tools/pure";
import { Relay } from "nostr-tools/relay";
import { type Keypair, newcomers } from "../support/events.ts";
import { TestRelay } from "../support/test-relay.ts";
const someone = newcomers(2000);

let relay: TestRelay;

beforeAll(async () => {
  relay = await TestRelay.start({ knowsItsAddress: true });
});

afterAll(() => relay.stopUnwarned());

const now = (): number => Math.floor(Date.now() / 1000);
const sign = (key: Keypair, template: Partial<EventTemplate> = {}): NostrEvent =>
  plain(finalizeEvent({ kind: 1, created_at: now(), tags: [], content: "", ...template }, key.secret));

/** Without the mark that a client library leaves on what it has verified. */
const plain = (event: NostrEvent): NostrEvent => JSON.parse(JSON.stringify(event)) as NostrEvent;

async function eventually<T>(ask: () => T | undefined | false, what: string): Promise<T> {
  for (const patienceEnds = Date.now() + 8000; Date.now() < patienceEnds; await Bun.sleep(5)) {
    const answer = ask();
    if (answer !== undefined && answer !== false) return answer;
  }
  throw new Error(`waited in vain for ${what}`);
}

test("nostr-tools Relay: publish, stored and live events, EOSE, count", async () => {
  const client = await Relay.connect(relay.url);
  const key = someone();
  const first = sign(key, { content: "first" });
  expect(await client.publish(first)).toBe("");
  expect(await client.publish(first)).toStartWith("duplicate:");
  const seen: string[] = [];
  let eosed = false;
  const subscription = client.subscribe([{ authors: [key.pubkey] }], {
    onevent: (event) => void seen.push(event.content),
    oneose: () => (eosed = true),
  });
  await eventually(() => eosed, "EOSE");
  await client.publish(sign(key, { content: "second" }));
  await eventually(() => seen.length === 2, "the live event");
  expect(seen).toEqual(["first", "second"]);
  subscription.close();
  expect(await client.count([{ authors: [key.pubkey] }], {})).toBe(2);
  const target = "a".repeat(64);
  await client.publish(sign(key, { kind: 7, tags: [["e", target]], content: "+" }));
  const counted = await client.countWithHLL([{ kinds: [7], "#e": [target] }], {});
  expect(counted).toEqual({ count: 1, hll: expect.stringMatching(/^[0-9a-f]{512}$/) });
  client.close();
});

test("nostr-tools Relay: refusals reach the caller with their reason", async () => {
  const client = await Relay.connect(relay.url);
  const bad = { ...sign(someone()), content: "changed" };
  await expect(client.publish(bad)).rejects.toThrow(/^invalid:/);
  const reasons: string[] = [];
  client.subscribe([{ kinds: [1059] }], { onclose: (reason) => void reasons.push(reason) });
  await eventually(() => reasons.length > 0, "CLOSED");
  expect(reasons[0]).toStartWith("auth-required:");
  client.close();
});

test("nostr-tools Relay: auth opens what is private, and protected events", async () => {
  const [alice, bob] = [someone(), someone()];
  const client = await Relay.connect(relay.url);
  const wrap = sign(someone(), { kind: 1059, tags: [["p", bob.pubkey]] });
  await client.publish(wrap);
  const guarded = sign(alice, { tags: [["-"]] });
  await expect(client.publish(guarded)).rejects.toThrow(/^auth-required:/);
  await client.auth(async (template) => finalizeEvent(template, bob.secret));
  const seen: NostrEvent[] = [];
  await new Promise<void>((resolve) => {
    client.subscribe([{ kinds: [1059], "#p": [bob.pubkey] }], {
      onevent: (event) => void seen.push(plain(event)),
      oneose: resolve,
    });
  });
  expect(seen).toEqual([wrap]);
  await expect(client.publish(guarded)).rejects.toThrow(/^restricted:/);
  client.close();
});

test("nostr-tools SimplePool: publish, query, get, live, delete, automatic auth", async () => {
  const key = someone();
  const pool = new SimplePool({
    automaticallyAuth: () => async (template: EventTemplate) => finalizeEvent(template, key.secret),
  } as never);
  const urls = [relay.url];
  const notes = Array.from({ length: 5 }, (_, age) =>
    sign(key, { created_at: now() - age, content: `note ${age}` }),
  );
  for (const note of notes) await Promise.all(pool.publish(urls, note));
  const found = await pool.querySync(urls, { authors: [key.pubkey], kinds: [1], limit: 3 });
  expect(found.map(plain)).toEqual(notes.slice(0, 3));
  expect(plain((await pool.get(urls, { ids: [notes[4]!.id] }))!)).toEqual(notes[4]!);
  const live: string[] = [];
  const subscription = pool.subscribeMany(
    urls,
    { kinds: [1], authors: [key.pubkey], since: now() + 1 },
    {
      onevent: (event) => void live.push(event.content),
    },
  );
  await Promise.all(pool.publish(urls, sign(key, { kind: 5, tags: [["e", notes[0]!.id]] })));
  expect(await pool.get(urls, { ids: [notes[0]!.id] })).toBeNull();
  await Promise.all(pool.publish(urls, sign(key, { content: "live", created_at: now() + 2 })));
  await eventually(() => live.length === 1, "the live event");
  expect(live).toEqual(["live"]);
  subscription.close();
  await Promise.all(pool.publish(urls, sign(key, { tags: [["-"]], content: "guarded" })));
  expect(await pool.querySync(urls, { authors: [key.pubkey] })).toHaveLength(7);
  pool.destroy();
});

async function ndk(key: Keypair): Promise<NDK> {
  const client = new NDK({
    explicitRelayUrls: [relay.url],
    signer: new NDKPrivateKeySigner(Buffer.from(key.secret).toString("hex")),
    enableOutboxModel: false,
  });
  client.relayAuthDefaultPolicy = NDKRelayAuthPolicies.signIn({ ndk: client });
  await client.connect(5000);
  await eventually(() => client.pool.connectedRelays().length === 1, "NDK's connection");
  return client;
}

test("NDK: publish, fetch, live events, replacement and deletion", async () => {
  const key = someone();
  const client = await ndk(key);
  const heard: string[] = [];
  const subscription = client.subscribe(
    { authors: [key.pubkey], kinds: [1 as never] },
    { closeOnEose: false },
  );
  subscription.on("event", (event: NDKEvent) => void heard.push(event.content));
  await new Promise<void>((resolve) => void subscription.on("eose", () => resolve()));

  const note = new NDKEvent(client, {
    kind: 1,
    content: "from NDK",
    tags: [],
    created_at: now(),
    pubkey: key.pubkey,
  });
  expect((await note.publish()).size).toBe(1);
  await eventually(() => heard.includes("from NDK"), "the live event");
  const fetched = await client.fetchEvent({ ids: [note.id] });
  expect(fetched?.content).toBe("from NDK");

  for (const [age, name] of [
    [10, "old"],
    [0, "new"],
  ] as const) {
    const profile = new NDKEvent(client, {
      kind: 0,
      content: JSON.stringify({ name }),
      tags: [],
      created_at: now() - age,
      pubkey: key.pubkey,
    });
    await profile.publish();
  }
  const profiles = await client.fetchEvents({ kinds: [0], authors: [key.pubkey] } as NDKFilter);
  expect([...profiles].map(({ content }) => content)).toEqual(['{"name":"new"}']);

  await note.delete("a mistake");
  const check = await relay.connect();
  expect(await check.stored({ ids: [note.id] })).toEqual([]);
  subscription.stop();
  for (const one of client.pool.relays.values()) one.disconnect();
});

test("NDK: authenticates when asked, and reads what is private to its key", async () => {
  const key = someone();
  const sender = await relay.connect();
  const message = sign(someone(), { kind: 4, tags: [["p", key.pubkey]], content: "secret" });
  await sender.publish(message);
  const client = await ndk(key);
  const found = await eventuallyAsync(
    async () => {
      const events = await client.fetchEvents({ kinds: [4], "#p": [key.pubkey] } as NDKFilter);
      return [...events].map(({ content }) => content);
    },
    (contents) => contents.length === 1,
  );
  expect(found).toEqual(["secret"]);
  for (const one of client.pool.relays.values()) one.disconnect();
});

async function eventuallyAsync<T>(ask: () => Promise<T>, isEnough: (answer: T) => boolean): Promise<T> {
  const patienceEnds = Date.now() + 8000;
  for (;;) {
    const answer = await ask();
    if (isEnough(answer) || Date.now() > patienceEnds) return answer;
    await Bun.sleep(20);
  }
}
