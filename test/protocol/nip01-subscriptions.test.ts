// NIP-01 subscriptions and connections: ids, replacement, closing, the live phase, bad frames, and slow readers.

import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import type { NostrEvent } from "../../src/nostr/event.ts";
import type { TestClient } from "../support/client.ts";
import { type EventTemplate, type Keypair, newcomers, signed } from "../support/events.ts";
import { TestRelay } from "../support/test-relay.ts";

const NOW = 1_800_000_000;
const MESSAGE_BYTES_MAX = 65_536;
const someone = newcomers(300);

let relay: TestRelay;
let client: TestClient;

beforeAll(async () => {
  relay = await TestRelay.start({
    now: () => NOW,
    config: {
      limits: { max_subscriptions: 20, max_message_length: MESSAGE_BYTES_MAX },
      server: { send_buffer_bytes: 1024 * 1024 },
    },
  });
  client = await relay.connect();
});

afterAll(() => relay.stopUnwarned());

async function publish(key: Keypair, template: EventTemplate = {}): Promise<NostrEvent> {
  const event = signed(key, { created_at: NOW, ...template });
  expect(await client.publish(event)).toEqual([true, ""]);
  return event;
}

async function series(key: Keypair, count: number): Promise<NostrEvent[]> {
  const events: NostrEvent[] = [];
  for (let index = 0; index < count; index++) events.push(await publish(key, { content: String(index) }));
  return events;
}

test.each([
  ["hello"],
  ["{}"],
  ["[]"],
  ['["FOO"]'],
  ["[1]"],
  ["null"],
  [""],
  ["[".repeat(10_000)],
  ['["REQ"'],
])("row 15: the frame %p gets a NOTICE and the connection stays", async (frame) => {
  client.sendRaw(frame.slice(0, MESSAGE_BYTES_MAX));
  expect(String((await client.verb("NOTICE"))[1])).toMatch(/^(invalid|unsupported): /);
  expect(await client.stored({ ids: ["0".repeat(64)] })).toEqual([]);
});

test("negentropy is refused under the id that asked, and the connection stays", async () => {
  for (const message of [
    ["NEG-OPEN", "neg", {}, "6100000200"],
    ["NEG-MSG", "neg", "61"],
  ] as const) {
    client.send(...message);
    const answer = await client.verb("NEG-ERR", "NOTICE");
    expect(answer.slice(0, 2)).toEqual(["NEG-ERR", "neg"]);
    expect(String(answer[2])).toStartWith("unsupported: ");
  }
  client.send("NEG-CLOSE", "neg");
  expect(await client.settled()).toHaveLength(0);
});

test("row 15: surplus elements of a message are ignored", async () => {
  const event = signed(someone(), { created_at: NOW });
  client.send("EVENT", event, "surplus", { more: true });
  expect(await client.verb("OK")).toEqual(["OK", event.id, true, ""]);
});

test("decision: a binary frame gets a NOTICE and the connection stays", async () => {
  client.sendRaw(new TextEncoder().encode('["REQ","binary",{}]'));
  expect(String((await client.verb("NOTICE", "EOSE"))[1])).toStartWith("invalid:");
  expect(await client.stored({ ids: ["0".repeat(64)] })).toEqual([]);
});

test("row 16: a text frame that is no UTF-8 ends the connection with code 1007", async () => {
  const { opcode, payload } = await rawFrames(relay.url, [
    rawTextFrame(Buffer.from([0x22, 0xff, 0xfe, 0x22])),
  ]);
  expect(opcode).toBe(8);
  expect(payload.readUInt16BE(0)).toBe(1007);
});

test("row 17: a message over max_message_length gets a NOTICE, one at the limit is read", async () => {
  const event = signed(someone(), { created_at: NOW });
  const padded = (bytes: number): string => {
    const text = JSON.stringify(["EVENT", event]);
    return text + " ".repeat(bytes - text.length);
  };
  client.sendRaw(padded(MESSAGE_BYTES_MAX + 1));
  const notice = await client.verb("NOTICE", "OK");
  expect(String(notice[1])).toMatch(/^invalid: .*too large/);
  client.sendRaw(padded(MESSAGE_BYTES_MAX));
  expect(await client.verb("NOTICE", "OK")).toEqual(["OK", event.id, true, ""]);
});

test("row 17: bytes count, not characters", async () => {
  client.sendRaw(JSON.stringify(["REQ", "wide", { "#t": ["é".repeat(MESSAGE_BYTES_MAX / 2)] }]));
  expect(String((await client.verb("NOTICE", "EOSE", "CLOSED"))[1])).toMatch(/too large/);
});

test("row 17: a frame far above the limit ends the connection with code 1009", async () => {
  const flood = await relay.connect();
  flood.sendRaw("x".repeat(MESSAGE_BYTES_MAX + 2 * 1024 * 1024));
  // The runtime closes with 1009; a client whose frame is still on its way may only see the connection end.
  expect([1009, 1006]).toContain(await flood.closed());
});

test("row 31: limit 0 gives EOSE at once and then live events", async () => {
  const key = someone();
  await publish(key);
  const listener = await relay.connect();
  const { events, end } = await listener.request("zero", { authors: [key.pubkey], limit: 0 });
  expect(events).toEqual([]);
  expect(end).toEqual(["EOSE", "zero"]);
  const later = await publish(key, { content: "later" });
  await listener.settled();
  expect(listener.eventsOf("zero")).toEqual([later]);
});

test("row 32: limit counts for stored events only", async () => {
  const key = someone();
  await series(key, 3);
  const listener = await relay.connect();
  for (const filter of [
    { authors: [key.pubkey], limit: 2 },
    { kinds: [1], authors: [key.pubkey], limit: 1 },
  ])
    listener.send("REQ", `limit ${filter.limit}`, filter);
  listener.send("REQ", "limit by kind", { kinds: [1], limit: 1 });
  await listener.settled();
  const live = [];
  for (let index = 0; index < 5; index++) live.push(await publish(key, { content: `live ${index}` }));
  await listener.settled();
  expect(listener.eventsOf("limit 2").slice(2)).toEqual(live);
  expect(listener.eventsOf("limit 1").slice(1)).toEqual(live);
  expect(listener.eventsOf("limit by kind").slice(1)).toEqual(live);
});

test("row 42: a REQ under an open id takes it over; the old filters are silent at once", async () => {
  const [a, b] = [someone(), someone()];
  const [fromA, fromB] = [await publish(a), await publish(b)];
  const listener = await relay.connect();
  listener.send("REQ", "x", { authors: [a.pubkey] });
  listener.send("REQ", "x", { authors: [b.pubkey] });
  await listener.settled();
  expect(listener.frames.filter((frame) => frame[1] === "x")).toEqual([
    ["EVENT", "x", fromA],
    ["EOSE", "x", ["finish"]],
    ["EVENT", "x", fromB],
    ["EOSE", "x", ["finish"]],
  ]);
  await publish(a, { content: "old filter" });
  const wanted = await publish(b, { content: "new filter" });
  await listener.settled();
  expect(listener.eventsOf("x")).toEqual([fromA, fromB, wanted]);
});

test("row 42: taking an id over works between subscriptions by kind and by author", async () => {
  const key = someone();
  const listener = await relay.connect();
  listener.send("REQ", "x", { kinds: [7777], limit: 0 });
  listener.send("REQ", "x", { kinds: [8888], limit: 0 });
  await listener.settled();
  await publish(key, { kind: 7777 });
  const second = await publish(key, { kind: 8888 });
  await listener.settled();
  listener.send("REQ", "x", { authors: [key.pubkey], limit: 0 });
  await listener.settled();
  const third = await publish(key, { kind: 7777, content: "again" });
  await listener.settled();
  expect(listener.frames.filter((frame) => frame[0] === "EVENT").map((frame) => frame[2])).toEqual([
    second,
    third,
  ] as never);
});

test("decision: a refused REQ ends what stood under its id", async () => {
  const key = someone();
  const listener = await relay.connect();
  for (const filter of [{ authors: [key.pubkey] }, { kinds: [1], limit: 0 }]) {
    listener.send("REQ", "x", filter);
    listener.send("REQ", "x", { limit: -1 });
    expect((await listener.verb("CLOSED"))[1]).toBe("x");
    await publish(key, { content: JSON.stringify(filter) });
    await listener.settled();
    expect(listener.eventsOf("x")).toEqual([]);
  }
});

test("row 43: the same id on two connections means two subscriptions", async () => {
  const [a, b] = [someone(), someone()];
  const [first, second] = [await relay.connect(), await relay.connect()];
  first.send("REQ", "x", { authors: [a.pubkey] });
  second.send("REQ", "x", { authors: [b.pubkey] });
  await Promise.all([first.settled(), second.settled()]);
  const [fromA, fromB] = [await publish(a), await publish(b)];
  second.send("CLOSE", "x");
  await second.settled();
  const again = await publish(a, { content: "after the other's CLOSE" });
  await Promise.all([first.settled(), second.settled()]);
  expect(first.eventsOf("x")).toEqual([fromA, again]);
  expect(second.eventsOf("x")).toEqual([fromB]);
});

test("row 43: of two connections that ride one topic, one leaves and the other stays", async () => {
  const [first, second] = [await relay.connect(), await relay.connect()];
  for (const one of [first, second]) {
    one.send("REQ", "feed", { kinds: [4242], limit: 0 });
    await one.settled();
  }
  const heardByBoth = await publish(someone(), { kind: 4242 });
  first.send("CLOSE", "feed");
  await first.settled();
  const heardByOne = await publish(someone(), { kind: 4242 });
  await Promise.all([first.settled(), second.settled()]);
  expect(first.eventsOf("feed")).toEqual([heardByBoth]);
  expect(second.eventsOf("feed")).toEqual([heardByBoth, heardByOne]);
});

test("row 44: an empty id and one of 65 characters are refused by CLOSED, a number by NOTICE", async () => {
  for (const id of ["", "x".repeat(65), "\u{1f600}".repeat(64) + "x"]) {
    client.send("REQ", id, {});
    const closed = await client.verb("CLOSED", "NOTICE", "EOSE");
    if (id.length < 100) expect(closed.slice(0, 2)).toEqual(["CLOSED", id]);
    expect(String(closed.at(-1))).toStartWith("invalid:");
  }
  for (const id of [5, null, {}, undefined, "\ud800"]) {
    client.send("REQ", id, {});
    expect(String((await client.verb("CLOSED", "NOTICE", "EOSE"))[1])).toStartWith("invalid:");
  }
});

test("decision: wrong ids up to 256 bytes are echoed in CLOSED, longer ones get a NOTICE", async () => {
  client.send("REQ", "x".repeat(256), {});
  expect((await client.verb("CLOSED", "NOTICE", "EOSE")).slice(0, 2)).toEqual(["CLOSED", "x".repeat(256)]);
  client.send("REQ", "x".repeat(257), {});
  expect((await client.verb("CLOSED", "NOTICE", "EOSE"))[0]).toBe("NOTICE");
});

test("row 44: 64 characters count as characters, not as bytes or UTF-16 units", async () => {
  const id = "\u{1f600}".repeat(64);
  expect((await client.request(id, { ids: ["0".repeat(64)] })).end).toEqual(["EOSE", id, ["finish"]]);
  client.send("CLOSE", id);
  const quoted = 'a"\\\n\u0000';
  expect((await client.request(quoted, { ids: ["0".repeat(64)] })).end).toEqual(["EOSE", quoted, ["finish"]]);
  client.send("CLOSE", quoted);
});

test("row 45: CLOSE of an unknown id is answered by nothing", async () => {
  const quiet = await relay.connect();
  quiet.send("CLOSE", "never opened");
  quiet.send("CLOSE", 5);
  quiet.send("CLOSE");
  expect((await quiet.settled()).filter((frame) => frame[0] !== "AUTH")).toEqual([]);
});

test("row 46: subscriptions beyond max_subscriptions are refused until one is closed", async () => {
  const greedy = await relay.connect();
  const filter = { ids: ["0".repeat(64)] };
  for (let index = 0; index < 20; index++) await greedy.ask(`s${index}`, filter);
  expect(String((await greedy.request("one more", filter)).end[2])).toStartWith("rate-limited:");
  await greedy.ask("s7", filter);
  greedy.send("CLOSE", "s3");
  await greedy.ask("one more", filter);
});

test("decision: a subscription that can no longer match stays open", async () => {
  const key = someone();
  const note = await publish(key);
  const listener = await relay.connect();
  listener.send("REQ", "complete", { ids: [note.id] });
  listener.send("REQ", "past", { authors: [key.pubkey], until: NOW - 1000 });
  expect((await listener.settled()).filter((frame) => frame[0] === "CLOSED")).toEqual([]);
  const backdated = await publish(key, { created_at: NOW - 2000 });
  await listener.settled();
  expect(listener.eventsOf("past")).toEqual([backdated]);
});

test("live events keep to since and until", async () => {
  const key = someone();
  const listener = await relay.connect();
  listener.send("REQ", "window", { authors: [key.pubkey], since: NOW - 10, until: NOW });
  listener.send("REQ", "since by kind", { kinds: [5454], since: NOW - 10 });
  await listener.settled();
  const inside = await publish(key, { kind: 5454, created_at: NOW - 10 });
  await publish(key, { kind: 5454, created_at: NOW - 11 });
  const after = await publish(key, { kind: 5454, created_at: NOW + 1 });
  await listener.settled();
  expect(listener.eventsOf("window")).toEqual([inside]);
  expect(listener.eventsOf("since by kind")).toEqual([inside, after]);
});

test("nothing is pushed after CLOSE", async () => {
  const key = someone();
  const listener = await relay.connect();
  for (const filter of [{ authors: [key.pubkey] }, { kinds: [6363] }, {}]) {
    listener.send("REQ", "x", filter);
    listener.send("CLOSE", "x");
  }
  await listener.settled();
  const from = listener.frames.length;
  await publish(key, { kind: 6363 });
  await listener.settled();
  expect(listener.frames.slice(from).filter((frame) => frame[0] === "EVENT")).toEqual([]);
});

test.each([
  ["by kind", { kinds: [4141], limit: 0 }],
  ["otherwise", { "#t": ["flood"], limit: 0 }],
])(
  "decision: a reader %s that leaves too much unread is closed with code 1008; nothing before that is skipped",
  async (_, filter) => {
    const slow = await SlowReader.connect(relay.url, ["REQ", "flood", filter]);
    const content = "x".repeat(60_000);
    const sent: string[] = [];
    // Enough to fill the kernel's buffers and the relay's own behind them.
    const before = relay.relay.facts().connections;
    while (relay.relay.facts().connections === before && sent.length < 1000) {
      sent.push((await publish(someone(), { kind: 4141, content, tags: [["t", "flood"]] })).id);
    }
    expect(relay.relay.facts().connections).toBe(before - 1);
    const frames = await slow.readAll();
    const received = frames.filter(({ opcode }) => opcode === 1).map(({ payload }) => payload.toString());
    const ids = received.filter((text) => text.startsWith('["EVENT"')).map((text) => JSON.parse(text)[2].id);
    expect(ids).toEqual(sent.slice(0, ids.length));
    const goodbye = frames.at(-1)!;
    expect([goodbye.opcode, goodbye.payload.readUInt16BE(0)]).toEqual([8, 1008]);
    expect(goodbye.payload.toString("utf8", 2)).toMatch(/^too slow: \d+ bytes unread/);
  },
);

/** One masked text frame (RFC 6455), for bytes that no WebSocket client would send. */
function rawTextFrame(payload: Buffer): Buffer {
  const header =
    payload.length < 126
      ? [0x81, 0x80 | payload.length]
      : [0x81, 0xfe, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([...header, 0, 0, 0, 0]), payload]);
}

interface RawFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Server frames in `bytes`, which begin after the upgrade's answer; the last one may be incomplete and is left out. */
function parseFrames(bytes: Buffer): RawFrame[] {
  const frames: RawFrame[] = [];
  let at = bytes.indexOf("\r\n\r\n") + 4;
  while (at + 2 <= bytes.length) {
    const short = bytes[at + 1]! & 0x7f;
    const headerBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
    const length =
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2));
    if (at + headerBytes + length > bytes.length) break;
    frames.push({
      opcode: bytes[at]! & 15,
      payload: bytes.subarray(at + headerBytes, at + headerBytes + length),
    });
    at += headerBytes + length;
  }
  return frames;
}

/** A client at the level of the socket, which stops reading once it has subscribed. */
class SlowReader {
  private readonly socket: ReturnType<typeof connect>;
  private readonly chunks: Buffer[] = [];
  private readonly ended: Promise<void>;

  private constructor(socket: ReturnType<typeof connect>) {
    this.socket = socket;
    this.ended = new Promise((resolve) => {
      socket.on("close", () => resolve());
      socket.on("error", () => resolve());
    });
    socket.on("data", (chunk: Buffer) => void this.chunks.push(chunk));
  }

  static async connect(url: string, request?: unknown[]): Promise<SlowReader> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const reader = new SlowReader(socket);
    socket.write(
      `GET / HTTP/1.1\r\nHost: ${hostname}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    await reader.until("AUTH");
    if (request === undefined) return reader;
    reader.write(rawTextFrame(Buffer.from(JSON.stringify(request))));
    await reader.until("EOSE");
    socket.pause();
    return reader;
  }

  write(frame: Buffer): void {
    this.socket.write(frame);
  }

  async readAll(): Promise<RawFrame[]> {
    this.socket.resume();
    await this.ended;
    return parseFrames(Buffer.concat(this.chunks));
  }

  private async until(word: string): Promise<void> {
    while (!Buffer.concat(this.chunks).includes(word)) await Bun.sleep(5);
  }
}

/** Sends raw frames and answers the relay's last one. */
async function rawFrames(url: string, frames: readonly Buffer[]): Promise<RawFrame> {
  const reader = await SlowReader.connect(url);
  for (const frame of frames) reader.write(frame);
  return (await reader.readAll()).at(-1)!;
}

describe("what open subscriptions hold is bounded", () => {
  const isRefused = (frame: readonly unknown[]): boolean =>
    frame[0] === "CLOSED" && String(frame[2]).startsWith("rate-limited:");
  let roomy: TestRelay;

  beforeAll(async () => {
    roomy = await TestRelay.start({ now: () => NOW });
  });
  afterAll(() => roomy.stop());

  /** Opens subscriptions until one is refused, and answers how many there were. */
  async function openAll(greedy: TestClient, filterOf: (index: number) => object): Promise<number> {
    for (let index = 0; index < 150; index++) {
      if (isRefused((await greedy.request(`s${index}`, filterOf(index))).end)) return index;
    }
    return 150;
  }

  test("decision: values count, also those that the index does not stand on, and closing gives room again", async () => {
    const greedy = await roomy.connect();
    const authors = Array.from({ length: 4900 }, (_, index) => index.toString(16).padStart(64, "0"));
    expect(await openAll(greedy, (index) => ({ "#t": [`rare${index}`], authors, limit: 0 }))).toBe(20);
    greedy.send("CLOSE", "s3");
    expect((await greedy.request("again", { "#t": ["rare"], authors, limit: 0 })).end[0]).toBe("EOSE");
  });

  test("decision: a value of many characters counts as many", async () => {
    const greedy = await roomy.connect();
    const filterOf = (index: number) => ({ "#t": [`${index}${"x".repeat(500_000)}`], limit: 0 });
    expect(await openAll(greedy, filterOf)).toBe(12);
  });

  test("decision: a search counts as a thousand, since every new event is asked about", async () => {
    const greedy = await roomy.connect();
    expect(await openAll(greedy, (index) => ({ search: `word${index}`, limit: 0 }))).toBe(99);
  });
});

test("nothing waits for a query any more once its subscription is closed", async () => {
  const PATIENCE_MS = 54_321;
  const [set, clear] = [spyOn(globalThis, "setInterval"), spyOn(globalThis, "clearInterval")];
  const hasty = await TestRelay.start({
    now: () => NOW,
    config: { limits: { query_budget_ms: 1, query_timeout_ms: PATIENCE_MS } },
  });
  try {
    const asker = await hasty.connect();
    const ids = Array.from({ length: 5000 }, (_, index) => index.toString(16).padStart(64, "0"));
    const filters = ["a", "b", "c"].map((first) => ({ ids: ids.map((id) => first + id.slice(1)) }));
    asker.send("REQ", "long", ...filters);
    asker.send("CLOSE", "long");
    await asker.request("other", { ids: [ids[0]] });
    const made = set.mock.results.filter((_, call) => set.mock.calls[call]![1] === PATIENCE_MS);
    expect(made).toHaveLength(1);
    const cleared = new Set<unknown>(clear.mock.calls.map(([timer]) => timer));
    expect(made.filter(({ value }) => !cleared.has(value))).toEqual([]);
  } finally {
    set.mockRestore();
    clear.mockRestore();
    await hasty.stop();
  }
});
