// Many subscribers and one publisher: how fast do events reach everyone, and does everyone get each exactly once?

import { type Cost, CostMeter } from "./cost-meter.ts";
import { type Connection, type Endpoint, type Listener, open } from "../wire/connection.ts";
import { frame } from "../wire/frame-head.ts";
import { SAID } from "../wire/relay-message.ts";
import { type Phases, RunClock } from "./run-clock.ts";
import { type Quantiles, Samples } from "./samples.ts";

export interface AudiencePlan extends Phases {
  readonly endpoint: Endpoint;
  readonly subscribers: number;
  /** Subscription id and filters of the n-th subscriber. */
  readonly subscription: (index: number) => { readonly id: string; readonly filters: readonly object[] };
  /** JSON texts of events that match every subscription. */
  readonly events: readonly string[];
  /** Events that may be on their way to somebody at once. */
  readonly eventsInFlight: number;
  readonly relayCpu: () => number | undefined;
}

export interface AudienceResult {
  /** Deliveries a second, the median of the windows. */
  readonly rate: number;
  readonly rates: readonly number[];
  readonly deliveries: number;
  /** From sending an event until as many deliveries were made as everybody needed. */
  readonly latency: Quantiles | undefined;
  readonly cost: Cost | undefined;
  readonly faults: readonly string[];
  readonly ranDry: boolean;
}

const CONNECTING_AT_ONCE = 100;
const STALL_MS = 20_000;

export async function runAudience(plan: AudiencePlan): Promise<AudienceResult> {
  const audience = new Audience(plan);
  try {
    await audience.gather();
    await audience.run();
  } finally {
    audience.leave();
  }
  return audience.result();
}

class Audience {
  readonly plan: AudiencePlan;
  private readonly clock: RunClock;
  private readonly latency = new Samples();
  private readonly sentAt: Float64Array;
  private readonly members: Subscriber[] = [];
  private readonly faults = new Set<string>();
  private readonly ready = Promise.withResolvers<void>();
  private readonly ended = Promise.withResolvers<void>();
  private publisher!: Connection;
  private waiting = 0;
  private sent = 0;
  private accepted = 0;
  private heard = 0;
  private everybodyHas = 0;
  private isOpen = false;
  private isOver = false;
  private readonly meter: CostMeter;
  private cost: Cost | undefined;

  constructor(plan: AudiencePlan) {
    this.plan = plan;
    this.sentAt = new Float64Array(plan.events.length);
    this.meter = new CostMeter(plan.relayCpu);
    this.clock = new RunClock(plan, () => {
      this.latency.clear();
      this.meter.begin();
    });
  }

  async gather(): Promise<void> {
    const { endpoint, subscribers, subscription } = this.plan;
    this.waiting = subscribers;
    for (let first = 0; first < subscribers; first += CONNECTING_AT_ONCE) {
      const size = Math.min(CONNECTING_AT_ONCE, subscribers - first);
      const batch = Array.from({ length: size }, async (_, offset) => {
        const member = new Subscriber(this);
        member.connection = await open(endpoint, member);
        this.members.push(member);
        const { id, filters } = subscription(first + offset);
        member.connection.sendText(JSON.stringify(["REQ", id, ...filters]));
      });
      await Promise.all(batch);
    }
    this.publisher = await open(endpoint, {
      said: (code) => {
        if ((code & 0xff) === SAID.ok) this.accepted++;
      },
      remark: (text) => this.fault(text),
      ended: (reason) => this.fail(reason),
    });
    await this.within(this.ready.promise, "not every subscriber was told EOSE");
  }

  async run(): Promise<void> {
    this.isOpen = true;
    this.clock.start(Bun.nanoseconds());
    this.publish();
    let seen = -1;
    const watch = setInterval(() => {
      if (this.heard === seen) {
        this.fail(
          `no delivery for ${STALL_MS} ms: ${this.heard} of ${this.sent * this.members.length} have come`,
        );
      }
      seen = this.heard;
    }, STALL_MS);
    await this.ended.promise;
    clearInterval(watch);
    for (const member of this.members) {
      if (member.heard !== this.sent)
        this.fault(`a subscriber got ${member.heard} events instead of ${this.sent}`);
    }
    if (this.accepted !== this.sent)
      this.fault(`${this.accepted} of ${this.sent} events were answered with OK`);
  }

  leave(): void {
    for (const member of this.members) member.connection.drop();
    this.publisher?.drop();
  }

  told(): void {
    if (--this.waiting === 0) this.ready.resolve();
  }

  delivered(count: number): void {
    if (!this.isOpen) return;
    this.heard += count;
    const now = Bun.nanoseconds();
    const everybody = Math.floor(this.heard / this.members.length);
    while (this.everybodyHas < everybody) this.latency.add(now - this.sentAt[this.everybodyHas++]!);
    if (!this.isOver && !this.clock.tick(now, count)) this.over();
    if (!this.isOver) this.publish();
    if (this.everybodyHas < this.sent) return;
    if (!this.isOver) {
      this.clock.cut(now);
      this.over();
    }
    // One turn more, so that a delivery too many and the last OK are still heard.
    setTimeout(() => this.ended.resolve(), 50);
  }

  fault(text: string): void {
    if (this.faults.size < 10) this.faults.add(text.slice(0, 150).replaceAll(/[0-9a-f]{64}/g, "<id>"));
  }

  fail(text: string): void {
    this.fault(text);
    this.isOver = true;
    this.ready.resolve();
    this.ended.resolve();
  }

  result(): AudienceResult {
    const { clock } = this;
    return {
      rate: clock.rate(),
      rates: clock.rates,
      deliveries: this.heard,
      latency: this.latency.quantiles(),
      cost: this.cost,
      faults: [...this.faults],
      ranDry: this.sent === this.plan.events.length,
    };
  }

  private publish(): void {
    const { events, eventsInFlight } = this.plan;
    while (this.sent < events.length && this.sent - this.everybodyHas < eventsInFlight) {
      this.sentAt[this.sent] = Bun.nanoseconds();
      this.publisher.send(frame(`["EVENT",${events[this.sent++]!}]`));
    }
  }

  private over(): void {
    this.isOver = true;
    this.cost = this.meter.end(this.clock.measured);
  }

  private async within(promise: Promise<void>, text: string): Promise<void> {
    const timer = setTimeout(() => this.fail(text), STALL_MS);
    await promise;
    clearTimeout(timer);
  }
}

class Subscriber implements Listener {
  connection!: Connection;
  heard = 0;
  private readonly audience: Audience;
  private fresh = 0;
  private isLive = false;

  constructor(audience: Audience) {
    this.audience = audience;
  }

  said(code: number): void {
    const kind = code & 0xff;
    if (kind === SAID.event) {
      if (this.isLive) this.fresh++;
    } else if (kind === SAID.eose) {
      this.isLive = true;
      this.audience.told();
    }
  }

  settled(): void {
    if (this.fresh === 0) return;
    const { fresh } = this;
    this.fresh = 0;
    this.heard += fresh;
    this.audience.delivered(fresh);
  }

  remark(text: string): void {
    this.audience.fault(text);
  }

  ended(reason: string): void {
    this.audience.fail(reason);
  }
}
