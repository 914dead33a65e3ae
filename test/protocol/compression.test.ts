// permessage-deflate: who negotiates it gets the same text, frames below the threshold stay plain.

import { connect } from "node:net";
import { inflateRawSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { keypair, signed } from "../support/events.ts";
import { TestRelay } from "../support/test-relay.ts";

const THRESHOLD = 1024;

let relay: TestRelay;

beforeAll(async () => {
  relay = await TestRelay.start({ config: { server: { compression_threshold_bytes: THRESHOLD } } });
});

afterAll(() => relay.stop());

interface Frame {
  readonly compressed: boolean;
  readonly text: string;
}

/** A client at the level of the socket: the answer to the upgrade, and every text frame with its compression bit. */
async function converse(
  extensions: string,
  messages: readonly string[],
  isDone: (frames: readonly Frame[]) => boolean,
): Promise<{ head: string; frames: Frame[]; bytes: number }> {
  const { hostname, port } = new URL(relay.url);
  const socket = connect(Number(port), hostname);
  let buffer = Buffer.alloc(0);
  const reading = new Promise<{ head: string; frames: Frame[]; bytes: number }>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("data", (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk]);
      const start = buffer.indexOf("\r\n\r\n") + 4;
      if (start < 4) return;
      const frames = framesOf(buffer.subarray(start));
      if (isDone(frames))
        resolve({ head: buffer.toString("latin1", 0, start), frames, bytes: buffer.length });
    });
  });
  socket.write(
    `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${extensions}` +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  for (const message of messages) {
    const payload = Buffer.from(message);
    const length =
      payload.length < 126 ? [0x80 | payload.length] : [0xfe, payload.length >> 8, payload.length & 255];
    socket.write(Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), payload]));
  }
  const result = await reading;
  socket.destroy();
  return result;
}

function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const short = bytes[at + 1]! & 0x7f;
    const header = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (at + header > bytes.length) break;
    const length =
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2));
    if (at + header + length > bytes.length) break;
    const payload = bytes.subarray(at + header, at + header + length);
    const compressed = (bytes[at]! & 0x40) !== 0;
    const plain = compressed
      ? inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 255, 255])]), { finishFlush: 2 })
      : payload;
    frames.push({ compressed, text: plain.toString() });
    at += header + length;
  }
  return frames;
}

const OFFER =
  "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n";

test("a client that offers compression gets the same text, large frames compressed and small ones plain", async () => {
  const writer = await relay.connect();
  const key = keypair(1900);
  const large = signed(key, { content: "the same words again and again ".repeat(1000) });
  const small = signed(key, { content: "few words", created_at: large.created_at - 1 });
  for (const event of [large, small]) expect(await writer.publish(event)).toEqual([true, ""]);

  const request = JSON.stringify(["REQ", "c", { authors: [key.pubkey] }]);
  const isDone = (frames: readonly Frame[]): boolean => frames.some(({ text }) => text.startsWith('["EOSE"'));
  const [plain, deflated] = [await converse("", [request], isDone), await converse(OFFER, [request], isDone)];
  expect(plain.head.toLowerCase()).not.toContain("permessage-deflate");
  expect(deflated.head.toLowerCase()).toContain("permessage-deflate");
  const afterChallenge = (frames: readonly Frame[]): Frame[] =>
    frames.filter(({ text }) => !text.startsWith('["AUTH"'));
  const [plainFrames, deflatedFrames] = [afterChallenge(plain.frames), afterChallenge(deflated.frames)];
  expect(deflatedFrames.map(({ text }) => text)).toEqual(plainFrames.map(({ text }) => text));
  expect(plainFrames.map(({ compressed }) => compressed)).toEqual([false, false, false]);
  expect(deflatedFrames.map(({ compressed }) => compressed)).toEqual([true, false, false]);
  expect(deflated.bytes).toBeLessThan(plain.bytes / 10);
});

test("live events on native topics are compressed from the threshold on as well", async () => {
  const request = JSON.stringify(["REQ", "live", { kinds: [4040], limit: 0 }]);
  const note = signed(keypair(1901), { kind: 4040, content: "live ".repeat(2000) });
  const listening = converse(OFFER, [request], (frames) =>
    frames.some(({ text }) => text.startsWith('["EVENT"')),
  );
  const writer = await relay.connect();
  while (relay.relay.facts().subscriptions === 0) await Bun.sleep(5);
  expect(await writer.publish(note)).toEqual([true, ""]);
  const { frames } = await listening;
  const event = frames.find(({ text }) => text.startsWith('["EVENT"'))!;
  expect(JSON.parse(event.text)).toEqual(["EVENT", "live", note]);
  expect(event.compressed).toBe(true);
});
