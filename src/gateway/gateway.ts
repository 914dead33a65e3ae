// The WebSocket side of the relay: sessions, and which verb goes where.

import type { Admission } from "../admission/pipeline.ts";
import type { Live } from "../live/live.ts";
import type { LiveSubscription } from "../live/subscription.ts";
import { isRefusal, type Refusal, refuse } from "../nostr/reason.ts";
import type { AuthOptions } from "../policy/auth.ts";
import { AddressLimiter } from "../policy/rate.ts";
import type { LimitOptions, QueryStores } from "../query/planner.ts";
import type { SearchMatcher } from "../query/search-matcher.ts";
import { TurnBudget } from "../query/turn-budget.ts";
import { checkSubscriptionId, type ClientMessage, messageOf, parseClientMessage } from "./client-message.ts";
import { HeldValues } from "./held-values.ts";
import { Inbox } from "./inbox.ts";
import type { GatewayMeters } from "./meters.ts";
import { NO_CONNECTION, PageTurns } from "./page-turns.ts";
import { closedMessage, noticeMessage } from "./relay-message.ts";
import { type OpenRequest, Session } from "./session.ts";
import { CloseCode, type RelaySocket } from "./socket.ts";
import { handleAuth } from "./verbs/auth.ts";
import { handleClose } from "./verbs/close.ts";
import { handleCount } from "./verbs/count.ts";
import { handleEvent } from "./verbs/event.ts";
import { handleNegentropy } from "./verbs/negentropy.ts";
import { handleRequest } from "./verbs/req.ts";

export interface GatewayLimits extends LimitOptions {
  readonly messageBytesMax: number;
  readonly subscriptionsMax: number;
  readonly filtersMax: number;
  readonly filterValuesMax: number;
  readonly subscriptionIdCharactersMax: number;
  readonly searchCharactersMax: number;
  /** What one query may do on the main thread before others get a turn. */
  readonly queryBudgetMs: number;
  /** A stored phase that has sent nothing for so long is given up. */
  readonly queryPatienceMs: number;
  readonly sendBufferBytesMax: number;
  readonly invalidEventsPerMinuteMax: number;
  readonly eventsPerSecondPerAddressMax: number;
  readonly requestsPerSecondPerAddressMax: number;
}

export interface GatewayOptions {
  readonly limits: GatewayLimits;
  readonly auth: AuthOptions;
  readonly authRequired: boolean;
  readonly challengeOnConnect: boolean;
  /** Frames from this size on are compressed; 0 for never. */
  readonly compressionThresholdBytes: number;
}

/** What the verbs use. */
export interface GatewayPorts {
  readonly admission: Admission;
  readonly live: Live;
  readonly stores: QueryStores;
  /** seq of the last event that live delivery has been told of. */
  readonly publishedSeq: () => number;
  /** Prepares the live side of a `search`; absent where search is off. */
  readonly searchMatcher?: SearchMatcher;
  /** Unix seconds. */
  readonly now: () => number;
  /** A defect of the relay met a message of some client. */
  readonly failed: (error: unknown) => void;
  readonly meters: GatewayMeters;
}

/** Requests of a connection that is gone, ended between two looks at the clock. */
const ENDED_PER_LOOK = 16;

/** Messages of the largest size that may wait on one connection, and the bytes that may wait on all. */
const INBOX_MESSAGES = 4;
const INBOX_BYTES_MAX = 256 * 1024 * 1024;

export class Gateway {
  readonly options: GatewayOptions;
  readonly ports: GatewayPorts;
  readonly sessions = new Set<Session>();
  readonly eventLimiter: AddressLimiter;
  readonly requestLimiter: AddressLimiter;
  readonly held = new HeldValues();
  readonly pages: PageTurns;
  private readonly turn: TurnBudget;
  private readonly inbox: Inbox;
  private readonly dirty: Session[] = [];
  private lastConnection = NO_CONNECTION;
  private topicBytes = 0;

  constructor(options: GatewayOptions, ports: GatewayPorts) {
    this.options = options;
    this.ports = ports;
    this.eventLimiter = new AddressLimiter(options.limits.eventsPerSecondPerAddressMax);
    this.requestLimiter = new AddressLimiter(options.limits.requestsPerSecondPerAddressMax);
    this.turn = new TurnBudget(options.limits.queryBudgetMs);
    this.pages = new PageTurns(this.turn);
    this.inbox = new Inbox({
      bytesPerConnectionMax: options.limits.messageBytesMax * INBOX_MESSAGES,
      bytesMax: INBOX_BYTES_MAX,
      sliceMs: options.limits.queryBudgetMs,
      turn: this.turn,
      parse: (message) => this.parse(message),
      take: (session, message) => this.take(session, message),
      guarded: (session, work) => this.guarded(session, work),
    });
  }

  /** Bytes of messages that wait to be read, and their bound. */
  get inboxBytes(): number {
    return this.inbox.bytes;
  }

  get inboxBytesMax(): number {
    return INBOX_BYTES_MAX;
  }

  /** `hasTopics`: may this socket ride native topics? Only where the relay can publish to its server. */
  open(socket: RelaySocket, address: string, hasTopics: boolean): Session {
    const session = new Session(
      socket,
      { address, connection: ++this.lastConnection },
      {
        sendBufferBytesMax: this.options.limits.sendBufferBytesMax,
        invalidEventsPerMinuteMax: this.options.limits.invalidEventsPerMinuteMax,
        compressionThresholdBytes: this.options.compressionThresholdBytes,
        hasTopics,
        turnOf: (client) => this.turn.of(client),
        pushed: (pushed) => this.flushSoon(pushed),
      },
    );
    this.sessions.add(session);
    this.ports.meters.opened();
    if (this.options.challengeOnConnect) session.sendChallenge();
    return session;
  }

  /** `message` is the text of a frame, a Buffer for a binary one, or JSON that the host has parsed already. */
  message(session: Session, message: unknown): void {
    this.guarded(session, () => this.read(session, message));
  }

  /** A defect that meets a message of some client is told to both; whoever hosts the relay must not fall over it. */
  private guarded(session: Session, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.ports.failed(error);
      session.send(noticeMessage(refuse("error", "the relay could not handle this message")));
    }
  }

  private read(session: Session, message: unknown): void {
    if (!this.inbox.isFor(session, message)) return this.take(session, this.parse(message));
    if (typeof message === "string" && this.isTooLong(message)) return this.take(session, this.tooLong());
    this.inbox.put(session, message);
  }

  private take(session: Session, parsed: ClientMessage | Refusal): void {
    if (isRefusal(parsed)) {
      this.ports.meters.received("other");
      this.ports.meters.refused(parsed.prefix);
      return session.send(noticeMessage(parsed));
    }
    this.ports.meters.received(parsed.verb);
    this.dispatch(session, parsed);
  }

  /** The connection has taken what was waiting: stored phases that stood still go on. */
  drain(session: Session): void {
    for (const request of session.requests.values()) {
      if (request.query !== undefined) session.corked(() => request.query?.advance());
    }
  }

  closed(session: Session, code: number): void {
    session.isOpen = false;
    this.inbox.drop(session);
    this.endRequests(session);
    for (const count of session.counts.values()) count.cancel();
    session.counts.clear();
    if (this.sessions.delete(session)) this.ports.meters.closed(code, session.closeReason);
  }

  /** Hundreds of subscriptions to dozens of kinds take milliseconds to take out, and many connections may end at once. */
  private endRequests(session: Session): void {
    let ended = 0;
    for (const id of session.requests.keys()) {
      this.endRequest(session, id);
      if (++ended < ENDED_PER_LOOK || !this.turn.isSpent()) continue;
      return this.turn.of(session).later(() => this.endRequests(session));
    }
  }

  /** At the latest when this turn ends: the answers to a whole commit leave as one write for each connection. */
  private flushSoon(session: Session): void {
    if (this.dirty.push(session) === 1) queueMicrotask(() => this.flush());
  }

  /** Sends everything that this fan-out, or this turn, has pushed. */
  flush(): void {
    for (const session of this.dirty.splice(0)) session.flush();
  }

  /**
   * Frames of native topics are queued by the runtime: their readers are looked at now and then instead, and in a flood
   * often enough to meet them before the runtime's own bound cuts them off without a reason.
   */
  topicPublished(bytes: number): void {
    this.topicBytes += bytes;
    if (this.topicBytes * 4 >= this.options.limits.sendBufferBytesMax) this.checkBacklogs();
  }

  checkBacklogs(): void {
    this.topicBytes = 0;
    for (const session of this.sessions) session.checkBacklog();
  }

  addRequest(session: Session, request: OpenRequest): void {
    session.requests.set(request.live.id, request);
  }

  /** Ends a subscription without a word: by CLOSE, by a REQ of the same id, or with the connection. */
  endRequest(session: Session, id: string): void {
    const request = session.requests.get(id);
    if (request === undefined) return;
    session.requests.delete(id);
    this.held.release(session, request.live.weight);
    clearInterval(request.patience);
    request.query?.cancel();
    this.ports.live.remove(request.live);
  }

  /** The id of a REQ or COUNT; undefined where it is none, which the client has been told then. */
  readId(session: Session, id: unknown): string | undefined {
    const check = checkSubscriptionId(id, this.options.limits.subscriptionIdCharactersMax);
    if (check.type === "valid") return check.id;
    if (check.echo === undefined) session.send(noticeMessage(check.refusal));
    else this.refuse(session, check.echo, check.refusal);
    return undefined;
  }

  /** Refuses a REQ or COUNT; what stood under a REQ's id is gone too. */
  refuse(session: Session, id: string, refusal: Refusal): void {
    this.ports.meters.refused(refusal.prefix);
    if (refusal.prefix === "auth-required") session.sendChallenge();
    session.send(closedMessage(id, refusal));
  }

  /** A subscription whose stored phase took so long that too much happened meanwhile. */
  overflowed(subscription: LiveSubscription): void {
    const session = subscription.sink as Session;
    this.endRequest(session, subscription.id);
    this.refuse(
      session,
      subscription.id,
      refuse("error", "too many new events arrived during the stored ones; ask again"),
    );
  }

  /** Says goodbye to everybody: CLOSED for every subscription, then close code 1012. */
  closeAll(): void {
    const refusal = refuse("error", "the relay is restarting; connect again in a moment");
    for (const session of [...this.sessions]) {
      for (const id of [...session.requests.keys()]) {
        this.endRequest(session, id);
        session.send(closedMessage(id, refusal));
      }
      session.close(CloseCode.serviceRestart, "the relay is restarting", "shutdown");
    }
  }

  private parse(message: unknown): ClientMessage | Refusal {
    if (typeof message === "string") {
      return this.isTooLong(message) ? this.tooLong() : parseClientMessage(message);
    }
    if (ArrayBuffer.isView(message) || message instanceof ArrayBuffer) {
      return refuse("invalid", "messages are text frames of JSON, not binary");
    }
    return this.isTooLongOnceWritten(message) ? this.tooLong() : messageOf(message);
  }

  private isTooLong(text: string): boolean {
    const { messageBytesMax } = this.options.limits;
    // UTF-8 needs one to three bytes for a UTF-16 unit, so most texts need no counting.
    if (text.length > messageBytesMax) return true;
    return text.length * 3 > messageBytesMax && Buffer.byteLength(text) > messageBytesMax;
  }

  /** For messages whose host has parsed them and dropped the text; nesting too deep to be written counts as too long. */
  private isTooLongOnceWritten(message: unknown): boolean {
    try {
      return this.isTooLong(JSON.stringify(message) ?? "");
    } catch {
      return true;
    }
  }

  private tooLong(): Refusal {
    return refuse(
      "invalid",
      `the message is too large; at most ${this.options.limits.messageBytesMax} bytes are taken`,
    );
  }

  private dispatch(session: Session, message: ClientMessage): void {
    switch (message.verb) {
      case "EVENT":
        return handleEvent(this, session, message.elements);
      case "REQ":
        return handleRequest(this, session, message.elements);
      case "CLOSE":
        return handleClose(this, session, message.elements);
      case "COUNT":
        return handleCount(this, session, message.elements);
      case "AUTH":
        return handleAuth(this, session, message.elements);
      case "NEG-OPEN":
      case "NEG-MSG":
      case "NEG-CLOSE":
        return handleNegentropy(this, session, message);
    }
  }
}
