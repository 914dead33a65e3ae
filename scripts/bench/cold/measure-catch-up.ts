// From a full hot store into an empty cold one: events a second, and that every one of them is there.

import type { Row } from "../workloads/workload.ts";
import { untilDrained } from "./gauges.ts";
import { COUNTED_KINDS, type ColdStage, rounded, withCold } from "./stage.ts";

/** Restarts the relay with the cold store; `expected` events of the counted kinds are in the hot one. */
export async function catchUp(stage: ColdStage, expected: number): Promise<Row> {
  const { relay, node, scale } = stage;
  await relay.restart(withCold(stage));
  const cpuBefore = relay.cpu();
  const drain = await untilDrained(relay.url, scale.patienceSeconds + expected / 1_000);
  const cpu = cpuOf(cpuBefore, relay.cpu(), expected);
  await node.refresh();
  const found = await node.count(COUNTED_KINDS);
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
