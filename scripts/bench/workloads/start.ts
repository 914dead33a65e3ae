// How long the relay takes to its first answer on a loaded store, and what it holds in memory then.

import type { Workload } from "./workload.ts";

export const start: Workload = {
  name: "start",
  about: "seconds from starting the process on the loaded store to its first answer, and its memory",
  needs: "local",
  run: async (stage, local) => {
    const seconds = await local.restart();
    return [
      {
        name: "start",
        load: `${stage.corpus.facts.events} events`,
        figures: {
          "ms to the first answer": Math.round(seconds * 1_000),
          "resident MiB": Math.round((local.residentBytes() ?? 0) / 2 ** 20),
        },
        faults: [],
      },
    ];
  },
};
