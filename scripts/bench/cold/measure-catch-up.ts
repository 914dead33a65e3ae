// From a full hot store into an empty cold one: events a second, and that every one of them is there.

import type { Row } from "../workloads/workload.ts";
import { gauge, untilDrained } from "./gauges.ts";
import { type ColdStage, rounded, withCold } from "./stage.ts";

/** Restarts the relay with the cold store; the hot one has so many events. */
export async function catchUp(stage: ColdStage, events: number): Promise<Row> {
  const { relay, node, scale } = stage;
  await relay.restart(withCold(stage));
  const cpuBefore = relay.cpu();
  const drain = await untilDrained(relay.url, scale.patienceSeconds + events / 1_000);
  const cpu = cpuOf(cpuBefore, relay.cpu(), events);
  await node.refresh();
  const found = await node.count();
  // The relay publishes trends of its own now and then.
  const expected = (await gauge(relay.url, "events_stored")) ?? events;
  const faults = found === expected ? [] : [`OpenSearch holds ${found} events instead of ${expected}`];
  if (!drain.isDone) faults.push(`the cold store had not caught up after ${drain.seconds} s`);
  return {
    name: "catch-up",
    load: "indexer",
    rate: found / drain.seconds,
    unit: "events/s",
    ...(cpu === undefined ? {} : { cost: { relay: cpu, client: 0, others: undefined } }),
    figures: {
      seconds: rounded(drain.seconds),
      "bytes an event in OpenSearch": Math.round((await node.bytes()) / Math.max(1, found)),
    },
    faults,
  };
}

function cpuOf(before: number | undefined, after: number | undefined, events: number): number | undefined {
  return before === undefined || after === undefined ? undefined : (after - before) / events;
}
