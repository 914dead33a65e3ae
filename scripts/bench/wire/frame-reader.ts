// Reads server frames out of whatever pieces the socket hands over, skipping payloads instead of copying them.

import { OPCODE } from "./frame-head.ts";
import { countIn, RECOGNISED_WITHIN, recognise, SAID } from "./relay-message.ts";

export interface FrameSink {
  /** A whole text message has arrived. `code` is what recognise() said; `value` is a COUNT's number, else -1. */
  said(code: number, value: number): void;
  /** The first bytes of a refusal, a notice or something unknown: for telling people what went wrong. */
  remark(text: string): void;
  ping(payload: Uint8Array): void;
  close(code: number, reason: string): void;
}

const OK_TRUE = SAID.ok | (1 << 8);
const EMPTY = new Uint8Array(0);
const CONTROL_BYTES_MAX = 125;

/**
 * One per connection. A message counts when its last byte is here. Bytes are kept over only until a frame's head and the
 * first RECOGNISED_WITHIN bytes of its payload are complete; the rest of a long payload is skipped as it comes.
 */
export class FrameReader {
  private readonly sink: FrameSink;
  private kept: Uint8Array = EMPTY;
  private skip = 0;
  private code = 0;
  private value = -1;
  private isFinal = true;

  constructor(sink: FrameSink) {
    this.sink = sink;
  }

  feed(chunk: Uint8Array): void {
    let buffer = chunk;
    if (this.kept.length > 0) {
      buffer = Buffer.concat([this.kept, chunk]);
      this.kept = EMPTY;
    }
    const end = buffer.length;
    let at = 0;
    if (this.skip > 0) {
      if (this.skip > end) {
        this.skip -= end;
        return;
      }
      at = this.skip;
      this.skip = 0;
      this.finish();
    }
    while (at < end) {
      const next = this.frameAt(buffer, at, end);
      if (next < 0) {
        this.kept = buffer.slice(at);
        return;
      }
      at = next;
    }
  }

  /** Takes the frame at `at`; answers where the next one begins, `end` when its rest is to be skipped, -1 for "more". */
  private frameAt(buffer: Uint8Array, at: number, end: number): number {
    if (end - at < 2) return -1;
    const opcode = buffer[at]! & 0x0f;
    const short = buffer[at + 1]! & 0x7f;
    let start = at + 2;
    let length = short;
    if (short === 126) {
      if (end - at < 4) return -1;
      length = (buffer[at + 2]! << 8) | buffer[at + 3]!;
      start = at + 4;
    } else if (short === 127) {
      if (end - at < 10) return -1;
      length = Number(new DataView(buffer.buffer, buffer.byteOffset + at).getBigUint64(2));
      start = at + 10;
    }
    const need = opcode >= OPCODE.close ? CONTROL_BYTES_MAX : RECOGNISED_WITHIN;
    const whole = start + length;
    if (end < whole && end - start < need) return -1;
    if (opcode >= OPCODE.close) {
      this.control(opcode, buffer.subarray(start, whole));
      return whole;
    }
    this.isFinal = (buffer[at]! & 0x80) !== 0;
    if (opcode !== OPCODE.continuation) this.begin(buffer, start, Math.min(end, whole));
    if (end < whole) {
      this.skip = whole - end;
      return end;
    }
    this.finish();
    return whole;
  }

  private begin(buffer: Uint8Array, start: number, end: number): void {
    this.code = recognise(buffer, start, end);
    this.value = -1;
    const kind = this.code & 0xff;
    if (kind === SAID.event || kind === SAID.eose || kind === SAID.auth || this.code === OK_TRUE) return;
    const headEnd = Math.min(end, start + RECOGNISED_WITHIN);
    if (kind === SAID.count) this.value = countIn(buffer, start, headEnd);
    else this.sink.remark(new TextDecoder().decode(buffer.subarray(start, headEnd)));
  }

  private finish(): void {
    if (this.isFinal) this.sink.said(this.code, this.value);
  }

  private control(opcode: number, payload: Uint8Array): void {
    if (opcode === OPCODE.ping) this.sink.ping(payload.slice());
    else if (opcode === OPCODE.close) {
      const code = payload.length < 2 ? 1005 : (payload[0]! << 8) | payload[1]!;
      this.sink.close(code, new TextDecoder().decode(payload.subarray(2)));
    }
  }
}
