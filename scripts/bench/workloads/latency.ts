// Live latency of a lone event at light load.

import { CostMeter } from "../load/cost-meter.ts";
import { runLoneEvents } from "../load/lone-events.ts";
import { cpuReader } from "../target/target.ts";
import type { Row, Workload } from "./workload.ts";

const PAUSE_MS = 3;

export const latency: Workload = {
  name: "latency",
  about: "one event at a time: EVENT→OK, and EVENT→subscriber by kinds and by author",
  needs: "socket",
  run: async ({ target, fresh, scale }) => {
    const author = fresh.people[0]!.pubkey;
    const events = Array.from({ length: scale.loneEvents }, () => fresh.short(0).json);
    const meter = new CostMeter(cpuReader(target));
    meter.begin();
    const { toOk, toSubscriber, faults } = await runLoneEvents({
      endpoint: target.endpoint,
      events,
      subscriptions: [[{ kinds: [1], limit: 1 }], [{ authors: [author], limit: 1 }]],
      pauseMs: PAUSE_MS,
    });
    const cost = meter.end(events.length);
    const load = "one at a time";
    const rows: Row[] = [
      { name: "latency EVENT→OK", load, latency: toOk.quantiles(), cost, faults },
      { name: "latency EVENT→subscriber by kinds", load, latency: toSubscriber[0]!.quantiles(), faults: [] },
      { name: "latency EVENT→subscriber by author", load, latency: toSubscriber[1]!.quantiles(), faults: [] },
    ];
    return rows;
  },
};
