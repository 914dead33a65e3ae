// Every metric of the relay, declared in one place; names and labels are what dashboards hang on.

import { Registry } from "prom-client";
import { REASON_PREFIXES, type ReasonPrefix } from "../nostr/reason.ts";
import { VERBS } from "../nostr/verb.ts";
import { Distribution } from "./distribution.ts";
import { type EventLoopLag, watchEventLoopLag } from "./event-loop-lag.ts";
import {
  exposeCount,
  exposeDistribution,
  exposeFacts,
  exposeGauge,
  exposeGauges,
  exposeTally,
} from "./prometheus.ts";
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

/** A bounded queue: in items, or in bytes where its name says so. */
export interface ChannelGauge {
  readonly name: string;
  readonly depth: number;
  readonly depthMax: number;
}

/** How far the cold store is, and what went wrong with it. */
export interface ColdGauges {
  /** up, lagging, readonly, down or stopped. */
  readonly state: string;
  /** Log entries that it has not acknowledged yet. */
  readonly lagEvents: number;
  readonly lagSeconds: number;
  readonly deadLetters: number;
  /** Events that have left the hot store and were not found in it. */
  readonly lost: number;
}

/** What gauges show, asked for at each scrape. */
export interface GaugeSources {
  readonly connections: () => number;
  readonly subscriptions: () => number;
  readonly channels: () => Iterable<ChannelGauge>;
  readonly eventsStored: () => number;
  readonly storeBytes: () => number;
  readonly walBytes: () => number;
  readonly writerRestarts: () => number;
  /** The recent tail. */
  readonly tail: () => { readonly size: number; readonly bytes: number };
  /** Undefined where there is no cold store, or nothing is known of it yet. */
  readonly cold: () => ColdGauges | undefined;
  /** What does not change while running. */
  readonly info: () => InfoLabels;
}

/** Labels of `thermocline_info`. */
export interface InfoLabels {
  readonly version: string;
  readonly bun: string;
  /** libsecp256k1 or noble. */
  readonly signatures: string;
  /** opensearch, sqlite or none. */
  readonly search: string;
}

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
  exposeSources(registry, () => sources);
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

/** States of a cold store in which events go into it. */
const WORKS: ReadonlySet<string> = new Set(["up", "lagging"]);

function exposeSources(registry: Registry, sources: () => GaugeSources | undefined): void {
  const asked = <T>(read: (from: GaugeSources) => T): T | undefined => {
    const from = sources();
    return from && read(from);
  };
  const gauge = (name: string, help: string, read: (from: GaugeSources) => number | undefined): void =>
    exposeGauge(registry, { name: `thermocline_${name}`, help }, () => asked(read));
  gauge("connections", "Open connections.", ({ connections }) => connections());
  gauge("subscriptions", "Open subscriptions.", ({ subscriptions }) => subscriptions());
  gauge("events_stored", "Events stored, hot or cold.", ({ eventsStored }) => eventsStored());
  gauge("store_bytes", "Size of the database file.", ({ storeBytes }) => storeBytes());
  gauge("wal_bytes", "Size of the write-ahead log.", ({ walBytes }) => walBytes());
  gauge("writer_restarts", "Times that the writer thread died and was started anew.", ({ writerRestarts }) =>
    writerRestarts(),
  );
  gauge("tail_events", "Events in the recent tail.", ({ tail }) => tail().size);
  gauge("tail_bytes", "Memory of the recent tail.", ({ tail }) => tail().bytes);
  const coldGauge = (name: string, help: string, read: (from: ColdGauges) => number): void =>
    gauge(`cold_${name}`, help, ({ cold }) => {
      const from = cold();
      return from && read(from);
    });
  coldGauge("up", "1 while the cold store answers and is written to.", ({ state }) =>
    Number(WORKS.has(state)),
  );
  coldGauge("lag_entries", "Log entries not yet in the cold store.", ({ lagEvents }) => lagEvents);
  coldGauge("lag_seconds", "Seconds since the cold store had everything.", ({ lagSeconds }) => lagSeconds);
  coldGauge("dead_letters", "Events that the cold store refused.", ({ deadLetters }) => deadLetters);
  coldGauge("lost_events", "Events that left the hot store and were not found cold.", ({ lost }) => lost);
  const channels = (name: string, help: string, of: "depth" | "depthMax"): void =>
    exposeGauges(registry, { name: `thermocline_${name}`, label: "channel", help }, () =>
      [...(asked((from) => from.channels()) ?? [])].map((channel) => [channel.name, channel[of]] as const),
    );
  channels("channel_depth", "Items, or bytes, queued and in flight.", "depth");
  channels("channel_depth_max", "Bound of what is queued and in flight.", "depthMax");
  exposeFacts(
    registry,
    {
      name: "thermocline_info",
      labels: ["version", "bun", "signatures", "search"],
      help: "What this relay is; the value is always 1.",
    },
    () => asked(({ info }) => info()),
  );
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
