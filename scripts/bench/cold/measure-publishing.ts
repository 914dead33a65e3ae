// Publishers at a pace and publishers without any, beside an indexer that has to keep up.

import type { Signed } from "../corpus/cast.ts";
import { runLoop } from "../load/closed-loop.ts";
import { cpuReader } from "../target/target.ts";
import { freshTape } from "../workloads/publish.ts";
import { loopRow, type Row } from "../workloads/workload.ts";
import { untilDrained } from "./gauges.ts";
import { publishAtPace } from "./paced-publisher.ts";
import type { ColdStage } from "./stage.ts";
import { Visibility } from "./visibility.ts";

const CONNECTIONS = 8;
const WARM_UP_MS = 2_000;
const SAMPLES = 200;
const IN_FLIGHT = 64;
/** More than a second of the fastest relay here takes. */
const SATURATED_EVENTS = 22_000;
const SHOW_PATIENCE_MS = 60_000;

/** `hasCold` also follows samples until they show in OpenSearch. */
export async function measurePaced(stage: ColdStage, name: string, hasCold: boolean): Promise<Row[]> {
  const { relay, node, fresh, scale } = stage;
  const events: Signed[] = Array.from({ length: scale.pace * scale.pacedSeconds }, () => fresh.next());
  const visibility = hasCold
    ? new Visibility(node, Math.max(1, Math.floor(events.length / SAMPLES)))
    : undefined;
  const result = await publishAtPace({
    endpoint: relay.endpoint,
    connections: CONNECTIONS,
    pace: scale.pace,
    events,
    warmUpMs: Math.min(WARM_UP_MS, (scale.pacedSeconds * 1_000) / 4),
    stored: (id) => visibility?.stored(id),
  });
  const load = `${scale.pace}/s over ${CONNECTIONS}`;
  const row: Row = {
    name,
    load,
    rate: result.rate,
    unit: "events/s",
    latency: result.latency,
    faults: result.faults,
  };
  if (visibility === undefined) return [row];
  const { lag, samples, missing } = await visibility.end(SHOW_PATIENCE_MS);
  const faults = missing === 0 ? [] : [`${missing} acknowledged events never showed in OpenSearch`];
  return [
    row,
    { name: "OK→searchable", load, latency: lag, figures: { "events followed": samples }, faults },
  ];
}

export async function measureSaturated(stage: ColdStage, name: string, hasCold: boolean): Promise<Row[]> {
  const { relay, fresh, scale } = stage;
  const { warmUpMs, windowMs, windows } = scale.saturated;
  const seconds = (warmUpMs + windowMs * windows) / 1_000;
  const result = await runLoop({
    ...scale.saturated,
    endpoint: relay.endpoint,
    connections: CONNECTIONS,
    inFlight: IN_FLIGHT,
    tape: freshTape(fresh, Math.ceil(seconds * SATURATED_EVENTS)),
    isEndless: false,
    relayCpu: cpuReader(relay),
  });
  const row = loopRow(name, `${CONNECTIONS}×${IN_FLIGHT}`, "events/s", result);
  if (!hasCold) return [row];
  const drain = await untilDrained(relay.url, scale.patienceSeconds);
  return [
    {
      ...row,
      figures: { "s until the cold store had all of it": Math.round(drain.seconds * 10) / 10 },
      faults: drain.isDone ? row.faults : [...row.faults, "the cold store did not catch up"],
    },
  ];
}
