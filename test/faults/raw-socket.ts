// A WebSocket client at the level of bytes: half frames, wrong frames, and reading only when told to.

import { connect, type Socket } from "node:net";
import { frame, headBytes, OPCODE, writeHead } from "../../scripts/bench/wire/frame-head.ts";
import { News } from "../support/news.ts";

export { OPCODE };

const PATIENCE_MS = 10_000;
const UPGRADE =
  "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

export class RawSocket {
  /** Text messages received. */
  readonly messages: string[] = [];
  /** Of the close frame; undefined when the connection ended without one. */
  closeCode: number | undefined;
  closeReason = "";
  isOver = false;
  private readonly socket: Socket;
  private received: Buffer = Buffer.alloc(0);
  private isUpgraded = false;
  private readonly news = new News();

  /** A TCP connection on which nothing has been said. */
  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect(Number(port), hostname);
    this.socket.setNoDelay(true);
    this.socket.on("data", (bytes: Buffer) => this.take(bytes));
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.isOver = true;
      this.news.tell();
    });
  }

  static async open(url: string): Promise<RawSocket> {
    const socket = new RawSocket(url);
    socket.write(UPGRADE);
    await socket.until(() => socket.isUpgraded, "the upgrade");
    return socket;
  }

  write(bytes: string | Uint8Array): void {
    if (!this.isOver) this.socket.write(bytes);
  }

  /** One whole frame. */
  send(payload: string | Uint8Array, opcode: number = OPCODE.text): void {
    this.write(frame(payload, opcode));
  }

  /** A message in this many frames. */
  sendInPieces(payload: Uint8Array, pieces: number): void {
    const size = Math.max(1, Math.ceil(payload.length / pieces));
    for (let at = 0; at < payload.length; at += size) {
      const piece = frame(payload.subarray(at, at + size), at === 0 ? OPCODE.text : OPCODE.continuation);
      const isLast = at + size >= payload.length;
      if (!isLast) piece[0]! &= 0x7f;
      this.write(piece);
    }
  }

  /** The head of a frame that announces so many bytes, of which none are sent. */
  announce(payloadBytes: number): void {
    const head = new Uint8Array(headBytes(payloadBytes));
    writeHead(head, 0, OPCODE.text, payloadBytes);
    this.write(head);
  }

  /** From now on nothing is read: the system's buffers fill up, and then the relay's. */
  stopReading(): void {
    this.socket.pause();
  }

  readAgain(): void {
    this.socket.resume();
  }

  /** Ends the connection with a reset, in the middle of whatever it is. */
  reset(): void {
    this.isOver = true;
    this.socket.resetAndDestroy();
  }

  /** Waits; a connection that ends, or one that lets us wait too long, is an error. */
  async until(isSo: () => boolean, what: string): Promise<void> {
    const deadlineMs = Date.now() + PATIENCE_MS;
    while (!isSo()) {
      if (this.isOver) throw new Error(`the connection ended (${this.closeCode}) before ${what}`);
      if (Date.now() > deadlineMs) throw new Error(`waited in vain for ${what}`);
      await this.news.next(deadlineMs - Date.now());
    }
  }

  /** How many messages look like this; each is looked at once, however often the answer is asked for. */
  counter(pattern: RegExp): () => number {
    let seen = 0;
    let count = 0;
    return () => {
      for (; seen < this.messages.length; seen++) if (pattern.test(this.messages[seen]!)) count++;
      return count;
    };
  }

  /** Waits until the connection is over; false when it stays. */
  async gone(patienceMs = PATIENCE_MS): Promise<boolean> {
    const deadlineMs = Date.now() + patienceMs;
    while (!this.isOver && Date.now() < deadlineMs) await this.news.next(deadlineMs - Date.now());
    return this.isOver;
  }

  private take(bytes: Buffer): void {
    this.received = this.received.length === 0 ? bytes : Buffer.concat([this.received, bytes]);
    if (!this.isUpgraded) {
      const end = this.received.indexOf("\r\n\r\n");
      if (end === -1) return;
      if (!this.received.toString("latin1", 0, 12).endsWith("101")) {
        this.socket.destroy();
        return;
      }
      this.received = this.received.subarray(end + 4);
      this.isUpgraded = true;
    }
    while (this.takeFrame());
    this.news.tell();
  }

  private takeFrame(): boolean {
    const bytes = this.received;
    if (bytes.length < 2) return false;
    const short = bytes[1]! & 0x7f;
    const start = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length < start) return false;
    const length =
      short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
    if (bytes.length < start + length) return false;
    const payload = bytes.subarray(start, start + length);
    this.received = bytes.subarray(start + length);
    this.said(bytes[0]! & 0x0f, payload);
    return true;
  }

  private said(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.text) this.messages.push(payload.toString());
    if (opcode === OPCODE.ping) this.send(payload, OPCODE.pong);
    if (opcode !== OPCODE.close) return;
    this.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    this.closeReason = payload.toString("utf8", 2);
    this.socket.end();
  }
}
