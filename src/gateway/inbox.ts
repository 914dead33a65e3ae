// Messages that wait to be read: long ones are read in slices, and more than a connection's share of a turn waits.

import { WaitingLine } from "../channel/waiting-line.ts";
import type { Refusal } from "../nostr/reason.ts";
import type { ClientMessage } from "./client-message.ts";
import { LONG_FROM_CHARACTERS, readLongMessage } from "./long-message.ts";
import type { TurnBudget } from "../query/turn-budget.ts";
import type { Session } from "./session.ts";

export interface InboxOptions {
  /** Bytes waiting on one connection, and on all together, at most. */
  readonly bytesPerConnectionMax: number;
  readonly bytesMax: number;
  /** Milliseconds of reading before others get a turn. */
  readonly sliceMs: number;
  readonly turn: TurnBudget;
  /** Reads a message that is read in one go. */
  readonly parse: (message: unknown) => ClientMessage | Refusal;
  readonly take: (session: Session, message: ClientMessage | Refusal) => void;
  /** Runs work that a defect may end. */
  readonly guarded: (session: Session, work: () => void) => void;
}

/** The messages of one connection that wait. */
class Line extends WaitingLine<unknown> {
  bytes = 0;
  /** The first message, where it is being read. */
  reading: Generator<void, ClientMessage | Refusal> | undefined;
}

/** What a waiting message costs beside its text. */
const MESSAGE_BYTES = 256;
/** Messages that a connection may have read in one turn of the event loop, also once its time is spent. */
const SHARE_MESSAGES = 32;

/**
 * The runtime hands over all that a socket has received, thousands of messages, in one turn of the event loop. So there is
 * a share of each turn for each connection; what comes beyond it once the turn's time is spent waits for the next, and a
 * long message may take several. Behind one that waits, the others of its connection wait too: their order is kept.
 */
export class Inbox {
  /** Bytes waiting on all connections. */
  bytes = 0;
  private readonly options: InboxOptions;
  private readonly lines = new Map<Session, Line>();

  constructor(options: InboxOptions) {
    this.options = options;
  }

  /** Must this message wait here? */
  isFor(session: Session, message: unknown): boolean {
    if (isLong(message) || (this.lines.size > 0 && this.lines.has(session))) return true;
    const { turn } = this.options;
    if (session.lastTurn !== turn.enter()) {
      session.lastTurn = turn.number;
      session.readInTurn = 0;
    }
    return ++session.readInTurn > SHARE_MESSAGES ? turn.isSpent() : turn.isLate();
  }

  put(session: Session, message: unknown): void {
    const bytes = bytesOf(message);
    const waiting = this.lines.get(session);
    if (waiting !== undefined) this.makeRoom(session, waiting, bytes);
    // What was read for that may have ended the connection.
    if (this.lines.get(session) !== waiting) return;
    const line = waiting ?? new Line();
    this.bytes += bytes;
    line.bytes += bytes;
    line.push(message);
    if (waiting !== undefined) return;
    this.lines.set(session, line);
    session.turn.begin(() => this.work(session));
  }

  /** Where too much waits already, the oldest messages are read at once: the socket is not read meanwhile. */
  private makeRoom(session: Session, line: Line, bytes: number): void {
    const { bytesPerConnectionMax, bytesMax } = this.options;
    while (line.bytes + bytes > bytesPerConnectionMax || this.bytes + bytes > bytesMax) {
      if (this.lines.get(session) !== line || line.length === 0) return;
      this.options.guarded(session, () => this.step(session, line));
    }
  }

  /** The connection is gone. */
  drop(session: Session): void {
    const line = this.lines.get(session);
    if (line === undefined) return;
    this.bytes -= line.bytes;
    this.lines.delete(session);
  }

  private work(session: Session): void {
    const deadlineMs = session.turn.deadline(this.options.sliceMs);
    do {
      const line = this.lines.get(session);
      if (line === undefined) return;
      this.options.guarded(session, () => this.step(session, line));
      if (line.length === 0) return this.drop(session);
    } while (performance.now() < deadlineMs);
    session.turn.later(() => this.work(session));
  }

  private step(session: Session, line: Line): void {
    const message = line.first;
    if (line.reading === undefined && isLong(message)) line.reading = readLongMessage(message);
    const read = line.reading?.next();
    if (read?.done === false) return;
    const bytes = bytesOf(message);
    line.shift();
    line.reading = undefined;
    line.bytes -= bytes;
    this.bytes -= bytes;
    this.options.take(session, read?.value ?? this.options.parse(message));
  }
}

function isLong(message: unknown): message is string {
  return typeof message === "string" && message.length >= LONG_FROM_CHARACTERS;
}

/** Of what a host has parsed already the length is not known; its own bound on messages stands before it. */
function bytesOf(message: unknown): number {
  if (typeof message === "string") return message.length + MESSAGE_BYTES;
  return MESSAGE_BYTES + (ArrayBuffer.isView(message) ? message.byteLength : 0);
}
