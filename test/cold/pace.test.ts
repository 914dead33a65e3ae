// How fast the cluster is written to after each kind of failure, on a clock that the test turns.

import { afterAll, describe, expect, test } from "bun:test";
import { createColdClients } from "../../src/cold/client.ts";
import type { Clock } from "../../src/cold/contract.ts";
import { Pace } from "../../src/cold/pace.ts";
import { FaultProxy } from "../support/fault-proxy.ts";

const MiB = 2 ** 20;

/** Sleeping is over at once, and is written down. */
class TurnedClock implements Clock {
  nowMs = 0;
  readonly slept: number[] = [];
  now = (): number => this.nowMs;
  unixNow = (): number => Math.floor(this.nowMs / 1000);
  random = (): number => 1;
  sleep = (ms: number): Promise<void> => {
    this.slept.push(ms);
    this.nowMs += ms;
    return Promise.resolve();
  };
}

describe("the pace", () => {
  const proxy = new FaultProxy("http://127.0.0.1:1");
  const clients = createColdClients({ url: proxy.url });
  const never = new AbortController().signal;
  afterAll(async () => {
    proxy.stop();
    await clients.close();
  });
  const fresh = (): { clock: TurnedClock; pace: Pace } => {
    const clock = new TurnedClock();
    return { clock, pace: new Pace(clients.write, clock, { bulkBytesMax: 4 * MiB }) };
  };
  const unreachable = { type: "unreachable", reason: "gone" } as const;

  test("waits longer after each failure, and starts over after a success", async () => {
    const { clock, pace } = fresh();
    pace.failed(unreachable);
    await pace.ready(never);
    pace.failed(unreachable);
    await pace.ready(never);
    expect(clock.slept).toEqual([500, 1000]);
    pace.succeeded();
    pace.failed(unreachable);
    await pace.ready(never);
    expect(clock.slept.at(-1)).toBe(500);
  });

  test("asks for the health of a node that is down before it sends anything, for as long as it takes", async () => {
    const { clock, pace } = fresh();
    let asked = 0;
    proxy.fault = () => ({
      type: "answer",
      status: ++asked < 12 ? 503 : 200,
      body: { status: asked < 14 ? "red" : "yellow" },
    });
    for (let i = 0; i < 3; i++) {
      pace.failed(unreachable);
      await pace.ready(never);
    }
    expect(asked).toBe(14);
    expect(Math.max(...clock.slept)).toBe(60_000);
  });

  test("halves bulks when overloaded, sends one at a time, and grows back a tenth a minute", async () => {
    const { clock, pace } = fresh();
    expect(pace.inFlightMax).toBe(2);
    for (let i = 0; i < 10; i++) {
      pace.failed({ type: "overloaded", reason: "busy", retryAfterMs: 3000 });
      await pace.ready(never);
    }
    expect(clock.slept).toEqual(Array<number>(10).fill(3000));
    expect(pace.bulkBytes).toBe(65_536);
    expect(pace.inFlightMax).toBe(1);
    expect(pace.isDown).toBe(false);
    for (let minute = 0; minute < 10; minute++) {
      clock.nowMs += 60_000;
      pace.succeeded();
    }
    expect(pace.bulkBytes).toBe(4 * MiB);
    expect(pace.inFlightMax).toBe(2);
  });

  test("rests half a minute while blocked, and leaves bulks as large as they were", async () => {
    const { clock, pace } = fresh();
    pace.failed({ type: "readonly", reason: "disk" });
    expect(pace.state).toBe("readonly");
    await pace.ready(never);
    expect(clock.slept).toEqual([30_000]);
    expect(pace.bulkBytes).toBe(4 * MiB);
  });

  test("perseveres with one act until it succeeds", async () => {
    const { pace } = fresh();
    proxy.fault = ((): (() => { type: "answer"; status: number; body: object }) => {
      let asked = 0;
      return () => ({ type: "answer", status: ++asked < 3 ? 503 : 200, body: { status: "green" } });
    })();
    const health = await pace.persevere(never, () => clients.write.cluster.health());
    expect(health?.body.status).toBe("green");
  });

  test("a stop ends every wait", async () => {
    const pace = new Pace(
      clients.write,
      { ...new TurnedClock(), sleep: () => new Promise(() => {}) } as Clock,
      { bulkBytesMax: MiB },
    );
    const stopping = new AbortController();
    pace.failed(unreachable);
    const waiting = pace.ready(stopping.signal);
    stopping.abort();
    await waiting;
    expect(await pace.persevere(stopping.signal, () => Promise.resolve(1))).toBeUndefined();
  });
});
