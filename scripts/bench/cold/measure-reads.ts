// Reads of the hot store alone, before there is a cold one and beside one that has nothing to do.

import { runLoop } from "../load/closed-loop.ts";
import { cpuReader } from "../target/target.ts";
import { loopRow, type Row } from "../workloads/workload.ts";
import { questionTape } from "../workloads/reads.ts";
import { newestPages, PAGE } from "./pages.ts";
import type { ColdStage } from "./stage.ts";

const QUESTIONS = 200;

export async function measureReads({ relay, history, scale }: ColdStage, store: string): Promise<Row[]> {
  const globalPage = [{ filter: { kinds: [1], limit: PAGE }, expected: PAGE }];
  const rows: Row[] = [];
  for (const [name, questions] of [
    ["global", globalPage],
    ["author", newestPages(history, QUESTIONS)],
  ] as const) {
    const result = await runLoop({
      ...scale.phases,
      endpoint: relay.endpoint,
      connections: 8,
      inFlight: 4,
      tape: questionTape(questions),
      isEndless: true,
      relayCpu: cpuReader(relay),
    });
    rows.push(loopRow(`${name} page, ${store}`, "8×4", "queries/s", result));
  }
  return rows;
}
