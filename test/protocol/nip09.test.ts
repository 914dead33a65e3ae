// NIP-09 deletion requests: what they reach, what they never may, and that they work for ever.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { NostrEvent } from "../../src/nostr/event.ts";
import type { TestClient } from "../support/client.ts";
import { type EventTemplate, type Keypair, keypair, newcomers, signed } from "../support/events.ts";
import { RELAY_URL, TestRelay } from "../support/test-relay.ts";

const NOW = 1_800_000_000;
const someone = newcomers(400);

let relay: TestRelay;
let client: TestClient;

beforeAll(async () => {
  relay = await TestRelay.start({ now: () => NOW });
  client = await relay.connect();
});

afterAll(() => relay.stopUnwarned());

const event = (key: Keypair, template: EventTemplate = {}): NostrEvent =>
  signed(key, { created_at: NOW - 100, ...template });
const deletion = (key: Keypair, tags: readonly string[][], created_at = NOW): NostrEvent =>
  signed(key, { kind: 5, tags, created_at });

async function publish(...events: NostrEvent[]): Promise<void> {
  for (const one of events) expect(await client.publish(one)).toEqual([true, ""]);
}

async function expectBlocked(one: NostrEvent): Promise<void> {
  const [accepted, message] = await client.publish(one);
  expect([accepted, message.split(":")[0]]).toEqual([false, "blocked"]);
  expect(await client.stored({ ids: [one.id] })).toEqual([]);
}

async function isServed(one: NostrEvent): Promise<boolean> {
  const byId = await client.stored({ ids: [one.id] });
  const byAuthor = await client.stored({ authors: [one.pubkey], kinds: [one.kind] });
  const count = await client.count("served", { ids: [one.id] });
  const served = byId.length === 1;
  expect(byAuthor.some(({ id }) => id === one.id)).toBe(served);
  expect(count).toEqual({ count: served ? 1 : 0 });
  return served;
}

test("row 48: a request deletes the signer's own event by id and is itself pushed and served", async () => {
  const key = someone();
  const [target, other] = [event(key, { content: "target" }), event(key, { content: "other" })];
  await publish(target, other);
  const listener = await relay.connect();
  listener.send("REQ", "deletions", { kinds: [5], authors: [key.pubkey] });
  await listener.settled();
  const request = deletion(key, [
    ["e", target.id],
    ["k", "1"],
  ]);
  await publish(request);
  await listener.settled();
  expect(listener.eventsOf("deletions")).toEqual([request]);
  expect(await isServed(target)).toBe(false);
  expect(await isServed(other)).toBe(true);
  expect(await isServed(request)).toBe(true);
  expect(await client.stored({ "#e": [target.id] })).toEqual([request]);
});

test("row 48: an id has no bound in time: also an event newer than the request goes", async () => {
  const key = someone();
  const target = event(key, { created_at: NOW });
  await publish(target, deletion(key, [["e", target.id]], NOW - 50));
  expect(await isServed(target)).toBe(false);
});

test("row 49: somebody else's event stays, while the signer's own in the same request goes", async () => {
  const [a, b] = [someone(), someone()];
  const [mine, theirs] = [event(a), event(b)];
  await publish(mine, theirs);
  const request = deletion(a, [
    ["e", theirs.id],
    ["e", mine.id],
    ["e", "not an id"],
  ]);
  await publish(request);
  expect(await isServed(theirs)).toBe(true);
  expect(await isServed(mine)).toBe(false);
  expect(await isServed(request)).toBe(true);
});

test("row 50: a deleted event is refused when it is sent again", async () => {
  const key = someone();
  const target = event(key);
  await publish(target, deletion(key, [["e", target.id]]));
  await expectBlocked(target);
  await expectBlocked(target);
});

test("row 50: a request works before its target arrives", async () => {
  const key = someone();
  const target = event(key);
  await publish(deletion(key, [["e", target.id]]));
  await expectBlocked(target);
});

test("row 51: nobody can delete ahead what is not theirs", async () => {
  const [a, b] = [someone(), someone()];
  const unseen = event(a);
  await publish(
    deletion(b, [
      ["e", unseen.id],
      ["a", `30023:${a.pubkey}:x`],
    ]),
  );
  const article = event(a, { kind: 30_023, tags: [["d", "x"]] });
  await publish(unseen, article);
  expect(await isServed(unseen)).toBe(true);
  expect(await isServed(article)).toBe(true);
});

test("row 51: a stranger's request and the author's own count each for itself", async () => {
  const [a, b] = [someone(), someone()];
  const unseen = event(a);
  await publish(deletion(b, [["e", unseen.id]]), deletion(a, [["e", unseen.id]]));
  await expectBlocked(unseen);
});

test("row 52: an address is deleted up to and including the second of the request", async () => {
  const key = someone();
  const article = (created_at: number): NostrEvent =>
    event(key, { kind: 30_023, tags: [["d", "x"]], created_at });
  const address = `30023:${key.pubkey}:x`;
  const [before, at, after] = [article(NOW - 11), article(NOW - 10), article(NOW - 9)];
  await publish(before, deletion(key, [["a", address]], NOW - 10));
  expect(await isServed(before)).toBe(false);
  await expectBlocked(before);
  await expectBlocked(at);
  await publish(after);
  expect(await isServed(after)).toBe(true);
  await publish(deletion(key, [["a", address]], NOW - 9));
  expect(await isServed(after)).toBe(false);
});

test("row 52: a version that is newer than the request stays", async () => {
  const key = someone();
  const article = event(key, { kind: 30_023, tags: [["d", "x"]], created_at: NOW });
  await publish(article, deletion(key, [["a", `30023:${key.pubkey}:x`]], NOW - 1));
  expect(await isServed(article)).toBe(true);
});

test("row 53: an identifier may hold colons, and only that address goes", async () => {
  const key = someone();
  const names = ["x:y", "x", "y", ":", "x:y:z"];
  const articles = names.map((name) => event(key, { kind: 30_023, tags: [["d", name]] }));
  await publish(
    ...articles,
    deletion(key, [
      ["a", `30023:${key.pubkey}:x:y`],
      ["a", `30023:${key.pubkey}::`],
    ]),
  );
  const left = await client.stored({ kinds: [30_023], authors: [key.pubkey] });
  expect(left.map((one) => one.tags[0]![1]!).sort()).toEqual(["x", "x:y:z", "y"]);
});

test.each(["10002:", "10002", "0:", "3:"])(
  "row 54: the address %p with the key deletes a replaceable event",
  async (text) => {
    const key = someone();
    const [kind = ""] = text.split(":");
    const list = event(key, { kind: Number(kind) });
    await publish(list, deletion(key, [["a", `${kind}:${key.pubkey}${text.endsWith(":") ? ":" : ""}`]]));
    expect(await isServed(list)).toBe(false);
    await expectBlocked(list);
    await publish(event(key, { kind: Number(kind), created_at: NOW + 1 }));
  },
);

test("row 55: an address that names another key is nobody's to delete, but its owner's", async () => {
  const [a, b] = [someone(), someone()];
  const theirs = event(b, { kind: 30_023, tags: [["d", "x"]] });
  await publish(theirs, deletion(a, [["a", `30023:${b.pubkey}:x`]]));
  expect(await isServed(theirs)).toBe(true);
});

test("row 56: deletion requests and requests to vanish cannot be deleted", async () => {
  const key = someone();
  const target = event(key);
  const request = deletion(key, [["e", target.id]], NOW - 10);
  const vanish = event(key, {
    kind: 62,
    tags: [
      ["relay", "wss://elsewhere.example"],
      ["relay", "ALL_RELAYS_NOT"],
    ],
  });
  await publish(
    target,
    request,
    vanish,
    deletion(key, [
      ["e", request.id],
      ["e", vanish.id],
    ]),
  );
  expect(await isServed(request)).toBe(true);
  await expectBlocked(target);
  const [accepted, message] = await client.publish(vanish);
  expect([accepted, message.split(":")[0]]).toEqual([true, "duplicate"]);
});

test.each([[[]], [[["k", "1"]]], [[["e"]]], [[["p", "f".repeat(64)]]]])(
  "row 57: a request with the tags %j names nothing and is refused",
  async (tags) => {
    const key = someone();
    const note = event(key);
    await publish(note);
    const [accepted, message] = await client.publish(deletion(key, tags));
    expect([accepted, message.split(":")[0]]).toEqual([false, "invalid"]);
    expect(await isServed(note)).toBe(true);
  },
);

test("row 57: a request that names only malformed targets deletes nothing", async () => {
  const key = someone();
  const note = event(key);
  await publish(
    note,
    deletion(key, [
      ["e", ""],
      ["a", ""],
      ["a", `1:${key.pubkey}:`],
      ["a", `65536:${key.pubkey}:`],
    ]),
  );
  expect(await isServed(note)).toBe(true);
});

test("row 58: when the newest version is deleted by id, no older one comes back and none is accepted", async () => {
  const key = someone();
  for (const kind of [0, 30_023]) {
    const [v1, v2, v3] = [NOW - 30, NOW - 20, NOW - 10].map((created_at) =>
      event(key, { kind, created_at }),
    ) as [NostrEvent, NostrEvent, NostrEvent];
    await publish(v1, v2, deletion(key, [["e", v2.id]]));
    expect(await client.stored({ kinds: [kind], authors: [key.pubkey] })).toEqual([]);
    for (const old of [v1, v2]) expect((await client.publish(old))[0]).toBe(false);
    expect(await client.stored({ kinds: [kind], authors: [key.pubkey] })).toEqual([]);
    await publish(v3);
    expect(await isServed(v3)).toBe(true);
  }
});

test("a deleted event is not pushed when it is sent again", async () => {
  const key = someone();
  const target = event(key);
  await publish(target, deletion(key, [["e", target.id]]));
  const listener = await relay.connect();
  listener.send("REQ", "ghost", { authors: [key.pubkey], kinds: [1] });
  await client.publish(target);
  await listener.settled();
  expect(listener.eventsOf("ghost")).toEqual([]);
});

test("a request for a thousand events reaches every one of them", async () => {
  const key = someone();
  const targets = Array.from({ length: 60 }, (_, index) => event(key, { content: String(index) }));
  await publish(...targets.slice(0, 50));
  const filler = Array.from({ length: 940 }, (_, index) => ["e", Bun.SHA256.hash(String(index), "hex")]);
  await publish(deletion(key, [...targets.map(({ id }) => ["e", id]), ...filler]));
  expect(await client.stored({ authors: [key.pubkey], kinds: [1] })).toEqual([]);
  await expectBlocked(targets[55]!);
});

test("rows 50, 52, 58: what was deleted stays deleted after a restart", async () => {
  const first = await TestRelay.start({ now: () => NOW });
  const key = keypair(499);
  const [note, unseen] = [event(key), event(key, { content: "unseen" })];
  const list = event(key, { kind: 10_002 });
  const vanish = signed(keypair(498), { kind: 62, created_at: NOW, tags: [["relay", RELAY_URL]] });
  const writer = await first.connect();
  for (const one of [note, list, vanish]) await writer.publish(one);
  await writer.publish(
    deletion(key, [
      ["e", note.id],
      ["e", unseen.id],
      ["a", `10002:${key.pubkey}:`],
    ]),
  );
  await first.halt();
  const second = await TestRelay.start({ now: () => NOW }, first.folder);
  const again = await second.connect();
  for (const one of [note, unseen, list, event(keypair(498))]) {
    const [accepted, message] = await again.publish(one);
    expect([accepted, message.split(":")[0]]).toEqual([false, "blocked"]);
  }
  expect(await again.stored({ authors: [key.pubkey] })).toHaveLength(1);
  await second.stop();
});
