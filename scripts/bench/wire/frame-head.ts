// Frame heads of a WebSocket client (RFC 6455 §5.2): masked with a zero key, so payloads are sent as they stand.

export const OPCODE = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const;

const FINAL = 0x80;
const MASKED = 0x80;
const MASK_BYTES = 4;

/** How many bytes stand before a payload of this length: 6, 8 or 14. */
export function headBytes(payloadBytes: number): number {
  return MASK_BYTES + (payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10);
}

/** Writes the head of one unfragmented frame at `at`; answers where its payload begins. */
export function writeHead(target: Uint8Array, at: number, opcode: number, payloadBytes: number): number {
  target[at++] = FINAL | opcode;
  if (payloadBytes < 126) {
    target[at++] = MASKED | payloadBytes;
  } else if (payloadBytes < 65_536) {
    target[at++] = MASKED | 126;
    target[at++] = payloadBytes >>> 8;
    target[at++] = payloadBytes & 0xff;
  } else {
    target[at++] = MASKED | 127;
    target.fill(0, at, at + 4);
    new DataView(target.buffer, target.byteOffset).setUint32(at + 4, payloadBytes);
    at += 8;
  }
  target.fill(0, at, at + MASK_BYTES);
  return at + MASK_BYTES;
}

/** Where the payload of the client frame at `at` begins. */
export function payloadStart(bytes: Uint8Array, at: number): number {
  const short = bytes[at + 1]! & 0x7f;
  return at + MASK_BYTES + (short === 126 ? 4 : short === 127 ? 10 : 2);
}

/** One whole frame. */
export function frame(payload: string | Uint8Array, opcode: number = OPCODE.text): Uint8Array {
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  const head = headBytes(bytes.length);
  const whole = new Uint8Array(head + bytes.length);
  whole.set(bytes, writeHead(whole, 0, opcode, bytes.length));
  return whole;
}
