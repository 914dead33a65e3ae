// Several clients that search at once, each asking again as soon as it has its answer.

import { type LoopResult, runLoop } from "../load/closed-loop.ts";
import type { Phases } from "../load/run-clock.ts";
import { cpuReader } from "../target/target.ts";
import type { Tape } from "../wire/tape.ts";
import type { ColdStage } from "./stage.ts";

const CLIENTS = 8;
/** As rows name it: clients × searches under way. */
export const SEARCH_LOAD = `${CLIENTS}×1`;

/** `isEndless` begins anew where the tape ends; else the run ends with it. */
export function searchLoop(
  { relay }: ColdStage,
  tape: Tape,
  phases: Phases,
  isEndless: boolean,
): Promise<LoopResult> {
  const relayCpu = cpuReader(relay);
  return runLoop({
    ...phases,
    endpoint: relay.endpoint,
    connections: CLIENTS,
    inFlight: 1,
    relayCpu,
    tape,
    isEndless,
  });
}
