// Import through the command line into an empty store: verified events a second, and what they take on disk.

import type { Row, Stage } from "./workload.ts";
import { loadFile } from "./load-store.ts";

/** Loads the corpus and reports it as a row: this is also how every other workload gets its store. */
export async function loadCorpus({ target, corpus }: Stage): Promise<Row> {
  const { path, facts } = corpus;
  const loaded = await loadFile(target, path, facts.events);
  const rate = loaded.events / loaded.seconds;
  const stored = target.local?.storedBytes();
  return {
    name: target.local === undefined ? "load by publishing" : "import",
    load: target.local === undefined ? "8×64" : "command line",
    rate,
    rates: [rate],
    unit: "events/s",
    ...(loaded.cpuPerEvent === undefined
      ? {}
      : { cost: { relay: loaded.cpuPerEvent, client: 0, others: undefined } }),
    figures: {
      "bytes an event, JSON": Math.round(facts.bytes / facts.events),
      ...(loaded.settledSeconds === undefined
        ? {}
        : { "s of work in the background after it": Math.round(loaded.settledSeconds * 10) / 10 }),
      ...(stored === undefined ? {} : { "bytes an event, stored": Math.round(stored / facts.alive) }),
    },
    faults: loaded.faults,
  };
}
