// A raw WebSocket client for load: one socket.write for whole pipelines, Nagle off, answers counted as bytes fly by.

import type { Socket } from "bun";
import { frame, OPCODE } from "./frame-head.ts";
import { FrameReader, type FrameSink } from "./frame-reader.ts";

export interface Listener {
  /** One relay message, as FrameSink.said. */
  said(code: number, value: number): void;
  /** Bytes have arrived and are about to be read: the moment for taking the time. */
  chunk?(): void;
  /** All messages of one read have been told: the moment for sending more. */
  settled?(): void;
  remark?(text: string): void;
  /** The connection is over. It is told once, never before open() has answered. */
  ended?(reason: string): void;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly tls: boolean;
}

export function endpointOf(url: string): Endpoint {
  const { protocol, hostname, port, pathname } = new URL(url);
  const tls = protocol === "wss:";
  return { host: hostname, port: Number(port) || (tls ? 443 : 80), path: pathname, tls };
}

const HANDSHAKE_MS = 10_000;
const EMPTY = new Uint8Array(0);

/** Connects and upgrades. Rejects with the reason when the relay answers anything but 101 in time. */
export async function open(endpoint: Endpoint, listener: Listener): Promise<Connection> {
  const connection = new Connection(listener);
  await connection.connect(endpoint);
  return connection;
}

export class Connection implements FrameSink {
  listener: Listener;
  private socket: Socket | undefined;
  private unsent: Uint8Array = EMPTY;
  private readonly reader = new FrameReader(this);
  private head = "";
  private isOpen = false;
  private isOver = false;
  private readonly upgraded = Promise.withResolvers<void>();

  constructor(listener: Listener) {
    this.listener = listener;
  }

  async connect(endpoint: Endpoint): Promise<void> {
    const timer = setTimeout(() => this.over("no WebSocket handshake within 10 s"), HANDSHAKE_MS);
    try {
      const socket = await Bun.connect({
        hostname: endpoint.host,
        port: endpoint.port,
        ...(endpoint.tls ? { tls: true } : {}),
        socket: {
          data: (_, chunk) => this.data(chunk),
          drain: () => this.flush(),
          close: () => this.over("the relay closed the socket"),
          error: (_, error) => this.over(String(error)),
        },
      });
      this.socket = socket;
      socket.setNoDelay(true);
      socket.write(
        `GET ${endpoint.path} HTTP/1.1\r\nHost: ${endpoint.host}:${endpoint.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
      );
      await this.upgraded.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends bytes that are frames already. What the kernel does not take at once is copied, so they may be reused. */
  send(bytes: Uint8Array, from = 0, to = bytes.length): void {
    if (this.isOver || to === from) return;
    if (this.unsent.length > 0) {
      this.unsent = Buffer.concat([this.unsent, bytes.subarray(from, to)]);
      return;
    }
    const sent = Math.max(0, this.socket!.write(bytes, from, to - from));
    if (sent < to - from) this.unsent = bytes.slice(from + sent, to);
  }

  sendText(text: string): void {
    this.send(frame(text));
  }

  /** Closes without the closing handshake and tells the listener nothing: a load client leaves in a hurry. */
  drop(): void {
    this.isOver = true;
    this.socket?.terminate();
  }

  said(code: number, value: number): void {
    this.listener.said(code, value);
  }

  remark(text: string): void {
    this.listener.remark?.(text);
  }

  ping(payload: Uint8Array): void {
    this.send(frame(payload, OPCODE.pong));
  }

  close(code: number, reason: string): void {
    this.over(`the relay closed with ${code} ${reason}`);
  }

  private data(chunk: Uint8Array): void {
    if (this.isOver) return;
    this.listener.chunk?.();
    if (this.isOpen) this.reader.feed(chunk);
    else this.handshake(chunk);
    this.listener.settled?.();
  }

  private handshake(chunk: Uint8Array): void {
    const before = this.head.length;
    this.head += Buffer.from(chunk).toString("latin1");
    const end = this.head.indexOf("\r\n\r\n");
    if (end < 0) return;
    if (!this.head.startsWith("HTTP/1.1 101")) {
      this.over(`the relay answered ${JSON.stringify(this.head.slice(0, this.head.indexOf("\r\n")))}`);
      return;
    }
    this.isOpen = true;
    this.upgraded.resolve();
    const rest = chunk.subarray(end + 4 - before);
    if (rest.length > 0) this.reader.feed(rest);
  }

  private flush(): void {
    const bytes = this.unsent;
    this.unsent = EMPTY;
    this.send(bytes);
  }

  private over(reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.socket?.terminate();
    if (this.isOpen) this.listener.ended?.(reason);
    else this.upgraded.reject(new Error(reason));
  }
}
