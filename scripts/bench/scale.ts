// How much of everything a run does: full, quick, or tiny for tests.

import type { Scale } from "./workloads/workload.ts";

/** Fresh events for one second of a load: somewhat more than the fastest relay here could store. */
function freshPerSecond(connections: number, inFlight: number): number {
  const underWay = connections * inFlight;
  return underWay === 1 ? 6_000 : underWay <= 8 ? 15_000 : 26_000;
}

export const FULL: Scale = {
  phases: { warmUpMs: 500, windowMs: 800, windows: 5 },
  freshPerSecond,
  archiveEvents: 200_000,
  subscribers: [500, 5_000],
  loneEvents: 1_000,
  idleConnections: 10_000,
  ceilingMs: 2_000,
  probes: 10,
};

export const QUICK: Scale = {
  phases: { warmUpMs: 200, windowMs: 250, windows: 3 },
  freshPerSecond,
  archiveEvents: 20_000,
  subscribers: [500],
  loneEvents: 300,
  idleConnections: 2_000,
  ceilingMs: 400,
  probes: 3,
};

export const TINY: Scale = {
  phases: { warmUpMs: 0, windowMs: 15, windows: 1 },
  freshPerSecond: () => 2_000,
  archiveEvents: 400,
  subscribers: [5],
  loneEvents: 3,
  idleConnections: 10,
  ceilingMs: 5,
  probes: 2,
};
