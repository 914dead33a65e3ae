// What people outside rely on by name. A difference here asks for a decision, not for a new snapshot by reflex.

import { expect, test } from "bun:test";
import { readSource } from "./sources.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";

test("metric names, on which dashboards and alerts hang", async () => {
  const metrics = createMetrics();
  const text = await metrics.exposition();
  metrics.stop();
  const names = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((match) => `${match[1]} ${match[2]}`);
  expect(names).toMatchInlineSnapshot(`
    [
      "thermocline_messages_received_total counter",
      "thermocline_events_total counter",
      "thermocline_refusals_total counter",
      "thermocline_deliveries_total counter",
      "thermocline_bytes_total counter",
      "thermocline_connections_closed_total counter",
      "thermocline_connections_opened_total counter",
      "thermocline_event_to_ok_seconds histogram",
      "thermocline_req_to_eose_seconds histogram",
      "thermocline_commit_events histogram",
      "thermocline_connections gauge",
      "thermocline_subscriptions gauge",
      "thermocline_events_stored gauge",
      "thermocline_store_bytes gauge",
      "thermocline_wal_bytes gauge",
      "thermocline_writer_restarts gauge",
      "thermocline_tail_events gauge",
      "thermocline_tail_bytes gauge",
      "thermocline_cold_up gauge",
      "thermocline_cold_lag_entries gauge",
      "thermocline_cold_lag_seconds gauge",
      "thermocline_cold_dead_letters gauge",
      "thermocline_cold_lost_events gauge",
      "thermocline_channel_depth gauge",
      "thermocline_channel_depth_max gauge",
      "thermocline_info gauge",
      "thermocline_event_loop_lag_seconds gauge",
      "process_resident_memory_bytes gauge",
      "process_start_time_seconds gauge",
      "process_cpu_seconds_total counter",
    ]
  `);
});

test("what a program gets that mounts the relay: the exports of src/relay.ts", () => {
  const { text } = readSource("src/relay.ts");
  const named = /^export (?:async )?(?:function|const|class|interface|type) (\w+)/gm;
  const passedOn = /^export (?:type )?\{([^}]*)\}/gm;
  const names = [
    ...[...text.matchAll(named)].map((match) => match[1] ?? ""),
    ...[...text.matchAll(passedOn)].flatMap((match) => (match[1] ?? "").split(",")),
  ];
  expect(
    names
      .map((name) => name.replace("type ", "").trim())
      .filter((name) => name !== "")
      .sort(),
  ).toMatchInlineSnapshot(`
    [
      "Config",
      "HostServer",
      "Relay",
      "RelayExtras",
      "RelayFacts",
      "createRelay",
      "defaultConfig",
    ]
  `);
});
