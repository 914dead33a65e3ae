// NIP-11: every number the document shows is the number that is enforced, found by pushing the relay one over it.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TestClient } from "../support/client.ts";
import { type EventTemplate, keypair, newcomers, signed } from "../support/events.ts";
import { RELAY_URL, TestRelay } from "../support/test-relay.ts";

const NOW = 1_800_000_000;

interface Limitation {
  readonly max_message_length: number;
  readonly max_subscriptions: number;
  readonly max_limit: number;
  readonly max_subid_length: number;
  readonly max_event_tags: number;
  readonly max_content_length: number;
  readonly min_pow_difficulty: number;
  readonly created_at_lower_limit: number;
  readonly created_at_upper_limit: number;
  readonly default_limit: number;
  readonly auth_required: boolean;
  readonly restricted_writes: boolean;
}

const someone = newcomers(1500);

let relay: TestRelay;
let client: TestClient;
let shown: Limitation;

async function informationOf(one: TestRelay): Promise<{ limitation: Limitation; supported_nips: number[] }> {
  const answer = await fetch(one.httpUrl, { headers: { accept: "application/nostr+json" } });
  return answer.json() as never;
}

beforeAll(async () => {
  relay = await TestRelay.start({
    now: () => NOW,
    config: {
      limits: {
        max_message_length: 5000,
        max_subscriptions: 7,
        max_limit: 12,
        default_limit: 9,
        max_subid_length: 31,
        max_event_tags: 13,
        max_content_length: 501,
        created_at_lower_limit: 1234,
        created_at_upper_limit: 321,
      },
    },
  });
  client = await relay.connect();
  shown = (await informationOf(relay)).limitation;
});

afterAll(() => relay.stopUnwarned());

const event = (template: EventTemplate = {}) => signed(someone(), { created_at: NOW, ...template });
const accepts = async (template: EventTemplate): Promise<boolean> =>
  (await client.publish(event(template)))[0];

test("max_message_length", async () => {
  const frame = JSON.stringify(["EVENT", event()]);
  client.sendRaw(frame + " ".repeat(shown.max_message_length - frame.length));
  expect((await client.verb("OK", "NOTICE"))[2]).toBe(true);
  client.sendRaw(frame + " ".repeat(shown.max_message_length - frame.length + 1));
  expect(String((await client.verb("OK", "NOTICE"))[1])).toContain(String(shown.max_message_length));
});

test("max_subscriptions", async () => {
  const greedy = await relay.connect();
  for (let index = 0; index < shown.max_subscriptions; index++)
    expect((await greedy.request(String(index), { limit: 0 })).end[0]).toBe("EOSE");
  expect((await greedy.request("one more", { limit: 0 })).end[0]).toBe("CLOSED");
});

test("max_limit and default_limit", async () => {
  const key = someone();
  for (let age = 0; age <= shown.max_limit; age++)
    expect(await client.publish(signed(key, { created_at: NOW - age }))).toEqual([true, ""]);
  const authors = [key.pubkey];
  expect(await client.stored({ authors, limit: shown.max_limit })).toHaveLength(shown.max_limit);
  expect(await client.stored({ authors, limit: shown.max_limit + 1 })).toHaveLength(shown.max_limit);
  expect(await client.stored({ authors })).toHaveLength(shown.default_limit);
});

test("max_subid_length", async () => {
  expect((await client.request("x".repeat(shown.max_subid_length), { limit: 0 })).end[0]).toBe("EOSE");
  client.send("CLOSE", "x".repeat(shown.max_subid_length));
  expect((await client.request("x".repeat(shown.max_subid_length + 1), { limit: 0 })).end[0]).toBe("CLOSED");
});

test("max_event_tags", async () => {
  const tags = Array.from({ length: shown.max_event_tags + 1 }, (_, index) => ["t", String(index)]);
  expect(await accepts({ tags: tags.slice(1) })).toBe(true);
  expect(await accepts({ tags })).toBe(false);
});

test.each(["x", "é", "\u{1f600}"])("max_content_length counts characters, here %p", async (letter) => {
  expect(await accepts({ content: letter.repeat(shown.max_content_length) })).toBe(true);
  expect(await accepts({ content: letter.repeat(shown.max_content_length + 1) })).toBe(false);
});

test("created_at_lower_limit and created_at_upper_limit", async () => {
  expect(await accepts({ created_at: NOW - shown.created_at_lower_limit })).toBe(true);
  expect(await accepts({ created_at: NOW - shown.created_at_lower_limit - 1 })).toBe(false);
  expect(await accepts({ created_at: NOW + shown.created_at_upper_limit })).toBe(true);
  expect(await accepts({ created_at: NOW + shown.created_at_upper_limit + 1 })).toBe(false);
});

test("min_pow_difficulty, auth_required and restricted_writes are off by default, and follow the settings", async () => {
  expect(shown).toMatchObject({ min_pow_difficulty: 0, auth_required: false, restricted_writes: false });
  expect(await accepts({})).toBe(true);
  const member = someone();
  const strict = await TestRelay.start({
    now: () => NOW,
    config: {
      limits: { min_pow_difficulty: 30 },
      policy: { allowed_pubkeys: [member.pubkey] },
      auth: { required: true },
    },
  });
  const { limitation } = await informationOf(strict);
  expect(limitation).toMatchObject({ min_pow_difficulty: 30, auth_required: true, restricted_writes: true });
  const writer = await strict.connect();
  const messages = [(await writer.publish(event()))[1]];
  await writer.authenticate(member, RELAY_URL, NOW);
  messages.push(
    (await writer.publish(event()))[1],
    (await writer.publish(signed(member, { created_at: NOW })))[1],
  );
  expect(messages.map((message) => message.split(":")[0])).toEqual(["auth-required", "restricted", "pow"]);
  await strict.stop();
});

test("supported_nips lists what the relay does, as ascending integers, and nothing that is switched off", async () => {
  const { supported_nips } = await informationOf(relay);
  expect(supported_nips).toEqual([...supported_nips].sort((a, b) => a - b));
  expect(supported_nips).toEqual(expect.arrayContaining([1, 9, 11, 13, 40, 42, 45, 59, 62, 67, 70]));
  // NIP-77 and NIP-50 are listed exactly where they are answered.
  client.send("NEG-OPEN", "neg", {}, "6100000200");
  const negentropy = (await client.verb("NEG-MSG", "NEG-ERR"))[0] === "NEG-MSG";
  expect(supported_nips.includes(77)).toBe(negentropy);
  const search = (await client.request("search", { search: "x", limit: 1 })).end[0] === "EOSE";
  expect(supported_nips.includes(50)).toBe(search);
});

test("rates: events and requests of one address are bounded where the operator says so", async () => {
  const slow = await TestRelay.start({
    config: { limits: { events_per_second_per_ip: 1, requests_per_second_per_ip: 1 } },
  });
  const hasty = await slow.connect();
  const answers: string[] = [];
  for (let index = 0; index < 14; index++)
    answers.push((await hasty.publish(signed(keypair(1599), { content: String(index) })))[1]);
  expect(answers.filter((message) => message === "").length).toBeGreaterThanOrEqual(10);
  expect(answers.at(-1)).toStartWith("rate-limited:");
  const ends: unknown[] = [];
  for (let index = 0; index < 14; index++) ends.push((await hasty.request("r", { limit: 0 })).end);
  expect(ends.at(-1)).toEqual(["CLOSED", "r", expect.stringMatching(/^rate-limited:/)]);
  await slow.stop();
});

test("verify_queue and write_queue: what waits is bounded; every event gets its one OK, true or rate-limited", async () => {
  const narrow = await TestRelay.start({ config: { limits: { verify_queue: 8, write_queue: 4 } } });
  const flooder = await narrow.connect();
  const flood = Array.from({ length: 300 }, (_, index) => signed(keypair(1597), { content: String(index) }));
  for (const one of flood) flooder.send("EVENT", one);
  const answers = new Map<unknown, unknown>();
  while (answers.size < flood.length) {
    const [, id, accepted, message] = await flooder.verb("OK");
    expect(answers.has(id)).toBe(false);
    answers.set(id, accepted === true ? "stored" : String(message).split(":")[0]);
  }
  const outcomes = [...answers.values()];
  expect(new Set(outcomes)).toEqual(new Set(["stored", "rate-limited"]));
  const accepted = outcomes.filter((outcome) => outcome === "stored").length;
  expect(await flooder.count("kept", { authors: [keypair(1597).pubkey] })).toEqual({ count: accepted });
  await narrow.stop();
});

test("invalid_events_per_minute_per_connection: beyond it no signature of that connection is checked", async () => {
  const strict = await TestRelay.start({
    config: { limits: { invalid_events_per_minute_per_connection: 5 } },
  });
  const [liar, honest] = [await strict.connect(), await strict.connect()];
  const forged = () => ({ ...event({ created_at: 1 }), sig: "0".repeat(128) });
  const answers: string[] = [];
  for (let index = 0; index < 7; index++) answers.push((await liar.publish(forged()))[1]);
  expect(answers.map((message) => message.split(":")[0])).toEqual([
    ...Array.from({ length: 5 }, () => "invalid"),
    "rate-limited",
    "rate-limited",
  ]);
  expect((await liar.publish(signed(keypair(1598))))[1]).toStartWith("rate-limited:");
  expect(await honest.publish(signed(keypair(1598)))).toEqual([true, ""]);
  await strict.stop();
});
