// Fills a relay with a file of events: by the command line where it is ours, else by publishing them.

import { lineRuns } from "../corpus/cache.ts";
import { runLoop } from "../load/closed-loop.ts";
import type { Loaded, Target } from "../target/target.ts";
import { Tape } from "../wire/tape.ts";

const RUN_LINES = 20_000;

export async function loadFile(target: Target, path: string, events: number): Promise<Loaded> {
  return target.local === undefined ? publishFile(target, path) : target.local.importFile(path, events);
}

/** Only OK true counts; a relay that has an event already says so with true (NIP-01). */
async function publishFile(target: Target, path: string): Promise<Loaded> {
  const started = performance.now();
  const faults: string[] = [];
  let events = 0;
  for await (const lines of lineRuns(path, RUN_LINES)) {
    const tape = new Tape(lines.length * 900);
    for (const line of lines) tape.event(line);
    const { faults: wrong } = await runLoop({
      warmUpMs: 0,
      windowMs: Number.MAX_SAFE_INTEGER,
      windows: 1,
      endpoint: target.endpoint,
      connections: 8,
      inFlight: 64,
      tape,
      isEndless: false,
      relayCpu: () => undefined,
    });
    for (const fault of wrong) if (faults.length < 5 && !isHarmless(fault)) faults.push(fault);
    events += lines.length;
  }
  return { events, seconds: (performance.now() - started) / 1_000, faults };
}

/** Events of several connections overtake each other: an older version, or something deleted, may come late. */
function isHarmless(fault: string): boolean {
  return /duplicate|replaced|newer|deleted/.test(fault) || fault === "refused an event that must be accepted";
}
