// Publishers that keep a pace whatever the relay does: an event counts from when it was due, not from when it got away.

import { type Connection, type Endpoint, type Listener, open } from "../wire/connection.ts";
import { frame } from "../wire/frame-head.ts";
import { SAID } from "../wire/relay-message.ts";
import { type Quantiles, Samples } from "../load/samples.ts";

export interface PacedPlan {
  readonly endpoint: Endpoint;
  readonly connections: number;
  /** Events a second, all connections together. */
  readonly pace: number;
  readonly events: readonly { readonly id: string; readonly json: string }[];
  /** Latencies of the first moments are left out. */
  readonly warmUpMs: number;
  /** Told of every OK true. */
  readonly stored: (id: string) => void;
}

export interface PacedResult {
  /** Events a second that were acknowledged with OK true. */
  readonly rate: number;
  readonly acknowledged: number;
  readonly latency: Quantiles | undefined;
  readonly faults: readonly string[];
}

const TICK_MS = 2;
const PATIENCE_MS = 15_000;

export async function publishAtPace(plan: PacedPlan): Promise<PacedResult> {
  const run = new PacedRun(plan);
  const publishers = await Promise.all(
    Array.from({ length: plan.connections }, () => Publisher.open(run, plan.endpoint)),
  );
  const ended = await run.drive(publishers);
  for (const publisher of publishers) publisher.connection.drop();
  return ended;
}

class PacedRun {
  readonly plan: PacedPlan;
  readonly faults = new Set<string>();
  private readonly latency = new Samples();
  private acknowledged = 0;
  private answered = 0;
  private start = 0;

  constructor(plan: PacedPlan) {
    this.plan = plan;
  }

  async drive(publishers: readonly Publisher[]): Promise<PacedResult> {
    const { events, pace } = this.plan;
    this.start = Bun.nanoseconds();
    let sent = 0;
    while (sent < events.length) {
      const due = Math.min(events.length, Math.floor(((Bun.nanoseconds() - this.start) / 1e9) * pace));
      for (; sent < due; sent++) publishers[sent % publishers.length]!.publish(sent);
      await Bun.sleep(TICK_MS);
    }
    const last = performance.now();
    while (this.answered < sent && performance.now() - last < PATIENCE_MS) await Bun.sleep(TICK_MS);
    if (this.answered < sent)
      this.fault(`${sent - this.answered} events were not answered within ${PATIENCE_MS} ms`);
    return {
      rate: (this.acknowledged * 1e9) / (Bun.nanoseconds() - this.start),
      acknowledged: this.acknowledged,
      latency: this.latency.quantiles(),
      faults: [...this.faults],
    };
  }

  told(index: number, isStored: boolean, now: number): void {
    const { events, pace, warmUpMs, stored } = this.plan;
    this.answered++;
    const due = this.start + (index / pace) * 1e9;
    if (due - this.start >= warmUpMs * 1e6) this.latency.add(now - due);
    if (!isStored) return this.fault("refused an event that must be accepted");
    this.acknowledged++;
    stored(events[index]!.id);
  }

  fault(text: string): void {
    if (this.faults.size < 5) this.faults.add(text.slice(0, 150).replaceAll(/[0-9a-f]{64}/g, "<id>"));
  }
}

/** One connection; a relay answers the events of one connection in their order. */
class Publisher implements Listener {
  connection!: Connection;
  private readonly run: PacedRun;
  private readonly waiting: number[] = [];
  private head = 0;
  private now = 0;

  private constructor(run: PacedRun) {
    this.run = run;
  }

  static async open(run: PacedRun, endpoint: Endpoint): Promise<Publisher> {
    const publisher = new Publisher(run);
    publisher.connection = await open(endpoint, publisher);
    return publisher;
  }

  publish(index: number): void {
    this.waiting.push(index);
    this.connection.send(frame(`["EVENT",${this.run.plan.events[index]!.json}]`));
  }

  chunk(): void {
    this.now = Bun.nanoseconds();
  }

  said(code: number): void {
    if ((code & 0xff) === SAID.ok) this.run.told(this.waiting[this.head++]!, code >> 8 === 1, this.now);
  }

  remark(text: string): void {
    this.run.fault(text);
  }

  ended(reason: string): void {
    this.run.fault(reason);
  }
}
