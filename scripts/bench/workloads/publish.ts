// Stored publishes: fresh signed events, of which only OK true counts.

import type { FreshEvents } from "../corpus/fresh.ts";
import { runLoop } from "../load/closed-loop.ts";
import { cpuReader } from "../target/target.ts";
import { Tape } from "../wire/tape.ts";
import { loopRow, type Row, type Stage, type Workload } from "./workload.ts";

const LOADS = [
  [1, 1],
  [8, 1],
  [8, 64],
  [50, 16],
] as const;

export const publish: Workload = {
  name: "publish",
  about: "stored publishes, 1×1, 8×1, 8×64 and 50×16: events a second acknowledged with OK true",
  needs: "socket",
  run: async (stage) => {
    const rows: Row[] = [];
    for (const [connections, inFlight] of LOADS) rows.push(await publishRow(stage, connections, inFlight));
    return rows;
  },
};

async function publishRow(stage: Stage, connections: number, inFlight: number): Promise<Row> {
  const { phases, freshPerSecond } = stage.scale;
  const seconds = (phases.warmUpMs + phases.windows * phases.windowMs) / 1_000;
  const tape = freshTape(stage.fresh, Math.ceil(seconds * freshPerSecond(connections, inFlight)));
  const result = await runLoop({
    ...phases,
    endpoint: stage.target.endpoint,
    connections,
    inFlight,
    tape,
    isEndless: false,
    relayCpu: cpuReader(stage.target),
  });
  return loopRow(`publish ${connections}×${inFlight}`, `${connections}×${inFlight}`, "events/s", result);
}

export function freshTape(fresh: FreshEvents, events: number): Tape {
  const tape = new Tape(events * 768);
  for (let made = 0; made < events; made++) tape.event(fresh.next().json);
  return tape;
}
