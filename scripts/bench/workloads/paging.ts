// Deep paging through one very long author: does page 400 cost what page 1 costs?

import { runLoop } from "../load/closed-loop.ts";
import { cpuReader } from "../target/target.ts";
import { loadFile } from "./load-store.ts";
import { questionTape } from "./reads.ts";
import { loopRow, type Row, type Stage, type Workload } from "./workload.ts";

export const paging: Workload = {
  name: "paging",
  about: "400 pages with `until` through one very long author: page 1 against page 400, and the whole walk",
  needs: "socket",
  run: async (stage) => {
    const archive = await stage.archive();
    const loaded = await loadFile(stage.target, archive.path, archive.events);
    const { pages } = archive;
    const [first, last] = [pages.slice(0, 1), pages.slice(-1)];
    const rows = [
      await pageRow(stage, "page 1", first),
      await pageRow(stage, "page 400", last),
      await pageRow(stage, "all pages", pages),
    ];
    const ratio = (rows[1]!.latency?.p50 ?? Number.NaN) / (rows[0]!.latency?.p50 ?? Number.NaN);
    return rows.map((row, index) => ({
      ...row,
      faults: index === 0 ? [...loaded.faults, ...row.faults] : row.faults,
      figures: { "events a page": pages[0]!.expected, ...(index === 1 ? { "times page 1": ratio } : {}) },
    }));
  },
};

async function pageRow(stage: Stage, name: string, pages: Parameters<typeof questionTape>[0]): Promise<Row> {
  const result = await runLoop({
    ...stage.scale.phases,
    endpoint: stage.target.endpoint,
    connections: 1,
    inFlight: 1,
    tape: questionTape(pages),
    isEndless: true,
    relayCpu: cpuReader(stage.target),
  });
  return loopRow(`paging ${name}`, "1×1", "pages/s", result);
}
