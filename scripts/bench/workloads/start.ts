// How long the relay takes to its first answer on a loaded store, and what it holds in memory then.

import type { Workload } from "./workload.ts";

export const start: Workload = {
  name: "start",
  about: "seconds from starting the process on the loaded store to its first answer, and its memory",
  needs: "local",
  run: async (stage, local) => {
    const seconds = await local.restart();
    const residentBytes = local.residentBytes() ?? 0;
    const settledSeconds = await local.untilQuiet();
    return [
      {
        name: "start",
        load: `${stage.corpus.facts.events} events`,
        figures: {
          "ms to the first answer": Math.round(seconds * 1_000),
          "resident MiB": Math.round(residentBytes / 2 ** 20),
        },
        faults: [],
        note: `${settledSeconds.toFixed(1)} s until its memory was filled`,
      },
    ];
  },
};
