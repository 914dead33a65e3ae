// Every workload in the order in which they run: reads before anything is published, what needs restarts last.

import { fanOut } from "./fan-out.ts";
import { flood } from "./flood.ts";
import { idle } from "./idle.ts";
import { latency } from "./latency.ts";
import { mixed } from "./mixed.ts";
import { paging } from "./paging.ts";
import { publish } from "./publish.ts";
import { reads } from "./reads.ts";
import { start } from "./start.ts";
import type { Workload } from "./workload.ts";

export const WORKLOADS: readonly Workload[] = [
  start,
  ...reads,
  publish,
  mixed,
  // After the publishes: a relay that has just started is slower until its code is compiled, and that is not its latency.
  latency,
  fanOut,
  flood,
  paging,
  idle,
];

/** The load itself is a row too; it cannot be left out unless nothing but ceilings is asked for. */
export const IMPORT_NAME = "import";
export const IMPORT_ABOUT = "import of the whole corpus through the command line: verified events a second";
