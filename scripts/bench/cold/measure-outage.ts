// OpenSearch away while events come in: nobody waits, memory stays bounded, and all of them arrive afterwards.

import { runLoop } from "../load/closed-loop.ts";
import { freshTape } from "../workloads/publish.ts";
import type { Row } from "../workloads/workload.ts";
import { askOnce } from "./ask-once.ts";
import { Gate } from "./gate.ts";
import { untilDrained } from "./gauges.ts";
import { searchesOf } from "./searches.ts";
import { COUNTED_KINDS, type ColdStage, rounded, withCold } from "./stage.ts";

const MiB = 2 ** 20;
const LOOK_MS = 200;

export async function measureOutage(stage: ColdStage): Promise<Row[]> {
  const { relay, node, scale } = stage;
  await node.refresh();
  const before = await node.count(COUNTED_KINDS);
  const gate = new Gate(node.url);
  try {
    await relay.restart(withCold(stage, gate.url));
    await untilDrained(relay.url, scale.patienceSeconds);
    await relay.untilQuiet();
    gate.shut();
    const away = await publishMeanwhile(stage);
    const faults = [...away.faults, ...(await searchMeanwhile(stage))];
    gate.open();
    const drain = await untilDrained(relay.url, scale.patienceSeconds);
    if (!drain.isDone) faults.push("the cold store did not catch up after it was back");
    await node.refresh();
    const found = (await node.count(COUNTED_KINDS)) - before;
    if (found !== away.published)
      faults.push(`OpenSearch got ${found} events instead of the ${away.published} that were acknowledged`);
    const row: Row = {
      name: "outage",
      load: `${away.published} events wait`,
      rate: away.rate,
      unit: "events/s",
      latency: away.latency,
      figures: {
        "MiB before": rounded(away.residentBefore / MiB, 0),
        "MiB at most": rounded(away.residentMax / MiB, 0),
        "bytes a waiting event": Math.round((away.residentMax - away.residentBefore) / away.published),
        "times before": rounded(away.residentMax / away.residentBefore, 2),
        "s to catch up": rounded(drain.seconds),
      },
      faults,
    };
    return [row];
  } finally {
    await relay.restart(withCold(stage));
    gate.shut();
  }
}

async function publishMeanwhile({ relay, fresh, scale }: ColdStage) {
  const tape = freshTape(fresh, scale.outageEvents);
  const residentBefore = relay.residentBytes() ?? Number.NaN;
  let residentMax = residentBefore;
  const look = (): void => {
    residentMax = Math.max(residentMax, relay.residentBytes() ?? 0);
  };
  const watch = setInterval(look, LOOK_MS);
  const started = performance.now();
  const result = await runLoop({
    warmUpMs: 0,
    windowMs: Number.MAX_SAFE_INTEGER,
    windows: 1,
    endpoint: relay.endpoint,
    connections: 8,
    inFlight: 16,
    tape,
    isEndless: false,
    relayCpu: () => relay.cpu(),
  });
  const rate = (tape.length * 1_000) / (performance.now() - started);
  // What is left over of the load shows only later.
  await Bun.sleep(3_000);
  clearInterval(watch);
  look();
  const { faults, latency } = result;
  return { published: tape.length, rate, latency, faults, residentBefore, residentMax };
}

/** The hot index answers in its place. */
async function searchMeanwhile({ relay, history }: ColdStage): Promise<string[]> {
  const [search] = searchesOf(history, "common word", 1);
  if (search === undefined) return [];
  const { events, closed, ms } = await askOnce(relay.url, search.filter);
  if (closed !== undefined) return [`a search without OpenSearch was refused: ${closed}`];
  if (events.length === 0) return ["a search without OpenSearch found nothing"];
  return ms > 10_000 ? [`a search without OpenSearch took ${Math.round(ms)} ms`] : [];
}
