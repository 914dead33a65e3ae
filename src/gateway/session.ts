// One connection: who it has proven to be, what it listens to, and how frames reach it.

import type { Publisher } from "../admission/pipeline.ts";
import type { LiveSink, LiveSubscription } from "../live/subscription.ts";
import { TokenBucket } from "../policy/rate.ts";
import type { Client } from "../policy/rotation.ts";
import type { CountQuery } from "../query/count.ts";
import type { CloseReason } from "../telemetry/metrics.ts";
import type { StoredQuery } from "../query/stored-query.ts";
import type { Turn } from "../query/turn-budget.ts";
import { authMessage } from "./relay-message.ts";
import { CloseCode, type RelaySocket, SOCKET_OPEN } from "./socket.ts";

export interface SessionOptions {
  /** Unread bytes after which a reader is too slow and is let go. */
  readonly sendBufferBytesMax: number;
  /** Invalid events a minute after which signatures of this connection are no longer checked. */
  readonly invalidEventsPerMinuteMax: number;
  /** Frames from this size on are compressed; 0 for never. */
  readonly compressionThresholdBytes: number;
  /** Whether kind-only subscriptions may ride the runtime's own topics. */
  readonly hasTopics: boolean;
  /** The share of the thread's time that queries of this connection get. */
  readonly turnOf: (session: Session) => Turn;
  /** Called with the first frame that is pushed since the last flush. */
  readonly pushed: (session: Session) => void;
}

/** A REQ that is open: its live side, and its stored phase until that is over. */
export interface OpenRequest {
  readonly live: LiveSubscription;
  query?: StoredQuery;
  /** Gives up a stored phase that stands still. */
  patience?: Timer;
}

/** Above this many unread bytes the stored phase of a REQ waits for the connection to drain. */
const ROOM_BYTES = 1024 * 1024;
/** The runtime leaves all topics of a connection that ends in one go, a thousand in a millisecond or two. */
const TOPICS_MAX = 1000;
/** A slow reader may never see the close frame behind its unread bytes; then the socket is cut. */
const CLOSE_GRACE_MS = 1000;

export class Session implements LiveSink, Publisher {
  /** Keys proven by AUTH. A connection may prove several (NIP-42). */
  readonly keys = new Set<string>();
  readonly requests = new Map<string, OpenRequest>();
  readonly counts = new Map<string, CountQuery>();
  /** What open requests hold, in values: one of the bounds. */
  held = 0;
  isOpen = true;
  /** Messages of this connection read in the last turn of the event loop that had any. */
  readInTurn = 0;
  lastTurn = 0;
  /** Set when the relay ends the connection. */
  closeReason: CloseReason | undefined;
  readonly address: string;
  readonly connection: number;
  readonly turn: Turn;
  private readonly socket: RelaySocket;
  private readonly options: SessionOptions;
  private outbox: string[] = [];
  private challengeText: string | undefined;
  private holdsChallenge = false;
  private topics = 0;
  private invalidEvents: TokenBucket | undefined;

  constructor(socket: RelaySocket, { address, connection }: Client, options: SessionOptions) {
    this.socket = socket;
    this.address = address;
    this.connection = connection;
    this.options = options;
    const { deadline, begin, later } = options.turnOf(this);
    this.turn = {
      deadline,
      begin: (work) => begin(() => this.corked(work)),
      later: (work) => later(() => this.corked(work)),
    };
  }

  /** The challenge of this connection: made when first needed, never changed, 128 random bits. */
  get challenge(): string {
    this.challengeText ??= Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("hex");
    return this.challengeText;
  }

  /** Sends the AUTH challenge unless the client holds it already. */
  sendChallenge(): void {
    if (this.holdsChallenge) return;
    this.holdsChallenge = true;
    this.send(authMessage(this.challenge));
  }

  /** Sends at once, after whatever was queued before. */
  send(frame: string): void {
    if (this.outbox.length > 0) this.flush();
    if (this.isOpen) this.write(frame);
  }

  private write(frame: string): void {
    if (!this.isOpen) return;
    const threshold = this.options.compressionThresholdBytes;
    const sent = this.socket.send(frame, threshold > 0 && frame.length >= threshold);
    if (sent <= 0) this.checkBacklog();
  }

  /** Runs many sends as few writes as possible. */
  corked(work: () => void): void {
    if (this.isOpen) this.socket.cork(work);
  }

  /** Queues a frame for the flush at the end of this fan-out or turn: many frames become one write. */
  push(frame: string): void {
    if (this.outbox.push(frame) === 1) this.options.pushed(this);
  }

  flush(): void {
    const frames = this.outbox;
    if (frames.length === 0) return;
    this.outbox = [];
    if (frames.length === 1) return this.write(frames[0]!);
    this.corked(() => {
      for (const frame of frames) this.write(frame);
    });
  }

  hasRoom(): boolean {
    return this.isOpen && this.socket.getBufferedAmount() < ROOM_BYTES;
  }

  /** Lets a reader go that leaves too many bytes unread: events are never skipped silently. */
  checkBacklog(): void {
    const unread = this.socket.getBufferedAmount();
    if (unread > this.options.sendBufferBytesMax) {
      this.close(CloseCode.policyViolation, `too slow: ${unread} bytes unread`, "slow-reader");
    }
  }

  joinTopic(topic: string): boolean {
    if (!this.options.hasTopics || this.topics >= TOPICS_MAX) return false;
    this.topics++;
    this.socket.subscribe(topic);
    return true;
  }

  leaveTopic(topic: string): void {
    this.topics--;
    if (this.isOpen) this.socket.unsubscribe(topic);
  }

  mayBeVerified(): boolean {
    return this.invalidEvents?.has(performance.now()) ?? true;
  }

  foundInvalid(): void {
    const perMinute = this.options.invalidEventsPerMinuteMax;
    if (perMinute === 0) return;
    this.invalidEvents ??= new TokenBucket(perMinute / 60, perMinute, performance.now());
    this.invalidEvents.take(performance.now());
  }

  /** `closeReason` is the word for metrics. */
  close(code: number, reason: string, closeReason: CloseReason): void {
    this.flush();
    if (!this.isOpen) return;
    this.closeReason = closeReason;
    this.isOpen = false;
    if (this.socket.readyState !== SOCKET_OPEN) return;
    this.socket.close(code, reason);
    if (this.socket.getBufferedAmount() > 0)
      setTimeout(() => this.socket.terminate(), CLOSE_GRACE_MS).unref();
  }
}
