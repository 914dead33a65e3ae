// Lone events at light load: how long from sending one until its OK, and until its subscribers have it.

import { type Connection, type Endpoint, open } from "../wire/connection.ts";
import { frame } from "../wire/frame-head.ts";
import { SAID } from "../wire/relay-message.ts";
import { Samples } from "./samples.ts";

export interface LonePlan {
  readonly endpoint: Endpoint;
  /** JSON texts, sent one at a time. */
  readonly events: readonly string[];
  /** One connection for each; every event must match every one of them. */
  readonly subscriptions: readonly (readonly object[])[];
  readonly pauseMs: number;
}

export interface LoneResult {
  readonly toOk: Samples;
  /** In the order of the plan's subscriptions. */
  readonly toSubscriber: readonly Samples[];
  readonly faults: readonly string[];
}

const PATIENCE_MS = 10_000;

/** A rendezvous with one message: it resolves with the moment at which that came. */
class Expectation {
  private waiting = Promise.withResolvers<number>();

  next(): Promise<number> {
    this.waiting = Promise.withResolvers<number>();
    return this.waiting.promise;
  }

  met(): void {
    this.waiting.resolve(Bun.nanoseconds());
  }
}

export async function runLoneEvents(plan: LonePlan): Promise<LoneResult> {
  const faults = new Set<string>();
  const remark = (text: string): void => void (faults.size < 5 && faults.add(text.slice(0, 150)));
  const isOk = new Expectation();
  const publisher = await open(plan.endpoint, {
    said: (code) => void ((code & 0xff) === SAID.ok && isOk.met()),
    remark,
    ended: remark,
  });
  const subscribers = await Promise.all(
    plan.subscriptions.map((filters) => subscribe(plan.endpoint, filters, remark)),
  );
  const toOk = new Samples();
  const toSubscriber = subscribers.map(() => new Samples());
  for (const json of plan.events) {
    const bytes = frame(`["EVENT",${json}]`);
    const arrivals = [isOk.next(), ...subscribers.map(({ arrival }) => arrival.next())];
    const sent = Bun.nanoseconds();
    publisher.send(bytes);
    const times = await withPatience(Promise.all(arrivals));
    if (times === undefined) {
      remark(`an event was not answered or not delivered within ${PATIENCE_MS} ms`);
      break;
    }
    toOk.add(times[0]! - sent);
    toSubscriber.forEach((samples, index) => samples.add(times[index + 1]! - sent));
    await Bun.sleep(plan.pauseMs);
  }
  publisher.drop();
  for (const { connection } of subscribers) connection.drop();
  return { toOk, toSubscriber, faults: [...faults] };
}

async function subscribe(endpoint: Endpoint, filters: readonly object[], remark: (text: string) => void) {
  const arrival = new Expectation();
  const told = Promise.withResolvers<void>();
  let isLive = false;
  const connection: Connection = await open(endpoint, {
    said: (code) => {
      const kind = code & 0xff;
      if (kind === SAID.event && isLive) arrival.met();
      if (kind !== SAID.eose && kind !== SAID.closed) return;
      isLive = true;
      told.resolve();
    },
    remark,
    ended: (reason) => {
      remark(reason);
      told.resolve();
    },
  });
  connection.sendText(JSON.stringify(["REQ", "live", ...filters]));
  await withPatience(told.promise);
  return { connection, arrival };
}

async function withPatience<T>(promise: Promise<T>): Promise<T | undefined> {
  const limit = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => limit.resolve(undefined), PATIENCE_MS);
  const first = await Promise.race([promise, limit.promise]);
  clearTimeout(timer);
  return first;
}
