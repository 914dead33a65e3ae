// Trends of a day over HTTP, each asked for the first time after a start, so that nothing is known yet.

import type { Quantiles } from "../load/samples.ts";
import { Samples } from "../load/samples.ts";
import type { Row } from "../workloads/workload.ts";
import type { ColdStage } from "./stage.ts";

const SUBJECTS = ["hashtags", "notes", "people", "links", "media"];

/** `window` as the relay names it. */
export async function measureTrends({ relay }: ColdStage, window: "24h" | "7d"): Promise<Row[]> {
  const name = `trends ${window}`;
  const asked = (what: string): string =>
    new URL(`/api/trends?what=${what}&window=${window}`, relay.url.replace(/^ws/, "http")).href;
  const first = new Samples();
  const again = new Samples();
  const faults: string[] = [];
  const figures: Record<string, number> = {};
  for (const what of SUBJECTS) {
    const started = Bun.nanoseconds();
    const response = await fetch(asked(what));
    const text = await response.text();
    if (response.status === 404)
      return [{ name, load: "", faults: [], note: "SKIPPED: this relay has no /api/trends" }];
    first.add(Bun.nanoseconds() - started);
    figures[`ms ${what}`] = Math.round((Bun.nanoseconds() - started) / 1e5) / 10;
    if (!response.ok) faults.push(`${what}: status ${response.status} ${text.slice(0, 80)}`);
    else if (what === "hashtags" && !hasEntries(text)) faults.push("no hashtag trends in a busy day");
    const repeated = Bun.nanoseconds();
    await (await fetch(asked(what))).text();
    again.add(Bun.nanoseconds() - repeated);
  }
  const repeat: Quantiles | undefined = again.quantiles();
  return [
    {
      name,
      load: "1×1, uncached",
      latency: first.quantiles(),
      figures: { ...figures, ...(repeat === undefined ? {} : { "ms when repeated": repeat.p50 }) },
      faults,
    },
  ];
}

/** Is any list in it longer than nothing? */
function hasEntries(text: string): boolean {
  const value = JSON.parse(text) as Record<string, unknown>;
  return Object.values(value).some((entry) => Array.isArray(entry) && entry.length > 0);
}
