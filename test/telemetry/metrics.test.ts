// Metrics: plain counts become Prometheus' text at a scrape, and gauges ask their sources then.

import { afterEach, describe, expect, test } from "bun:test";
import { Distribution } from "../../src/telemetry/distribution.ts";
import type { ColdGauges } from "../../src/telemetry/gauges.ts";
import { createMetrics, type Metrics } from "../../src/telemetry/metrics.ts";
import { Tally } from "../../src/telemetry/tally.ts";

let open: Metrics[] = [];
afterEach(() => {
  for (const metrics of open) metrics.stop();
  open = [];
});

function metricsOfTest(): Metrics {
  const metrics = createMetrics();
  open.push(metrics);
  return metrics;
}

async function lines(metrics: Metrics, start: string): Promise<string[]> {
  return (await metrics.exposition()).split("\n").filter((line) => line.startsWith(start));
}

describe("tally", () => {
  test("counts by label and in total", () => {
    const tally = new Tally(["a", "b"] as const);
    tally.add("a");
    tally.add("b", 5);
    expect([tally.count("a"), tally.count("b"), tally.total()]).toEqual([1, 5, 6]);
  });
});

describe("distribution", () => {
  test("a value belongs to the first bound that is not below it", () => {
    const distribution = new Distribution([1, 2, 5]);
    for (const value of [0, 1, 1.5, 2, 5, 6, 1000]) distribution.observe(value);
    expect(distribution.cumulative()).toEqual([2, 4, 5]);
    expect(distribution.count()).toBe(7);
    expect(distribution.sum()).toBe(1015.5);
  });

  test("not a number counts as larger than everything", () => {
    const distribution = new Distribution([1]);
    distribution.observe(Number.NaN);
    expect([distribution.cumulative(), distribution.count()]).toEqual([[0], 1]);
  });

  test("bounds must rise", () => {
    expect(() => new Distribution([1, 1])).toThrow("bounds must rise");
  });
});

describe("exposition", () => {
  test("tallies, with a line for each label from the start", async () => {
    const metrics = metricsOfTest();
    metrics.deliveries.add("live", 3);
    const expected = [
      'thermocline_deliveries_total{way="stored"} 0',
      'thermocline_deliveries_total{way="live"} 3',
      'thermocline_deliveries_total{way="topic"} 0',
    ];
    expect(await lines(metrics, "thermocline_deliveries_total")).toEqual(expected);
    expect(await lines(metrics, "thermocline_deliveries_total")).toEqual(expected);
  });

  test("distributions", async () => {
    const metrics = metricsOfTest();
    metrics.commitEvents.observe(3);
    metrics.commitEvents.observe(9999);
    const shown = await lines(metrics, "thermocline_commit_events");
    expect(shown).toContain('thermocline_commit_events_bucket{le="2"} 0');
    expect(shown).toContain('thermocline_commit_events_bucket{le="5"} 1');
    expect(shown).toContain('thermocline_commit_events_bucket{le="5000"} 1');
    expect(shown.slice(-3)).toEqual([
      'thermocline_commit_events_bucket{le="+Inf"} 2',
      "thermocline_commit_events_sum 10002",
      "thermocline_commit_events_count 2",
    ]);
  });

  test("gauges show what their sources say now, and nothing where there is none", async () => {
    const metrics = metricsOfTest();
    expect(await lines(metrics, "thermocline_connections ")).toEqual([]);
    let connections = 4;
    let cold: ColdGauges | undefined = {
      state: "lagging",
      lagEvents: 9,
      lagSeconds: 70,
      deadLetters: 2,
      lost: 1,
    };
    metrics.watch({
      connections: () => connections,
      subscriptions: () => 0,
      eventsStored: () => 0,
      storeBytes: () => 0,
      walBytes: () => 0,
      writerRestarts: () => 0,
      tail: () => ({ size: 0, bytes: 0 }),
      cold: () => cold,
      channels: () => [{ name: "verify", depth: 2, depthMax: 100 }],
      info: () => ({ version: "1", bun: "2", signatures: "noble", search: "none" }),
    });
    expect(await lines(metrics, "thermocline_connections ")).toEqual(["thermocline_connections 4"]);
    expect(await lines(metrics, "thermocline_cold")).toEqual([
      "thermocline_cold_up 1",
      "thermocline_cold_lag_entries 9",
      "thermocline_cold_lag_seconds 70",
      "thermocline_cold_dead_letters 2",
      "thermocline_cold_lost_events 1",
    ]);
    for (const state of ["readonly", "down", "stopped"]) {
      cold = { ...cold, state };
      expect(await lines(metrics, "thermocline_cold_up")).toEqual(["thermocline_cold_up 0"]);
    }
    connections = 0;
    cold = undefined;
    expect(await lines(metrics, "thermocline_connections ")).toEqual(["thermocline_connections 0"]);
    expect(await lines(metrics, "thermocline_cold")).toEqual([]);
    expect(await lines(metrics, "thermocline_channel")).toEqual([
      'thermocline_channel_depth{channel="verify"} 2',
      'thermocline_channel_depth_max{channel="verify"} 100',
    ]);
    expect(await lines(metrics, "thermocline_info")).toEqual([
      'thermocline_info{version="1",bun="2",signatures="noble",search="none"} 1',
    ]);
  });

  test("two relays in one process do not share metrics", async () => {
    const [one, other] = [metricsOfTest(), metricsOfTest()];
    one.opened();
    expect(await lines(other, "thermocline_connections_opened_total")).toEqual([
      "thermocline_connections_opened_total 0",
    ]);
  });

  test("the process: memory, CPU time and the lag of its main thread are believable", async () => {
    const metrics = metricsOfTest();
    const number = async (start: string): Promise<number> =>
      Number((await lines(metrics, start))[0]?.split(" ").at(-1));
    expect(await number("process_resident_memory_bytes ")).toBeGreaterThan(10e6);
    expect(await number("process_cpu_seconds_total ")).toBeGreaterThan(0);
    expect(await number('thermocline_event_loop_lag_seconds{of="max"}')).toBeGreaterThanOrEqual(0);
  });
});
