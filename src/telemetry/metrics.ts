// What the relay counts and measures, and all of it as a scrape sees it; names and labels are what dashboards hang on.

import { Registry } from "prom-client";
import { REASON_PREFIXES, type ReasonPrefix } from "../nostr/reason.ts";
import { VERBS } from "../nostr/verb.ts";
import { Distribution } from "./distribution.ts";
import { type EventLoopLag, watchEventLoopLag } from "./event-loop-lag.ts";
import { exposeGaugeSources, type GaugeSources } from "./gauges.ts";
import { exposeCount, exposeDistribution, exposeGauge, exposeGauges, exposeTally } from "./prometheus.ts";
import { Tally } from "./tally.ts";

/** `other` is every message without a verb that we know. */
const COUNTED_VERBS = [...VERBS, "other"] as const;
export type CountedVerb = (typeof COUNTED_VERBS)[number];

/** What became of a published event: refused before the store, passed on without storing, or the store's outcome. */
const EVENT_OUTCOMES = [
  "stored",
  "ephemeral",
  "duplicate",
  "superseded",
  "deleted",
  "vanished",
  "banned",
  "refused",
  "failed",
] as const;
export type EventOutcome = (typeof EVENT_OUTCOMES)[number];

/** How an EVENT message reached a client: in answer to a REQ, by a subscription, or by a native topic. */
const DELIVERY_WAYS = ["stored", "live", "topic"] as const;
export type DeliveryWay = (typeof DELIVERY_WAYS)[number];

/**
 * Why a connection ended. `refused` counts those that were never let in, `error` those that broke off or had gone silent:
 * the runtime tells them apart by a sentence only.
 */
const CLOSE_REASONS = ["client", "slow-reader", "too-large", "shutdown", "refused", "error"] as const;
export type CloseReason = (typeof CLOSE_REASONS)[number];

export interface Metrics {
  readonly verbs: Tally<CountedVerb>;
  readonly outcomes: Tally<EventOutcome>;
  readonly refusals: Tally<ReasonPrefix>;
  readonly deliveries: Tally<DeliveryWay>;
  readonly bytes: Tally<"received" | "sent">;
  readonly closes: Tally<CloseReason>;
  opened(): void;
  readonly connectionsOpened: () => number;
  /** Seconds from an EVENT to its OK, and from a REQ to its EOSE. */
  readonly eventToOk: Distribution;
  readonly reqToEose: Distribution;
  readonly commitEvents: Distribution;
  /** Gives gauges their sources; until then a scrape leaves them out. */
  watch(sources: GaugeSources): void;
  /** Prometheus' text format, version 0.0.4. */
  exposition(): Promise<string>;
  readonly contentType: string;
  stop(): void;
}

const SECONDS = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const EVENTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/** One set of metrics for one relay; two relays in a process do not mix. Holds a timer until stop(). */
export function createMetrics(): Metrics {
  const registry = new Registry();
  let sources: GaugeSources | undefined;
  const lag = watchEventLoopLag();
  let opened = 0;
  const metrics: Metrics = {
    verbs: new Tally(COUNTED_VERBS),
    outcomes: new Tally(EVENT_OUTCOMES),
    refusals: new Tally(REASON_PREFIXES),
    deliveries: new Tally(DELIVERY_WAYS),
    bytes: new Tally(["received", "sent"] as const),
    closes: new Tally(CLOSE_REASONS),
    opened: () => void opened++,
    connectionsOpened: () => opened,
    eventToOk: new Distribution(SECONDS),
    reqToEose: new Distribution(SECONDS),
    commitEvents: new Distribution(EVENTS),
    watch: (given) => {
      sources = given;
    },
    exposition: () => registry.metrics(),
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    stop: () => lag.stop(),
  };
  exposeTraffic(registry, metrics);
  exposeGaugeSources(registry, () => sources);
  exposeProcess(registry, lag);
  return metrics;
}

function exposeTraffic(registry: Registry, metrics: Metrics): void {
  const tally = <L extends string>(name: string, label: string, help: string, counted: Tally<L>): void =>
    exposeTally(registry, { name: `thermocline_${name}_total`, label, help }, counted);
  tally("messages_received", "verb", "Messages from clients, by verb.", metrics.verbs);
  tally("events", "outcome", "Published events, by what became of them.", metrics.outcomes);
  tally("refusals", "prefix", "Refusals of any message, by machine-readable prefix.", metrics.refusals);
  tally("deliveries", "way", "EVENT messages to clients, by way.", metrics.deliveries);
  tally("bytes", "direction", "Bytes of WebSocket messages.", metrics.bytes);
  tally("connections_closed", "reason", "Connections that ended, by reason.", metrics.closes);
  exposeCount(
    registry,
    { name: "thermocline_connections_opened_total", help: "Connections that were let in." },
    metrics.connectionsOpened,
  );
  const distribution = (name: string, help: string, shown: Distribution): void =>
    exposeDistribution(registry, { name: `thermocline_${name}`, help }, shown);
  distribution("event_to_ok_seconds", "From an EVENT to its OK.", metrics.eventToOk);
  distribution("req_to_eose_seconds", "From a REQ to its EOSE.", metrics.reqToEose);
  distribution("commit_events", "Events in one commit.", metrics.commitEvents);
}

function exposeProcess(registry: Registry, lag: EventLoopLag): void {
  const started = Date.now() / 1000 - process.uptime();
  exposeGauges(
    registry,
    {
      name: "thermocline_event_loop_lag_seconds",
      label: "of",
      help: "Delay of the main thread since the last scrape.",
    },
    () => Object.entries(lag.read()),
  );
  exposeGauge(
    registry,
    { name: "process_resident_memory_bytes", help: "Memory that the process holds." },
    () => process.memoryUsage.rss(),
  );
  exposeGauge(
    registry,
    { name: "process_start_time_seconds", help: "When the process started, in unix time." },
    () => started,
  );
  exposeCount(registry, { name: "process_cpu_seconds_total", help: "CPU time of all threads." }, () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
}
