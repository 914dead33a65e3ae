// A closed loop of load: so many connections, each with so many requests under way, every answer checked.

import { type Cost, CostMeter } from "./cost-meter.ts";
import { type Connection, type Endpoint, type Listener, open } from "../wire/connection.ts";
import { SAID } from "../wire/relay-message.ts";
import { ACT, type Tape } from "../wire/tape.ts";
import { type Phases, RunClock } from "./run-clock.ts";
import { type Quantiles, Samples } from "./samples.ts";

export interface LoopPlan extends Phases {
  readonly endpoint: Endpoint;
  readonly connections: number;
  /** Requests under way on each connection, at most 64. */
  readonly inFlight: number;
  readonly tape: Tape;
  /** Start the tape again at its end. Events must not be repeated: the second time they are duplicates. */
  readonly isEndless: boolean;
  /** Processor time of the relay in microseconds, where it can be known. */
  readonly relayCpu: () => number | undefined;
  /** Without any answer for so long the run has failed. */
  readonly stallMs?: number;
}

export interface LoopResult {
  /** Operations a second: the median of the windows. */
  readonly rate: number;
  readonly rates: readonly number[];
  readonly latency: Quantiles | undefined;
  /** Events in an answer to a REQ, the mean of all. */
  readonly eventsPerAnswer: number;
  /** Operations of the measured windows. */
  readonly operations: number;
  readonly cost: Cost | undefined;
  /** What went wrong, each thing once and at most ten; empty when every answer was right. */
  readonly faults: readonly string[];
  /** The tape ended before the last window did. */
  readonly ranDry: boolean;
}

const SLOTS = Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", "latin1");
const STALL_MS = 15_000;

export async function runLoop(plan: LoopPlan): Promise<LoopResult> {
  const loop = new ClosedLoop(plan);
  await loop.connect();
  await loop.run();
  return loop.result();
}

class ClosedLoop {
  readonly plan: LoopPlan;
  readonly clock: RunClock;
  readonly latency = new Samples();
  private readonly clients: Client[] = [];
  private readonly faults = new Set<string>();
  private readonly ended = Promise.withResolvers<void>();
  private cursor = 0;
  private outstanding = 0;
  private progress = 0;
  private readonly meter: CostMeter;
  private cost: Cost | undefined;
  private isStopping = false;
  private ranDry = false;
  eventsReceived = 0;
  answers = 0;

  constructor(plan: LoopPlan) {
    this.plan = plan;
    this.meter = new CostMeter(plan.relayCpu);
    this.clock = new RunClock(plan, () => {
      this.latency.clear();
      this.meter.begin();
    });
  }

  async connect(): Promise<void> {
    for (let index = 0; index < this.plan.connections; index++) {
      const client = new Client(this);
      client.connection = await open(this.plan.endpoint, client);
      this.clients.push(client);
    }
  }

  async run(): Promise<void> {
    const stallMs = this.plan.stallMs ?? STALL_MS;
    let seen = -1;
    const watch = setInterval(() => {
      if (this.progress === seen)
        this.fail(`no answer for ${stallMs} ms with ${this.outstanding} requests under way`);
      seen = this.progress;
    }, stallMs);
    this.clock.start(Bun.nanoseconds());
    for (const client of this.clients) client.begin();
    await this.ended.promise;
    clearInterval(watch);
    for (const client of this.clients) client.connection.drop();
  }

  /** Claims up to `wanted` frames of the tape; answers how many, from `claimed` on. */
  claimed = 0;
  claim(wanted: number): number {
    if (this.isStopping) return 0;
    const { tape, isEndless } = this.plan;
    if (this.cursor === tape.length && isEndless) this.cursor = 0;
    const count = Math.min(wanted, tape.length - this.cursor);
    if (count === 0) {
      this.ranDry = true;
      this.endWhenDone(Bun.nanoseconds());
    }
    this.claimed = this.cursor;
    this.cursor += count;
    this.outstanding += count;
    return count;
  }

  finished(count: number, now: number): void {
    this.progress += count;
    this.outstanding -= count;
    if (!this.isStopping && !this.clock.tick(now, count)) this.stop();
    this.endWhenDone(now);
  }

  /** Ends the run when nothing more is to be sent and everything sent has been answered. */
  private endWhenDone(now: number): void {
    if (this.outstanding > 0 || !(this.isStopping || this.ranDry)) return;
    if (!this.isStopping) this.clock.cut(now);
    this.stop();
    this.ended.resolve();
  }

  fault(text: string): void {
    if (this.faults.size < 10) this.faults.add(text);
  }

  fail(text: string): void {
    this.fault(text);
    this.stop();
    this.ended.resolve();
  }

  result(): LoopResult {
    return {
      rate: this.clock.rate(),
      rates: this.clock.rates,
      latency: this.latency.quantiles(),
      eventsPerAnswer: this.eventsReceived / Math.max(1, this.answers),
      operations: this.clock.measured,
      cost: this.cost,
      faults: [...this.faults],
      ranDry: this.ranDry,
    };
  }

  private stop(): void {
    if (this.isStopping) return;
    this.isStopping = true;
    this.cost = this.meter.end(this.clock.measured);
  }
}

/** One connection of the loop. A REQ or COUNT under way owns a slot, whose character is its subscription id. */
class Client implements Listener {
  connection!: Connection;
  private readonly loop: ClosedLoop;
  private readonly free: number[] = [];
  private readonly frameOf = new Int32Array(128);
  private readonly eventsOf = new Int32Array(128);
  private readonly sentAt = new Float64Array(128);
  /** EVENTs are answered in order by every relay we know; their times wait in a ring. */
  private readonly okFrames = new Int32Array(64);
  private readonly okSentAt = new Float64Array(64);
  private okHead = 0;
  private okTail = 0;
  private now = 0;
  private completed = 0;

  constructor(loop: ClosedLoop) {
    this.loop = loop;
    for (let slot = 0; slot < loop.plan.inFlight; slot++) this.free.push(SLOTS[slot]!);
  }

  begin(): void {
    this.refill(this.loop.plan.inFlight, Bun.nanoseconds());
  }

  chunk(): void {
    this.now = Bun.nanoseconds();
  }

  said(code: number, value: number): void {
    const mark = code >> 8;
    switch (code & 0xff) {
      case SAID.event:
        this.eventsOf[mark]!++;
        break;
      case SAID.eose:
        this.answered(mark, this.eventsOf[mark]!);
        break;
      case SAID.ok:
        this.verdict(mark);
        break;
      case SAID.count:
        this.answered(mark, value);
        break;
      case SAID.closed:
        this.answered(mark, -1);
        break;
      default:
        break;
    }
  }

  remark(text: string): void {
    if (this.expectsRefusal && text.startsWith('["OK"')) return;
    this.loop.fault(text.slice(0, 150).replaceAll(/[0-9a-f]{64}/g, "<id>"));
  }

  ended(reason: string): void {
    this.loop.fail(reason);
  }

  settled(): void {
    const { completed } = this;
    if (completed === 0) return;
    this.completed = 0;
    this.loop.finished(completed, this.now);
    this.refill(completed, Bun.nanoseconds());
  }

  private get expectsRefusal(): boolean {
    return this.okTail > this.okHead && this.loop.plan.tape.expected(this.okFrames[this.okHead & 63]!) === 0;
  }

  private refill(wanted: number, now: number): void {
    while (wanted > 0) {
      const count = this.loop.claim(wanted);
      if (count === 0) return;
      const first = this.loop.claimed;
      for (let index = first; index < first + count; index++) this.launch(index, now);
      const { tape } = this.loop.plan;
      this.connection.send(tape.bytes, tape.start(first), tape.start(first + count));
      wanted -= count;
    }
  }

  private launch(index: number, now: number): void {
    const { tape } = this.loop.plan;
    if (tape.act(index) === ACT.event) {
      this.okFrames[this.okTail & 63] = index;
      this.okSentAt[this.okTail++ & 63] = now;
      return;
    }
    const slot = this.free.pop()!;
    tape.mark(index, slot);
    this.frameOf[slot] = index;
    this.sentAt[slot] = now;
    this.eventsOf[slot] = 0;
  }

  private answered(slot: number, found: number): void {
    const { tape } = this.loop.plan;
    const index = this.frameOf[slot]!;
    const expected = tape.expected(index);
    if (found !== expected) {
      this.loop.fault(
        `${found < 0 ? "refused" : `answered ${found} instead of ${expected}`}: ${tape.text(index).slice(0, 120)}`,
      );
    }
    this.loop.eventsReceived += this.eventsOf[slot]!;
    this.loop.answers++;
    this.loop.latency.add(this.now - this.sentAt[slot]!);
    this.free.push(slot);
    this.completed++;
  }

  private verdict(isAccepted: number): void {
    const index = this.okFrames[this.okHead & 63]!;
    if (isAccepted !== this.loop.plan.tape.expected(index)) {
      this.loop.fault(
        isAccepted === 1
          ? "accepted an event that must be refused"
          : "refused an event that must be accepted",
      );
    }
    this.loop.latency.add(this.now - this.okSentAt[this.okHead++ & 63]!);
    this.completed++;
  }
}
