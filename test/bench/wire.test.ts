// The raw client: frames read in any pieces tell the same, and prepared frames are what a server understands.

import { describe, expect, test } from "bun:test";
import { frame, headBytes, OPCODE } from "../../scripts/bench/wire/frame-head.ts";
import { FrameReader, type FrameSink } from "../../scripts/bench/wire/frame-reader.ts";
import { SAID } from "../../scripts/bench/wire/relay-message.ts";
import { Tape } from "../../scripts/bench/wire/tape.ts";
import { prng, testSeed } from "../support/prng.ts";

/** Writes down everything it is told, in words. */
class Diary implements FrameSink {
  readonly lines: string[] = [];
  said(code: number, value: number): void {
    this.lines.push(`${code & 0xff} ${String.fromCharCode(code >> 8)} ${value}`);
  }
  remark(text: string): void {
    this.lines.push(`remark ${text}`);
  }
  ping(payload: Uint8Array): void {
    this.lines.push(`ping ${new TextDecoder().decode(payload)}`);
  }
  close(code: number, reason: string): void {
    this.lines.push(`close ${code} ${reason}`);
  }
}

/** An unmasked frame, as servers send them. */
function serverFrame(payload: Uint8Array, opcode: number, isFinal: boolean): Uint8Array {
  const masked = frame(payload, opcode);
  const head = headBytes(payload.length) - 4;
  const bytes = new Uint8Array(head + payload.length);
  bytes.set(masked.subarray(0, head));
  bytes[0] = opcode | (isFinal ? 0x80 : 0);
  bytes[1]! &= 0x7f;
  bytes.set(payload, head);
  return bytes;
}

interface Made {
  readonly bytes: Uint8Array[];
  readonly line: string[];
}

const ID = "ab".repeat(32);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function message(random: () => number): Made {
  const slot = "ABCxyz-_"[Math.floor(random() * 8)]!;
  const length = Math.floor(random() * [10, 300, 70_000][Math.floor(random() * 3)]!);
  const gap = random() < 0.3 ? " " : "";
  const filler = "é".repeat(length);
  const count = Math.floor(random() * 1_000);
  const refused = `["OK","${ID}",${gap}false,"blocked: ${filler.slice(0, 20)}"]`;
  const choices: [string, string[]][] = [
    [`["EVENT",${gap}"${slot}",{"content":"${filler}"}]`, [`${SAID.event} ${slot} -1`]],
    [`["EOSE",${gap}"${slot}"]`, [`${SAID.eose} ${slot} -1`]],
    [`["OK","${ID}",${gap}true,"${filler}"]`, [`${SAID.ok} \u0001 -1`]],
    [refused, [`remark ${refused}`, `${SAID.ok} \u0000 -1`]],
    [
      `["CLOSED","${slot}","error: no"]`,
      [`remark ["CLOSED","${slot}","error: no"]`, `${SAID.closed} ${slot} -1`],
    ],
    [`["COUNT","${slot}",{"count":${count}}]`, [`${SAID.count} ${slot} ${count}`]],
    [`["AUTH","${filler.slice(0, 30)}"]`, [`${SAID.auth} \u0000 -1`]],
  ];
  const [payload, line] = choices[Math.floor(random() * choices.length)]!;
  const bytes = text(payload);
  if (random() < 0.8 || bytes.length < 400) return { bytes: [serverFrame(bytes, OPCODE.text, true)], line };
  // A message in three frames, with a ping between them (RFC 6455 §5.4).
  const parts = [bytes.subarray(0, 200), bytes.subarray(200, 300), bytes.subarray(300)];
  const [first, second, third] = parts;
  return {
    bytes: [
      serverFrame(first!, OPCODE.text, false),
      serverFrame(text("p"), OPCODE.ping, true),
      serverFrame(second!, OPCODE.continuation, false),
      serverFrame(third!, OPCODE.continuation, true),
    ],
    line: ["ping p", ...line],
  };
}

describe("frame reader", () => {
  const seed = testSeed();
  test(`tells the same whatever the pieces are (SEED=${seed})`, () => {
    const random = prng(seed);
    for (let round = 0; round < 40; round++) {
      const messages = Array.from({ length: 30 }, () => message(random));
      const stream = Buffer.concat(messages.flatMap(({ bytes }) => bytes));
      const diary = new Diary();
      const reader = new FrameReader(diary);
      const largest = [1, 7, 200, 5_000, 200_000][round % 5]!;
      let at = 0;
      if (largest === 1 && stream.length > 100_000) continue;
      while (at < stream.length) {
        const size = 1 + Math.floor(random() * largest);
        reader.feed(stream.subarray(at, at + size));
        at += size;
      }
      expect(diary.lines).toEqual(messages.flatMap(({ line }) => line));
    }
  });

  test("tells the code and the reason of a close", () => {
    const diary = new Diary();
    new FrameReader(diary).feed(
      serverFrame(Buffer.concat([Buffer.from([0x03, 0xe9]), text("bye")]), OPCODE.close, true),
    );
    expect(diary.lines).toEqual(["close 1001 bye"]);
  });
});

describe("tape", () => {
  test("holds masked frames that a WebSocket server understands", async () => {
    const tape = new Tape(16);
    tape.event(`{"content":"${"ü".repeat(40_000)}"}`);
    tape.req([{ kinds: [1] }, { ids: [] }], 3);
    tape.count([{ authors: ["x".repeat(300)] }], 7);
    tape.mark(1, "Q".charCodeAt(0));
    expect([tape.length, tape.expected(0), tape.expected(1), tape.expected(2)]).toEqual([3, 1, 3, 7]);

    const heard: string[] = [];
    const all = Promise.withResolvers<void>();
    const server = Bun.serve({
      port: 0,
      fetch: (request, self) => (self.upgrade(request) ? undefined : new Response()),
      websocket: {
        message: (_, data) => {
          heard.push(String(data));
          if (heard.length === 3) all.resolve();
        },
      },
    });
    const { open } = await import("../../scripts/bench/wire/connection.ts");
    const connection = await open(
      { host: "127.0.0.1", port: server.port!, path: "/", tls: false },
      { said: () => {} },
    );
    connection.send(tape.bytes, tape.start(0), tape.start(3));
    await all.promise;
    connection.drop();
    await server.stop(true);
    expect(heard[0]).toBe(`["EVENT",{"content":"${"ü".repeat(40_000)}"}]`);
    expect(heard[1]).toBe('["REQ","Q",{"kinds":[1]},{"ids":[]}]');
    expect(heard[2]).toBe(tape.text(2));
  });
});
