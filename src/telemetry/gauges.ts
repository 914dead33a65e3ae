// What gauges show, each asked for at a scrape; their names, too, are what dashboards hang on.

import type { Registry } from "prom-client";
import { exposeFacts, exposeGauge, exposeGauges } from "./prometheus.ts";

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

/** Shows nothing while there are no sources. */
export function exposeGaugeSources(registry: Registry, sources: () => GaugeSources | undefined): void {
  const asked: Asked = (read) => {
    const from = sources();
    return from && read(from);
  };
  exposeRelay(registry, asked);
  exposeCold(registry, asked);
  exposeChannels(registry, asked);
  exposeInfo(registry, asked);
}

type Asked = <T>(read: (from: GaugeSources) => T) => T | undefined;

function exposeRelay(registry: Registry, asked: Asked): void {
  const gauge = (name: string, help: string, read: (from: GaugeSources) => number): void =>
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
}

/** States of a cold store in which events go into it. */
const WORKS: ReadonlySet<string> = new Set(["up", "lagging"]);

function exposeCold(registry: Registry, asked: Asked): void {
  const gauge = (name: string, help: string, read: (from: ColdGauges) => number): void =>
    exposeGauge(registry, { name: `thermocline_cold_${name}`, help }, () => {
      const from = asked(({ cold }) => cold());
      return from && read(from);
    });
  gauge("up", "1 while the cold store answers and is written to.", ({ state }) => Number(WORKS.has(state)));
  gauge("lag_entries", "Log entries not yet in the cold store.", ({ lagEvents }) => lagEvents);
  gauge("lag_seconds", "Seconds since the cold store had everything.", ({ lagSeconds }) => lagSeconds);
  gauge("dead_letters", "Events that the cold store refused.", ({ deadLetters }) => deadLetters);
  gauge("lost_events", "Events that left the hot store and were not found cold.", ({ lost }) => lost);
}

function exposeChannels(registry: Registry, asked: Asked): void {
  const channels = (name: string, help: string, of: "depth" | "depthMax"): void =>
    exposeGauges(registry, { name: `thermocline_${name}`, label: "channel", help }, () =>
      [...(asked((from) => from.channels()) ?? [])].map((channel) => [channel.name, channel[of]] as const),
    );
  channels("channel_depth", "Items, or bytes, queued and in flight.", "depth");
  channels("channel_depth_max", "Bound of what is queued and in flight.", "depthMax");
}

function exposeInfo(registry: Registry, asked: Asked): void {
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
