// A plain Nostr client for protocol tests: sends any frame, and waits for the frames it expects.

import type { NostrEvent } from "../../src/nostr/event.ts";
import { type Keypair, signed } from "./events.ts";
import { News } from "./news.ts";

export type Frame = readonly unknown[];

/** Long enough for a loaded machine; a test that waits this long has failed. */
const PATIENCE_MS = 8000;

export class TestClient {
  readonly frames: Frame[] = [];
  closeCode: number | undefined;
  closeReason: string | undefined;
  private readonly socket: WebSocket;
  private readonly news = new News();
  private read = 0;
  private asked = 0;
  /** Frames that had arrived when a subscription id was last asked for. */
  private readonly requestedAt = new Map<string, number>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.onmessage = (message) => {
      this.frames.push(JSON.parse(String(message.data)) as Frame);
      this.news.tell();
    };
    socket.onclose = (event) => {
      this.closeCode = event.code;
      this.closeReason = event.reason;
      this.news.tell();
    };
  }

  static async connect(
    url: string,
    options?: { headers?: Record<string, string>; tls?: object },
  ): Promise<TestClient> {
    const socket = new WebSocket(url, options as never);
    const client = new TestClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error(`cannot connect to ${url}`));
    });
    return client;
  }

  send(...message: unknown[]): void {
    if (message[0] === "REQ") this.requestedAt.set(String(message[1]), this.frames.length);
    this.socket.send(JSON.stringify(message));
  }

  sendRaw(data: string | Uint8Array): void {
    this.socket.send(data as never);
  }

  /** The next unread frame that `wanted` takes; frames before it are passed over. */
  async next(wanted: (frame: Frame) => boolean, what = "a frame"): Promise<Frame> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      while (this.read < this.frames.length) {
        const frame = this.frames[this.read++]!;
        if (wanted(frame)) return frame;
      }
      if (this.closeCode !== undefined)
        throw new Error(`closed (${this.closeCode}) while waiting for ${what}`);
      if (Date.now() > deadline) {
        throw new Error(`no ${what}; the last frames were ${JSON.stringify(this.frames.slice(-5))}`);
      }
      await this.news.next(deadline - Date.now());
    }
  }

  /** The next frame of one of these verbs. */
  verb(...verbs: string[]): Promise<Frame> {
    return this.next((frame) => verbs.includes(String(frame[0])), verbs.join(" or "));
  }

  /** Publishes and answers the OK: `[accepted, message]`. */
  async publish(event: object): Promise<[boolean, string]> {
    this.send("EVENT", event);
    const ok = await this.okFor(event);
    return [ok[2] as boolean, ok[3] as string];
  }

  /** Asks and answers the stored events; throws when the relay answers CLOSED. The subscription stays open. */
  async ask(
    subscription: string,
    ...filters: object[]
  ): Promise<{ id: string; created_at: number; kind: number }[]> {
    const { events, end } = await this.request(subscription, ...filters);
    if (end[0] === "CLOSED") throw new Error(`CLOSED: ${String(end[2])}`);
    return events as never;
  }

  /** Asks and answers everything up to EOSE or CLOSED. */
  async request(subscription: string, ...filters: unknown[]): Promise<{ events: unknown[]; end: Frame }> {
    const events: unknown[] = [];
    this.send("REQ", subscription, ...filters);
    const end = await this.next((frame) => {
      if (frame[1] !== subscription) return false;
      if (frame[0] === "EVENT") events.push(frame[2]);
      return frame[0] === "EOSE" || frame[0] === "CLOSED";
    }, `EOSE for ${subscription}`);
    return { events, end };
  }

  /** The last challenge that arrived. */
  async challenge(): Promise<string> {
    const isChallenge = (frame: Frame): boolean => frame[0] === "AUTH";
    const frame = this.frames.findLast(isChallenge) ?? (await this.next(isChallenge, "the AUTH challenge"));
    return String(frame[1]);
  }

  /** Proves a key on this connection and answers the OK. */
  async authenticate(key: Keypair, relayUrl: string, created_at?: number): Promise<[boolean, string]> {
    const tags = [
      ["relay", relayUrl],
      ["challenge", await this.challenge()],
    ];
    return this.sendAuth(
      signed(key, { kind: 22_242, tags, ...(created_at === undefined ? {} : { created_at }) }),
    );
  }

  /** Sends any event as AUTH and answers the OK. */
  async sendAuth(event: object): Promise<[boolean, string]> {
    this.send("AUTH", event);
    const ok = await this.okFor(event);
    return [ok[2] as boolean, ok[3] as string];
  }

  /** Stored events for these filters, by a subscription that is closed again; throws when the relay answers CLOSED. */
  async stored(...filters: object[]): Promise<NostrEvent[]> {
    const id = `stored ${++this.asked}`;
    const events = await this.ask(id, ...filters);
    this.send("CLOSE", id);
    return events as never;
  }

  /** The events that have arrived under this subscription id since its last REQ, stored and live. */
  eventsOf(subscription: string): NostrEvent[] {
    return this.frames
      .slice(this.requestedAt.get(subscription) ?? 0)
      .filter((frame) => frame[0] === "EVENT" && frame[1] === subscription)
      .map((frame) => frame[2] as NostrEvent);
  }

  /** The COUNT frame's last element, or the text of CLOSED. */
  async count(
    id: string,
    ...filters: unknown[]
  ): Promise<{ count: number; approximate?: boolean; hll?: string } | string> {
    this.send("COUNT", id, ...filters);
    const frame = await this.next(
      (one) => (one[0] === "COUNT" || one[0] === "CLOSED") && one[1] === id,
      `COUNT for ${id}`,
    );
    return frame[2] as never;
  }

  /** Everything unread so far, after a round trip that makes sure that what was under way has arrived. */
  async settled(): Promise<Frame[]> {
    const start = this.read;
    const probe = `settled-${Math.random()}`;
    this.send("REQ", probe, { ids: ["0".repeat(64)] });
    await this.next((frame) => frame[0] === "EOSE" && frame[1] === probe, "the probe's EOSE");
    this.send("CLOSE", probe);
    return this.frames.slice(start, this.read).filter((frame) => frame[1] !== probe);
  }

  async closed(): Promise<number> {
    const deadline = Date.now() + PATIENCE_MS;
    while (this.closeCode === undefined) {
      if (Date.now() > deadline) throw new Error("the connection was not closed");
      await this.news.next(deadline - Date.now());
    }
    return this.closeCode;
  }

  close(): void {
    this.socket.close();
  }

  private okFor(event: object): Promise<Frame> {
    const { id } = event as { readonly id?: unknown };
    return this.next((frame) => frame[0] === "OK" && frame[1] === id, `OK for ${String(id)}`);
  }
}
