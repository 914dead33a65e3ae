// A tape of ready-made client frames, one behind the other, so that any run of them leaves in one write.

import { headBytes, OPCODE, payloadStart, writeHead } from "./frame-head.ts";

/** What a frame asks for, and so which answer completes it. */
export const ACT = { event: 1, req: 2, count: 3 } as const;
export type Act = (typeof ACT)[keyof typeof ACT];

/** Stands where the sender writes the one-character subscription id of the slot that it uses. */
const SLOT = "?";

/** What is expected of the answer: events before EOSE, the number of a COUNT, 1 for OK true and 0 for OK false. */
export class Tape {
  bytes: Buffer;
  private readonly starts: number[] = [0];
  private readonly acts: Act[] = [];
  private readonly slots: number[] = [];
  private readonly expectations: number[] = [];

  constructor(bytesGuess = 65_536) {
    this.bytes = Buffer.allocUnsafe(bytesGuess);
  }

  get length(): number {
    return this.acts.length;
  }

  /** `["EVENT",…]` with the event's JSON text. */
  event(json: string, isAccepted = true): void {
    this.append(`["EVENT",${json}]`, ACT.event, -1, isAccepted ? 1 : 0);
  }

  req(filters: readonly object[], events: number): void {
    this.append(`["REQ","${SLOT}",${list(filters)}]`, ACT.req, '["REQ","'.length, events);
  }

  count(filters: readonly object[], count: number): void {
    this.append(`["COUNT","${SLOT}",${list(filters)}]`, ACT.count, '["COUNT","'.length, count);
  }

  start(index: number): number {
    return this.starts[index]!;
  }

  act(index: number): Act {
    return this.acts[index]!;
  }

  expected(index: number): number {
    return this.expectations[index]!;
  }

  /** Writes the slot's character into a REQ or COUNT frame. */
  mark(index: number, character: number): void {
    this.bytes[this.slots[index]!] = character;
  }

  /** The message of one frame, for checks that read it. */
  text(index: number): string {
    const end = this.start(index + 1);
    return this.bytes.toString("utf8", payloadStart(this.bytes, this.start(index)), end);
  }

  private append(text: string, act: Act, slotOffset: number, expected: number): void {
    const at = this.starts.at(-1)!;
    const length = Buffer.byteLength(text);
    const payload = at + headBytes(length);
    this.reserve(payload + length);
    writeHead(this.bytes, at, OPCODE.text, length);
    this.bytes.write(text, payload, "utf8");
    this.starts.push(payload + length);
    this.acts.push(act);
    this.slots.push(slotOffset < 0 ? -1 : payload + slotOffset);
    this.expectations.push(expected);
  }

  private reserve(length: number): void {
    if (length <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(length, this.bytes.length * 2));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

function list(filters: readonly object[]): string {
  return filters.map((filter) => JSON.stringify(filter)).join(",");
}
