// A flood of bad signatures, and what an honest client feels of it.

import { withBadSignature } from "../corpus/fresh.ts";
import { runLoop } from "../load/closed-loop.ts";
import { runLoneEvents } from "../load/lone-events.ts";
import { cpuReader } from "../target/target.ts";
import { Tape } from "../wire/tape.ts";
import { loopRow, type Workload } from "./workload.ts";

const CONNECTIONS = 20;
const IN_FLIGHT = 16;
const BAD_EVENTS = 2_000;
const PAUSE_MS = 5;

export const flood: Workload = {
  name: "flood",
  about: "20×16 events with wrong signatures, refused as fast as can be, while an honest client publishes",
  needs: "socket",
  run: async ({ target, fresh, scale }) => {
    const { phases } = scale;
    const tape = new Tape(BAD_EVENTS * 768);
    for (let made = 0; made < BAD_EVENTS; made++) tape.event(withBadSignature(fresh.next().json), false);
    const seconds = (phases.windows * phases.windowMs) / 1_000;
    const lone = Math.max(1, Math.min(scale.loneEvents, Math.ceil(seconds * 50)));
    const events = Array.from({ length: lone }, () => fresh.short().json);
    const flooding = runLoop({
      ...phases,
      endpoint: target.endpoint,
      connections: CONNECTIONS,
      inFlight: IN_FLIGHT,
      tape,
      isEndless: true,
      relayCpu: cpuReader(target),
    });
    await Bun.sleep(phases.warmUpMs);
    const honest = await runLoneEvents({
      endpoint: target.endpoint,
      events,
      subscriptions: [],
      pauseMs: PAUSE_MS,
    });
    return [
      loopRow("flood refused", `${CONNECTIONS}×${IN_FLIGHT}`, "refusals/s", await flooding),
      {
        name: "flood honest EVENT→OK",
        load: "one at a time",
        latency: honest.toOk.quantiles(),
        faults: honest.faults,
      },
    ];
  },
};
