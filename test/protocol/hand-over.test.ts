// From stored to live without gap or double, also while a long scan runs on a reader worker.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { compareNewestFirst } from "../../src/nostr/order.ts";
import { RawSocket } from "../faults/raw-socket.ts";
import type { TestClient } from "../support/client.ts";
import { keypair, signed, unsignedEvent } from "../support/events.ts";
import { TestRelay } from "../support/test-relay.ts";

const NOW = 1_800_000_000;
const STORED = 9_000;
const PUBLISHED_PER_ROUND = 40;

let relay: TestRelay;
let publisher: TestClient;
let published = 0;

const history = Array.from({ length: STORED }, (_, index) =>
  unsignedEvent(String(index % 7).repeat(64), {
    created_at: NOW - 1000 - (index % 5000),
    content: String(index),
    tags: [["t", index % 2 ? "odd" : "even"]],
  }),
);

beforeAll(async () => {
  relay = await TestRelay.start({
    now: () => NOW,
    stored: history,
    config: {
      // Nothing in memory and one millisecond: every long answer moves to the reader worker.
      hot: { tail_bytes: 0, cache_bytes: 0 },
      limits: { query_budget_ms: 1, max_limit: 20_000, default_limit: 20_000, reader_queue: 2 },
    },
  });
  publisher = await relay.connect();
});

afterAll(() => relay.stopUnwarned());

/** Some of now, and some backdated into the middle of what is being scanned. */
function batch(): NostrEvent[] {
  return Array.from({ length: PUBLISHED_PER_ROUND }, () => {
    const created_at = NOW - (published % 3 === 0 ? 3000 : 0);
    const tags = [["t", published % 2 ? "odd" : "even"]];
    return signed(keypair(1600), { created_at, content: `new ${published++}`, tags });
  });
}

const answered = (): number => publisher.frames.filter((frame) => frame[0] === "OK").length;

/** Publishes one after the other, so that commits fall into every moment of what else is going on. */
async function publishAll(events: readonly NostrEvent[]): Promise<void> {
  for (const event of events) {
    publisher.send("EVENT", event);
    await Bun.sleep(0);
  }
  for (let count = 0; count < events.length; count++)
    expect((await publisher.verb("OK")).slice(2)).toEqual([true, ""]);
}

const isOdd = (event: NostrEvent): boolean => event.tags[0]?.[1] === "odd";

test.each([
  ["everything", {}, () => true],
  ["by kind", { kinds: [1] }, () => true],
  ["by tag", { "#t": ["odd"] }, isOdd],
  ["by author, and everything once more", { authors: [keypair(1600).pubkey] }, () => true],
] as [string, object, (event: NostrEvent) => boolean][])(
  "rows 42, 47: %s, asked again and again while events are published",
  async (name, filter, matches) => {
    const filters = name.includes("once more") ? [filter, {}] : [filter];
    const listener = await relay.connect();
    let duringStoredPhase = 0;
    for (let round = 0; round < 2; round++) {
      const id = `x${round}`;
      const events = batch();
      const publishing = publishAll(events);
      await Bun.sleep(1);
      const answeredBefore = answered();
      const { events: stored } = await listener.request(id, ...filters);
      duringStoredPhase += answered() - answeredBefore;
      await publishing;
      await listener.settled();

      const all = listener.eventsOf(id);
      const ids = new Set(all.map((event) => event.id));
      expect(ids.size).toBe(all.length);
      expect(all.length).toBe(((await publisher.count("all", ...filters)) as { count: number }).count);
      for (const event of events.filter(matches)) expect(ids.has(event.id)).toBe(true);
      expect(stored).toEqual([...(stored as NostrEvent[])].sort(compareNewestFirst));
      expect(all.slice(0, stored.length)).toEqual(stored as NostrEvent[]);
      listener.send("CLOSE", id);
    }
    expect(duringStoredPhase).toBeGreaterThan(0);
  },
);

test("row 42: an id that is taken over during its stored phase gets one EOSE, and nothing more of the old filter", async () => {
  const listener = await relay.connect();
  listener.send("REQ", "y", { "#t": ["odd"] });
  listener.send("REQ", "y", { "#t": ["even"] });
  await listener.next((frame) => frame[0] === "EOSE" && frame[1] === "y", "EOSE");
  await listener.settled();
  const frames = listener.frames.filter((frame) => frame[1] === "y");
  expect(frames.filter((frame) => frame[0] === "EOSE")).toEqual([["EOSE", "y", ["finish"]]]);
  const odd = frames.slice(0, -1).map((frame) => isOdd(frame[2] as NostrEvent));
  const switched = odd.indexOf(false);
  expect(odd.slice(0, switched)).not.toContain(false);
  expect(odd.slice(switched)).not.toContain(true);
  const { count } = (await publisher.count("even", { "#t": ["even"] })) as { count: number };
  expect(odd.length - switched).toBe(count);
});

test("nothing follows a CLOSE in the middle of a long answer", async () => {
  const listener = await relay.connect();
  listener.send("REQ", "z", {});
  await listener.verb("EVENT");
  listener.send("CLOSE", "z");
  await listener.settled();
  const length = listener.frames.length;
  await Bun.sleep(20);
  await listener.settled();
  expect(listener.frames.slice(length).filter((frame) => frame[1] === "z")).toEqual([]);
  expect(listener.frames.filter((frame) => frame[0] === "EOSE" && frame[1] === "z")).toEqual([]);
});

test("long queries beyond limits.reader_queue are refused with CLOSED, and short ones go on", async () => {
  const listener = await relay.connect();
  const ids = ["a", "b", "c", "d"];
  for (const id of ids) listener.send("REQ", id, {});
  const ends: string[] = [];
  while (ends.length < ids.length) {
    const [verb, , detail] = await listener.verb("EOSE", "CLOSED");
    ends.push(verb === "CLOSED" ? String(detail) : "EOSE");
  }
  expect(ends.filter((end) => end === "EOSE").length).toBeGreaterThanOrEqual(2);
  expect(ends.find((end) => end !== "EOSE")).toStartWith("rate-limited: too many long queries");
  expect(await listener.stored({ ids: [history[0]!.event.id] })).toEqual([history[0]!.event]);
});

test("what is deleted, replaced or vanishes during the stored phase is not sent after it", async () => {
  const author = "a".repeat(64);
  const content = "x".repeat(20_000);
  // Far more than a connection takes in one go.
  const long = Array.from({ length: 1500 }, (_, index) =>
    unsignedEvent(author, { content, created_at: NOW - 1000 - index }),
  );
  const filled = await TestRelay.start({ now: () => NOW, stored: long });
  const writer = await filled.connect();
  const publish = async (...events: NostrEvent[]): Promise<void> => {
    for (const event of events) expect(await writer.publish(event)).toEqual([true, ""]);
  };
  const reader = await RawSocket.open(filled.url);
  reader.send('["REQ","long",{"limit":2000}]');
  await reader.until(() => reader.messages.length > 2, "its first events");
  reader.stopReading();
  const [one, other] = [keypair(1601), keypair(1602)];
  const deleted = signed(one, { created_at: NOW - 2, content: "deleted" });
  const replaced = signed(one, { kind: 0, created_at: NOW - 2 });
  const vanished = signed(other, { created_at: NOW - 2, content: "vanished" });
  await publish(deleted, replaced, vanished);
  const standing = [
    signed(one, { created_at: NOW - 1, content: "standing" }),
    signed(one, { kind: 5, created_at: NOW, tags: [["e", deleted.id]] }),
    signed(one, { kind: 0, created_at: NOW }),
    signed(other, { kind: 62, created_at: NOW, tags: [["relay", "ALL_RELAYS"]] }),
  ];
  await publish(...standing);
  reader.readAgain();
  const eose = '["EOSE","long",["finish"]]';
  const last = `["EVENT","long",${JSON.stringify(standing.at(-1))}]`;
  await reader.until(() => reader.messages.includes(eose) && reader.messages.includes(last), "all of them");
  const live = reader.messages.slice(reader.messages.indexOf(eose) + 1);
  expect(live.map((text) => JSON.parse(text)[2] as NostrEvent)).toEqual(standing);
  reader.reset();
  await filled.stop();
});
