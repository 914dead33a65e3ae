// The frame fuzzer: sends what FrameMaker makes over several connections, and holds the relay to one answer for each.

import { matchesFilter, parseFilter } from "../../src/nostr/filter.ts";
import { isRefusal } from "../../src/nostr/reason.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { OPCODE, RawSocket } from "../faults/raw-socket.ts";
import { prng } from "../support/prng.ts";
import { type Expected, expectationOf } from "./expectation.ts";
import { FrameMaker } from "./mutation.ts";

export interface FrameFuzzOptions {
  readonly url: string;
  readonly seed: number;
  /** Rounds go on until then. */
  readonly until: () => boolean;
  /** How long answers may take. */
  readonly settleMs?: number;
}

export interface FrameFuzzReport {
  frames: number;
  connections: number;
  /** One sentence each, with the frame. */
  readonly violations: string[];
}

/** The relay under test must be started with these: the oracle knows of no rates, and of this size. */
export const FUZZED_SETTINGS = {
  "limits.max_message_length": 65_536,
  "limits.max_content_length": 65_536,
  "limits.max_subscriptions": 100_000,
  "limits.invalid_events_per_minute_per_connection": 0,
  "log.level": "warn",
} as const;

const FRAMES_A_ROUND = 40;
const SETTLE_MS = 5000;
const VIOLATIONS_MAX = 10;
/** Close codes for what is wrong below the level of messages. */
const ALLOWED_CODES: ReadonlySet<number | undefined> = new Set([1000, 1002, 1005, 1007, 1009]);

export async function fuzzFrames(options: FrameFuzzOptions): Promise<FrameFuzzReport> {
  const report: FrameFuzzReport = { frames: 0, connections: 0, violations: [] };
  for (let round = 0; report.violations.length < VIOLATIONS_MAX; round++) {
    const lanes = [0, 1, 2].map((lane) => runRound(options, round * 4 + lane, report));
    lanes.push(runRawRound(options, round * 4 + 3, report));
    await Promise.all(lanes);
    if (options.until()) break;
  }
  return report;
}

/** One connection, some frames, every answer accounted for. */
async function runRound(
  { url, seed, settleMs = SETTLE_MS }: FrameFuzzOptions,
  number: number,
  report: FrameFuzzReport,
): Promise<void> {
  const random = prng(seed + number * 7919);
  const maker = new FrameMaker(random);
  const socket = await RawSocket.open(url);
  report.connections++;
  const texts: string[] = [];
  for (let sent = 0; sent < FRAMES_A_ROUND; sent++) {
    const text = maker.text().toWellFormed();
    texts.push(text);
    if (random() < 0.1 && text !== "") socket.sendInPieces(Buffer.from(text), 1 + Math.floor(random() * 5));
    else socket.send(text);
  }
  report.frames += texts.length;
  const account = new Account(texts);
  const end = '["EOSE","the end"';
  socket.send('["REQ","the end",{"ids":[]}]');
  const deadlineMs = Date.now() + settleMs;
  const isSettled = (): boolean =>
    socket.messages.some((message) => message.startsWith(end)) && account.isBalanced(socket.messages);
  while (!socket.isOver && !isSettled() && Date.now() < deadlineMs) await Bun.sleep(2);
  // What comes twice comes late.
  await Bun.sleep(5);
  const violations = account.violations(socket.messages);
  if (socket.isOver) violations.push(`the connection ended with ${socket.closeCode}`);
  report.violations.push(...violations.slice(0, 3).map((text) => `${text} (seed ${seed}, round ${number})`));
  socket.reset();
}

/** Bytes that are no frames: the connection may end, with a code that says so, or stay; the relay lives. */
async function runRawRound(
  { url, seed }: FrameFuzzOptions,
  number: number,
  report: FrameFuzzReport,
): Promise<void> {
  const random = prng(seed + number * 7919);
  const maker = new FrameMaker(random);
  const socket = await RawSocket.open(url);
  report.connections++;
  for (let sent = 0; sent < 5; sent++) {
    const bytes = Buffer.from(maker.text());
    for (let flips = Math.floor(random() * 3); flips > 0; flips--)
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    const draw = random();
    if (draw < 0.6) socket.send(bytes, random() < 0.8 ? OPCODE.text : Math.floor(random() * 16));
    else if (draw < 0.8) socket.announce(Math.floor(random() * 2 ** 31));
    else socket.write(bytes);
    report.frames++;
  }
  await Bun.sleep(10);
  if (socket.isOver && socket.closeCode !== undefined && !ALLOWED_CODES.has(socket.closeCode)) {
    report.violations.push(
      `raw bytes were answered by close code ${socket.closeCode} (seed ${seed}, round ${number})`,
    );
  }
  socket.reset();
}

const RELAY_VERBS: ReadonlySet<unknown> = new Set([
  "EVENT",
  "OK",
  "EOSE",
  "CLOSED",
  "NOTICE",
  "COUNT",
  "AUTH",
  "NEG-MSG",
  "NEG-ERR",
]);
const REASON =
  /^(?:duplicate|pow|blocked|rate-limited|invalid|restricted|mute|error|auth-required|unsupported|closed): ./;

/** Which answers are owed for these frames, and which have come. */
class Account {
  /** By kind and id of the answer: how many are owed. */
  private readonly owed = new Map<
    string,
    { readonly expected: Expected; readonly text: string; readonly count: number }
  >();
  private readonly filters = new Map<string, readonly unknown[]>();
  /** Closed or asked again before their answer could come: then it may be missing. */
  private readonly optional = new Set<string>();

  constructor(texts: readonly string[]) {
    for (const text of texts) this.owe(text);
  }

  isBalanced(messages: readonly string[]): boolean {
    return this.violations(messages).length === 0;
  }

  violations(messages: readonly string[]): string[] {
    const found: string[] = [];
    const counts = new Map<string, number>();
    for (const message of messages) {
      const frame = JSON.parse(message) as unknown[];
      const fault = this.faultOfMessage(frame);
      if (fault !== undefined) found.push(`${fault}: ${message.slice(0, 200)}`);
      for (const [key, { expected }] of this.owed) {
        if (answersTo(frame, expected)) counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    for (const [key, { text, count, expected }] of this.owed) {
      const come = counts.get(key) ?? 0;
      const least = this.optional.has(key) ? 0 : count;
      if (come < least || come > count) {
        found.push(`${come} answers (${expected.verbs.join(" or ")}) for ${count} of ${text.slice(0, 300)}`);
      }
    }
    return found;
  }

  private owe(text: string): void {
    const message = parsed(text);
    if (message?.[0] === "CLOSE") this.optional.add(`query ${String(message[1])}`);
    const expected = expectationOf(text);
    if (expected === undefined) return;
    const { id, verbs } = expected;
    if (message?.[0] === "REQ" && id !== undefined) {
      // A mutation may have made two ids the same: then events for either may come.
      this.filters.set(id, [...(this.filters.get(id) ?? []), ...message.slice(2)]);
    }
    // CLOSED does not say what it ends: all questions under one id are counted together.
    const key = id === undefined ? "notice" : `${verbs.includes("OK") ? "event" : "query"} ${id}`;
    const entry = this.owed.get(key);
    if (entry === undefined) {
      this.owed.set(key, { expected, text, count: 1 });
      return;
    }
    // The second question under an id may end the first one without a word.
    if (key.startsWith("query ")) this.optional.add(key);
    const all = [...new Set([...entry.expected.verbs, ...verbs])];
    this.owed.set(key, { expected: { ...expected, verbs: all }, text: entry.text, count: entry.count + 1 });
  }

  private faultOfMessage(frame: unknown[]): string | undefined {
    const [verb, id, third, fourth] = frame;
    if (!Array.isArray(frame) || !RELAY_VERBS.has(verb)) return "no message of a relay";
    if (verb === "OK") {
      if (typeof third !== "boolean" || typeof fourth !== "string") return "a malformed OK";
      return third || REASON.test(fourth) ? undefined : "a refusal without a reason";
    }
    if (verb === "CLOSED" && !REASON.test(String(third))) return "a CLOSED without a reason";
    if (verb === "EVENT") return this.faultOfEvent(String(id), third as NostrEvent);
    return undefined;
  }

  private faultOfEvent(id: string, event: NostrEvent): string | undefined {
    const asked = this.filters.get(id);
    if (asked === undefined) return "an event for a subscription that nobody opened";
    const isMatch = asked.some((value) => {
      const filter = parseFilter(value);
      return !isRefusal(filter) && matchesFilter(filter, event);
    });
    return isMatch ? undefined : `an event that does not match ${JSON.stringify(asked)}`;
  }
}

function answersTo(frame: readonly unknown[], { verbs, id }: Expected): boolean {
  return verbs.includes(String(frame[0])) && (id === undefined || frame[1] === id);
}

function parsed(text: string): unknown[] | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return Array.isArray(message) ? message : undefined;
  } catch {
    return undefined;
  }
}
