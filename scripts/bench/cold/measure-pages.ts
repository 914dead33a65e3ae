// History that has left the hot store: how fast it leaves, pages of it, and a walk across the border into it.

import { Database } from "bun:sqlite";
import { join } from "node:path";
import { DATABASE_FILE } from "../../../src/hot/database.ts";
import { runLoop } from "../load/closed-loop.ts";
import { median, Samples } from "../load/samples.ts";
import { cpuReader } from "../target/target.ts";
import { questionTape } from "../workloads/reads.ts";
import { loopRow, type Row } from "../workloads/workload.ts";
import { archiveWalk, pagesBefore } from "./pages.ts";
import { PagedReader } from "./paged-reader.ts";
import { type ColdStage, rounded, withCold } from "./stage.ts";

const MAX_AGE_SECONDS = 20 * 86_400;
const PAGES = 300;
const WALK_PAGE = 500;
const LOOK_MS = 500;
/** Moving is over when so long nothing has left; before the first ones leave, an index must be known to show them. */
const STILL_SECONDS = 8;
const FIRST_SECONDS = 60;

export async function measurePages(stage: ColdStage): Promise<Row[]> {
  const { relay, scale, history } = stage;
  const leaving = await letLeave(stage);
  const border = history.size.end - MAX_AGE_SECONDS;
  const pages = pagesBefore(history, border - 3_600, PAGES);
  const rows = [leaving];
  for (const clients of [1, 8]) {
    const result = await runLoop({
      ...scale.phases,
      endpoint: relay.endpoint,
      connections: clients,
      inFlight: 1,
      tape: questionTape(pages),
      isEndless: true,
      relayCpu: cpuReader(relay),
    });
    rows.push(loopRow(`cold page of 100, ${clients} clients`, `${clients}×1`, "pages/s", result));
  }
  return [...rows, await walk(stage, border)];
}

/** Restarts the relay with a bound on age and waits until what is older has left. */
async function letLeave(stage: ColdStage): Promise<Row> {
  const { relay, scale } = stage;
  await relay.restart({
    ...withCold(stage),
    THERMOCLINE_HOT_MAX_AGE_SECONDS: String(MAX_AGE_SECONDS),
    THERMOCLINE_HOT_EVICT_AFTER_SECONDS: "1",
  });
  const due = dueToLeave(stage);
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1_000;
  let moved = 0;
  let [firstAt, movedAt] = [0, 0];
  const isStill = (): boolean => seconds() - movedAt > (moved === 0 ? FIRST_SECONDS : STILL_SECONDS);
  while (seconds() < scale.patienceSeconds && !isStill() && moved < due) {
    await Bun.sleep(LOOK_MS);
    const now = evictedFrom(relay.data);
    if (now <= moved) continue;
    if (moved === 0) firstAt = seconds() - LOOK_MS / 1_000;
    [moved, movedAt] = [now, seconds()];
  }
  return {
    name: "eviction",
    load: "one at a time",
    rate: moved / Math.max(LOOK_MS / 1_000, movedAt - firstAt),
    unit: "events/s",
    figures: { "events left": moved, "were due": due, "s until the first": rounded(firstAt) },
    faults: moved === 0 && due > 0 ? ["nothing left the hot store"] : [],
    ...(moved < due * 0.99 ? { note: "not everything had left when the time was up" } : {}),
  };
}

/** The relay itself counts what has left among what it has stored. */
function evictedFrom(folder: string): number {
  const database = new Database(join(folder, DATABASE_FILE), { readonly: true });
  try {
    return (database.query("SELECT count(*) AS count FROM evicted").get() as { count: number }).count;
  } finally {
    database.close();
  }
}

/** Replaceable and addressable events stay. */
function dueToLeave({ history }: ColdStage): number {
  const { size, createdAt, kind } = history;
  const border = Math.floor(Date.now() / 1_000) - MAX_AGE_SECONDS;
  let due = 0;
  for (let index = 0; index < size.events && createdAt[index]! < border; index++) {
    if (![0, 3, 30_023].includes(kind[index]!)) due++;
  }
  for (let index = 0; index < size.archive && history.archiveSecond(index) < border; index++) due++;
  return due;
}

async function walk({ relay, history }: ColdStage, border: number): Promise<Row> {
  const pages = archiveWalk(history, WALK_PAGE);
  const { times, faults } = await new PagedReader(relay.endpoint).read(pages);
  const firstCold = pages.findIndex(({ filter }) => (filter["until"] as number) < border - 3_600);
  const hot = times.slice(0, Math.max(0, firstCold - 1));
  const cold = times.slice(firstCold);
  const tenth = Math.max(1, Math.floor(cold.length / 10));
  const [near, far] = [median(cold.slice(0, tenth)), median(cold.slice(-tenth))];
  const all = new Samples();
  for (const ms of cold) all.add(ms * 1e6);
  return {
    name: "walk across the border",
    load: `1×1, pages of ${WALK_PAGE}`,
    rate: times.length / (times.reduce((sum, ms) => sum + ms, 0) / 1_000),
    unit: "pages/s",
    latency: all.quantiles(),
    figures: {
      events: history.size.archive,
      "ms a hot page": rounded(median(hot), 2),
      "ms a cold page near the border": rounded(near),
      "ms a cold page at the far end": rounded(far),
      "times the nearest": rounded(far / near, 2),
    },
    faults,
  };
}
