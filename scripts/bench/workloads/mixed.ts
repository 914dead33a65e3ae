// Half publishes, half reads, strictly in turn: what a busy relay does all day.

import { runLoop } from "../load/closed-loop.ts";
import { cpuReader } from "../target/target.ts";
import { Tape } from "../wire/tape.ts";
import { loopRow, type Stage, type Workload } from "./workload.ts";

const CONNECTIONS = 8;
const IN_FLIGHT = 16;

export const mixed: Workload = {
  name: "mixed",
  about: "50 % stored publishes and 50 % reads (id, author page, notifications in turn), 8×16",
  needs: "socket",
  run: async (stage) => {
    const { phases, freshPerSecond } = stage.scale;
    const seconds = (phases.warmUpMs + phases.windows * phases.windowMs) / 1_000;
    const result = await runLoop({
      ...phases,
      endpoint: stage.target.endpoint,
      connections: CONNECTIONS,
      inFlight: IN_FLIGHT,
      tape: mixedTape(stage, Math.ceil(seconds * freshPerSecond(CONNECTIONS, IN_FLIGHT))),
      isEndless: false,
      relayCpu: cpuReader(stage.target),
    });
    return [loopRow("mixed", `${CONNECTIONS}×${IN_FLIGHT}`, "operations/s", result)];
  },
};

function mixedTape({ fresh, corpus }: Stage, events: number): Tape {
  const { oneId, authorPage, notifications } = corpus.facts.questions;
  const kinds = [oneId, authorPage, notifications];
  const tape = new Tape(events * 1_100);
  for (let turn = 0; turn < events; turn++) {
    tape.event(fresh.next().json);
    const questions = kinds[turn % kinds.length]!;
    const { filter, expected } = questions[Math.floor(turn / kinds.length) % questions.length]!;
    tape.req([filter], expected);
  }
  return tape;
}
