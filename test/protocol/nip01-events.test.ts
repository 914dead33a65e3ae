// NIP-01 events: what is stored, what is refused and in which words, replacement, and ephemeral delivery.

import { schnorr } from "@noble/curves/secp256k1.js";
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { eventIdOf } from "../../src/nostr/event-id.ts";
import type { TestClient } from "../support/client.ts";
import { type EventTemplate, type Keypair, newcomers, signed } from "../support/events.ts";
import { TestRelay } from "../support/test-relay.ts";

const NOW = 1_800_000_000;
const someone = newcomers(100);

let relay: TestRelay;
let client: TestClient;
let listener: TestClient;

beforeAll(async () => {
  relay = await TestRelay.start({ now: () => NOW });
  client = await relay.connect();
  listener = await relay.connect();
});

afterAll(() => relay.stopUnwarned());

const event = (key: Keypair, template: EventTemplate = {}): NostrEvent =>
  signed(key, { created_at: NOW, ...template });

/** Signs fields that no honest client would send. */
function forged(key: Keypair, fields: Record<string, unknown>): Record<string, unknown> {
  const unsigned = { pubkey: key.pubkey, created_at: NOW, kind: 1, tags: [], content: "", ...fields };
  const { pubkey, created_at, kind, tags, content } = unsigned;
  const id = Bun.SHA256.hash(JSON.stringify([0, pubkey, created_at, kind, tags, content]), "hex");
  const sig = Buffer.from(schnorr.sign(Uint8Array.fromHex(id), key.secret)).toString("hex");
  return { id, ...unsigned, sig };
}

/** What the relay holds under this id. */
async function stored(id: string): Promise<NostrEvent | undefined> {
  return (await client.stored({ ids: [id] }))[0];
}

async function expectRefused(sent: Record<string, unknown>, message: RegExp): Promise<void> {
  const [accepted, text] = await client.publish(sent);
  expect(accepted).toBe(false);
  expect(text).toMatch(message);
}

test("row 1: a valid event is stored, answered with an empty message, and pushed once to every match", async () => {
  const key = someone();
  listener.send("REQ", "by author", { authors: [key.pubkey] });
  listener.send(
    "REQ",
    "by author and kind",
    { authors: [key.pubkey], kinds: [1] },
    { authors: [key.pubkey] },
  );
  listener.send("REQ", "by kind", { kinds: [1], since: NOW });
  listener.send("REQ", "someone else's", { authors: [someone().pubkey] });
  await listener.settled();
  const note = event(key, { content: "hello" });
  client.send("REQ", "publisher's own", { authors: [key.pubkey], limit: 0 });
  expect(await client.publish(note)).toEqual([true, ""]);
  await listener.settled();
  await client.settled();
  for (const id of ["by author", "by author and kind", "by kind"]) {
    expect(listener.eventsOf(id)).toEqual([note]);
    listener.send("CLOSE", id);
  }
  expect(client.eventsOf("publisher's own")).toEqual([note]);
  expect(listener.eventsOf("someone else's")).toEqual([]);
  expect(await stored(note.id)).toEqual(note);
});

test("row 2: the same event again is a duplicate and nobody is told", async () => {
  const note = event(someone());
  await client.publish(note);
  listener.send("REQ", "dup", { authors: [note.pubkey] });
  await listener.settled();
  const [accepted, message] = await client.publish(note);
  expect(accepted).toBe(true);
  expect(message).toStartWith("duplicate:");
  await listener.settled();
  expect(listener.eventsOf("dup")).toHaveLength(1);
});

test("row 2: copies sent in one breath get one OK each, one of them without `duplicate:`", async () => {
  const note = event(someone());
  const from = client.frames.length;
  for (let copy = 0; copy < 5; copy++) client.send("EVENT", note);
  await client.publish(event(someone()));
  await client.settled();
  const answers = client.frames.slice(from).filter((frame) => frame[0] === "OK" && frame[1] === note.id);
  expect(answers).toHaveLength(5);
  expect(answers.every((answer) => answer[2] === true)).toBe(true);
  expect(answers.filter((answer) => answer[3] === "")).toHaveLength(1);
});

test("row 3: the same id with another valid signature is a duplicate; the first signature stays", async () => {
  const key = someone();
  const first = event(key, { content: "signed twice" });
  const sig = Buffer.from(
    schnorr.sign(Uint8Array.fromHex(first.id), key.secret, new Uint8Array(32).fill(7)),
  ).toString("hex");
  expect(sig).not.toBe(first.sig);
  await client.publish(first);
  const [accepted, message] = await client.publish({ ...first, sig });
  expect([accepted, message.split(":")[0]]).toEqual([true, "duplicate"]);
  expect((await stored(first.id))?.sig).toBe(first.sig);
});

test("row 3: a copy with a wrong signature does not decide over the honest one beside it", async () => {
  const note = event(someone());
  const from = client.frames.length;
  client.send("EVENT", { ...note, sig: "0".repeat(128) });
  client.send("EVENT", note);
  const answers = [await client.verb("OK"), await client.verb("OK")].map((frame) => frame.slice(1, 3));
  expect(answers).toEqual([
    [note.id, false],
    [note.id, true],
  ]);
  expect(client.frames.slice(from).filter((frame) => frame[0] === "OK")).toHaveLength(2);
  expect(await stored(note.id)).toEqual(note);
});

test("row 4: an id that is not the hash is refused under the id that was given", async () => {
  const note = event(someone());
  await expectRefused({ ...note, id: "a".repeat(64) }, /^invalid:/);
  await expectRefused({ ...note, content: "changed" }, /^invalid:/);
  expect(await stored(note.id)).toBeUndefined();
});

test("row 5: one flipped bit in the signature, or a key that is no point of the curve, is refused", async () => {
  const note = event(someone());
  const sig = note.sig.slice(0, -1) + (Number.parseInt(note.sig.at(-1)!, 16) ^ 1).toString(16);
  await expectRefused({ ...note, sig }, /^invalid:.*signature/);
  expect(await stored(note.id)).toBeUndefined();
  const offCurve = forged(someone(), { pubkey: "f".repeat(64) });
  await expectRefused(offCurve, /^invalid:.*signature/);
});

test("row 6: upper-case hex is refused, not normalised", async () => {
  const note = event(someone());
  await expectRefused({ ...note, id: note.id.toUpperCase() }, /^invalid:/);
  await expectRefused({ ...note, sig: note.sig.toUpperCase() }, /^invalid:/);
  await expectRefused({ ...note, pubkey: note.pubkey.toUpperCase() }, /^invalid:/);
  const upper = someone();
  await expectRefused(forged(upper, { pubkey: upper.pubkey.toUpperCase() }), /^invalid:/);
});

test.each([65_536, -1, 1.5, "1", null, undefined])("row 7: kind %p is refused", async (kind) => {
  await expectRefused(forged(someone(), { kind }), /^invalid: kind/);
});

test("row 7: kind 0 and kind 65535 are the ends of the range", async () => {
  for (const kind of [0, 65_535])
    expect(await client.publish(event(someone(), { kind }))).toEqual([true, ""]);
});

test.each([1.5, "1", 2 ** 53 + 2, -1, null])("row 8: created_at %p is refused", async (created_at) => {
  await expectRefused(forged(someone(), { created_at }), /^invalid: created_at/);
});

test("row 8: numbers that JSON cannot hold exactly are refused before they are hashed", async () => {
  const note = event(someone());
  for (const number of ["9007199254740993", "1e400", "-1"]) {
    client.sendRaw(
      JSON.stringify(["EVENT", { ...note, created_at: 0 }]).replace(
        '"created_at":0',
        `"created_at":${number}`,
      ),
    );
    const ok = await client.verb("OK");
    expect(ok.slice(0, 3)).toEqual(["OK", note.id, false]);
    expect(String(ok[3])).toMatch(/^invalid: created_at/);
  }
});

test("row 8: created_at 0 is as good as any", async () => {
  const note = event(someone(), { created_at: 0 });
  expect(await client.publish(note)).toEqual([true, ""]);
  expect(await stored(note.id)).toEqual(note);
});

test.each([[[["t", null]]], [[[]]], [["x"]], ["x"], [[["t", 1]]], [[["t", ["a"]]]], [null], [[null]], [{}]])(
  "row 9: tags %j are refused",
  async (tags) => {
    await expectRefused(forged(someone(), { tags }), /^invalid: tags/);
  },
);

test("row 9: tags of one element are fine", async () => {
  const note = event(someone(), { tags: [["d"], ["t"], [""], ["e"]] });
  expect(await client.publish(note)).toEqual([true, ""]);
  expect(await stored(note.id)).toEqual(note);
});

test.each([
  ["row 10", 'all of \n " \\ \r \t \b \f'],
  ["row 11", "\u2028 \ufdd1 \uffff \u{1f600} / < > & ' \u007f"],
  ["decision (NUL is legal and kept)", "a\u0000b \u000b \u001b"],
])("%s: content %j comes back byte for byte", async (_, content) => {
  const note = event(someone(), {
    content,
    tags: [
      ["t", content],
      ["alt", content],
    ],
  });
  expect(await client.publish(note)).toEqual([true, ""]);
  const back = await stored(note.id);
  expect(back).toEqual(note);
  expect(eventIdOf(back!)).toBe(note.id);
  expect(await client.stored({ "#t": [content], authors: [note.pubkey] })).toEqual([note]);
});

test("row 10: JSON written otherwise than JSON.stringify does is read by its meaning", async () => {
  const note = event(someone(), { content: "A/é", created_at: 1_000_000_000 });
  const { id, pubkey, sig } = note;
  client.sendRaw(
    ` [ "EVENT" , {"sig":"${sig}","content":"\\u0041\\/\\u00e9","tags":[],"kind":1.0,"created_at":1e9,"pubkey":"${pubkey}","id":"${id}"} , "surplus" ] `,
  );
  expect(await client.verb("OK")).toEqual(["OK", id, true, ""]);
  expect(await stored(id)).toEqual(note);
});

test("row 12: a raw line feed inside a JSON string is no JSON", async () => {
  const text = JSON.stringify(["EVENT", event(someone(), { content: "a b" })]).replace("a b", "a\nb");
  client.sendRaw(text);
  expect(String((await client.verb("NOTICE", "OK"))[1])).toStartWith("invalid:");
});

test.each([
  { content: "\ud800" },
  { content: "a\udc00b" },
  { tags: [["t", "\ud83d"]] },
  { tags: [["\udfff", "x"]] },
])("row 13: a lone surrogate in %j is refused", async (fields) => {
  await expectRefused(forged(someone(), fields), /^invalid:/);
});

test("row 14: an event without an id that could be echoed gets a NOTICE", async () => {
  const { id: _, ...rest } = event(someone());
  for (const sent of [
    rest,
    { ...rest, id: 5 },
    { ...rest, id: null },
    null,
    "x",
    [],
    undefined,
    { ...rest, id: "x".repeat(1000) },
  ]) {
    client.send("EVENT", sent);
    expect(String((await client.verb("NOTICE", "OK"))[1])).toStartWith("invalid:");
  }
});

test("row 18: created_at beyond the upper limit is refused, up to it accepted", async () => {
  const limit = relay.config.limits.created_at_upper_limit;
  await expectRefused({ ...event(someone(), { created_at: NOW + limit + 60 }) }, /^invalid: created_at/);
  expect(await client.publish(event(someone(), { created_at: NOW + limit }))).toEqual([true, ""]);
});

test("row 19: a newer version of a replaceable event takes the older one's place", async () => {
  const key = someone();
  const [v1, v2] = [event(key, { kind: 0, created_at: NOW - 10 }), event(key, { kind: 0, created_at: NOW })];
  await client.publish(v1);
  expect(await client.publish(v2)).toEqual([true, ""]);
  expect(await client.stored({ kinds: [0], authors: [key.pubkey] })).toEqual([v2]);
  expect(await client.count("meta", { kinds: [0], authors: [key.pubkey] })).toEqual({ count: 1 });
  expect(await stored(v1.id)).toBeUndefined();
});

test("row 20: an older version arriving late is refused, not stored and not pushed", async () => {
  const key = someone();
  const [v1, v2] = [event(key, { kind: 0, created_at: NOW - 10 }), event(key, { kind: 0, created_at: NOW })];
  await client.publish(v2);
  listener.send("REQ", "late", { authors: [key.pubkey] });
  await listener.settled();
  await expectRefused({ ...v1 }, /^duplicate: a newer version/);
  await listener.settled();
  expect(listener.eventsOf("late")).toEqual([v2]);
  expect(await stored(v1.id)).toBeUndefined();
});

test.each([10_002, 0, 3, 30_023])(
  "row 21: of two kind %d of one second the lower id wins, in both orders",
  async (kind) => {
    for (const order of ["lower last", "lower first"]) {
      const key = someone();
      const pair = ["a", "b"].map((content) => event(key, { kind, content, tags: [["d", "x"]] }));
      pair.sort((a, b) => (a.id < b.id ? -1 : 1));
      const [lower, higher] = pair as [NostrEvent, NostrEvent];
      if (order === "lower last") {
        await client.publish(higher);
        expect(await client.publish(lower)).toEqual([true, ""]);
      } else {
        await client.publish(lower);
        await expectRefused({ ...higher }, /^duplicate:/);
      }
      expect(await client.stored({ kinds: [kind], authors: [key.pubkey] })).toEqual([lower]);
    }
  },
);

test("row 21: versions sent in one breath leave only the winner", async () => {
  const key = someone();
  const versions = Array.from({ length: 20 }, (_, index) =>
    event(key, { kind: 10_000, created_at: NOW - ((index * 7) % 20) }),
  );
  for (const version of versions) client.send("EVENT", version);
  for (let answers = 0; answers < versions.length; answers++) await client.verb("OK");
  expect(await client.stored({ authors: [key.pubkey] })).toEqual([versions[0]!]);
});

test('row 22: no `d`, `["d"]` and `["d",""]` are one address', async () => {
  const key = someone();
  const shapes = [
    [],
    [["d"]],
    [["d", ""]],
    [
      ["d", "", "ignored"],
      ["d", "also ignored"],
    ],
    [["e"], ["t", "x"]],
  ];
  for (const [index, tags] of shapes.entries()) {
    const version = event(key, { kind: 30_023, tags, created_at: NOW - 100 + index });
    expect(await client.publish(version)).toEqual([true, ""]);
    expect(await client.stored({ kinds: [30_023], authors: [key.pubkey] })).toEqual([version]);
  }
});

test("row 23: another `d`, byte for byte, is another address", async () => {
  const key = someone();
  const names = ["a", "A", "a ", "a:b", "á", "a\u0301", "a/b", "\u{1f600}", "a\u0000"];
  for (const name of names) await client.publish(event(key, { kind: 30_023, tags: [["d", name]] }));
  const events = await client.stored({ kinds: [30_023], authors: [key.pubkey] });
  expect(events.map((one) => one.tags[0]![1]).sort()).toEqual(names.sort());
});

test("row 24: an ephemeral event reaches listeners and is never stored", async () => {
  const key = someone();
  listener.send("REQ", "by author", { authors: [key.pubkey] });
  listener.send("REQ", "by kind", { kinds: [20_001] });
  await listener.settled();
  const typing = event(key, { kind: 20_001 });
  expect(await client.publish(typing)).toEqual([true, ""]);
  await listener.settled();
  expect(listener.eventsOf("by author")).toEqual([typing]);
  expect(listener.eventsOf("by kind")).toEqual([typing]);
  expect(await client.stored({ kinds: [20_001] })).toEqual([]);
  expect(await client.stored({ ids: [typing.id] })).toEqual([]);
  for (const id of ["by author", "by kind"]) listener.send("CLOSE", id);
  client.send("CLOSE", "later");
  await listener.settled();
  await client.settled();
});

test("decision: an ephemeral event sent twice within a short while is delivered once", async () => {
  listener.send("REQ", "typing", { kinds: [20_002] });
  await listener.settled();
  const typing = event(someone(), { kind: 20_002 });
  expect(await client.publish(typing)).toEqual([true, ""]);
  const [accepted, message] = await client.publish(typing);
  expect([accepted, message.split(":")[0]]).toEqual([true, "duplicate"]);
  await listener.settled();
  expect(listener.eventsOf("typing")).toEqual([typing]);
});

test("row 25: an ephemeral event that nobody hears is answered `mute:`", async () => {
  const typing = event(someone(), { kind: 20_003 });
  await expectRefused({ ...typing }, /^mute:/);
  listener.send("REQ", "late listener", { kinds: [20_003] });
  await listener.settled();
  expect(await client.publish(typing)).toEqual([true, ""]);
});

test("row 25: with policy.mute_ephemeral off it is answered OK true", async () => {
  const patient = await TestRelay.start({ now: () => NOW, config: { policy: { mute_ephemeral: false } } });
  const sender = await patient.connect();
  expect(await sender.publish(event(someone(), { kind: 20_003 }))).toEqual([true, ""]);
  await patient.stop();
});

test("row 26: kind 22242 is never published, stored or delivered", async () => {
  const key = someone();
  listener.send("REQ", "auth events", { kinds: [22_242] });
  listener.send("REQ", "auth by author", { authors: [key.pubkey] });
  await listener.settled();
  const proof = event(key, {
    kind: 22_242,
    tags: [
      ["challenge", await client.challenge()],
      ["relay", "wss://relay.example"],
    ],
  });
  await expectRefused({ ...proof }, /^invalid:/);
  expect(await client.sendAuth(proof)).toEqual([true, ""]);
  await listener.settled();
  expect(listener.eventsOf("auth events")).toEqual([]);
  expect(listener.eventsOf("auth by author")).toEqual([]);
  expect(await stored(proof.id)).toBeUndefined();
});

test("decision: a malformed value in an `e` or `p` tag does not make an event invalid, and no filter can name it", async () => {
  const note = event(someone(), {
    tags: [
      ["e", "not hex"],
      ["p", "ABCD"],
      ["p", ""],
    ],
  });
  expect(await client.publish(note)).toEqual([true, ""]);
  expect(await stored(note.id)).toEqual(note);
  for (const filter of [{ "#e": ["not hex"] }, { "#p": ["ABCD"] }, { "#p": [""] }]) {
    expect(String((await client.request("malformed", filter)).end[2])).toStartWith("invalid:");
  }
});

test("decision: keys beyond the seven are dropped and cannot replace one of them", async () => {
  const note = event(someone(), { content: "seven keys" });
  client.sendRaw(
    JSON.stringify(["EVENT", { relays: ["x"], ...note, seen: 1 }]).replace(
      '"seen":1',
      '"__proto__":{"kind":5},"ots":null',
    ),
  );
  expect(await client.verb("OK")).toEqual(["OK", note.id, true, ""]);
  const back = await stored(note.id);
  expect(Object.keys(back!).sort()).toEqual(["content", "created_at", "id", "kind", "pubkey", "sig", "tags"]);
  expect(back).toEqual(note);
});

test("decision: kinds that NIP-01 leaves unclassified are regular", async () => {
  const key = someone();
  for (const kind of [45, 64, 999, 40_000, 45_003, 65_535]) {
    for (const content of ["one", "two"])
      await client.publish(event(key, { kind, content, tags: [["d", "same"]] }));
    expect(await client.count("regular", { kinds: [kind], authors: [key.pubkey] })).toEqual({ count: 2 });
  }
});
