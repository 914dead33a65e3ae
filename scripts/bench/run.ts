// One run of the bench: ceilings first, then for each size a fresh relay, the load of its store, and the workloads.

import { type CachedArchive, cachedArchive, cachedCorpus, type CacheOptions } from "./corpus/cache.ts";
import { FreshEvents } from "./corpus/fresh.ts";
import { openSigner, type Signer } from "./corpus/signer.ts";
import { echoCeiling } from "./ceilings/echo.ts";
import { signatureCeiling } from "./ceilings/signatures.ts";
import { sqliteCeiling } from "./ceilings/sqlite.ts";
import type { Options } from "./options.ts";
import { environment, type Environment } from "./report/environment.ts";
import { type Ceilings, type GoalResult, judge } from "./report/goals.ts";
import { FULL, QUICK } from "./scale.ts";
import { LocalRelay } from "./target/local-relay.ts";
import { remoteRelay } from "./target/remote-relay.ts";
import type { Target } from "./target/target.ts";
import { IMPORT_NAME, WORKLOADS } from "./workloads/all.ts";
import { loadCorpus } from "./workloads/import.ts";
import type { Row, Scale, Stage, Workload } from "./workloads/workload.ts";

export interface Report {
  readonly environment: Environment;
  readonly seed: string;
  readonly isQuick: boolean;
  readonly ceilings: Ceilings & { readonly signatureBackend: string };
  readonly sizes: readonly { readonly events: number; readonly rows: readonly Row[] }[];
  readonly goals: readonly GoalResult[];
  readonly isRight: boolean;
}

export interface Telling {
  /** Progress, for people who wait. */
  readonly tell: (line: string) => void;
  /** A finished row. */
  readonly row: (row: Row) => void;
}

export async function runBench(options: Options, telling: Telling): Promise<Report> {
  const scale = options.isQuick ? QUICK : FULL;
  const signer = openSigner();
  telling.tell("ceilings of this machine");
  const ceilings = await measureCeilings(signer, scale);
  const rows = new Map<number, readonly Row[]>();
  for (const size of options.sizes) rows.set(size, await runSize(size, options, scale, signer, telling));
  return {
    environment: environment(options.url),
    seed: options.seed,
    isQuick: options.isQuick,
    ceilings,
    sizes: [...rows].map(([events, ofSize]) => ({ events, rows: ofSize })),
    goals: options.url === undefined ? judge(rows, ceilings) : [],
    isRight: [...rows.values()].flat().every(({ faults }) => faults.length === 0),
  };
}

async function measureCeilings(signer: Signer, scale: Scale): Promise<Report["ceilings"]> {
  const { backend, rate } = signatureCeiling(signer, scale.ceilingMs);
  const sqlite = sqliteCeiling(scale.ceilingMs);
  const echo = await echoCeiling(scale.phases);
  return {
    signatures: rate,
    signatureBackend: backend,
    echoOneByOne: echo.oneByOne.rate,
    echoPipelined: echo.pipelined.rate,
    sqliteInserts: sqlite.rate,
    sqliteCommitMs: sqlite.commitMs,
  };
}

async function runSize(
  size: number,
  { url, seed, only, profileFolder }: Options,
  scale: Scale,
  signer: Signer,
  { tell, row }: Telling,
): Promise<Row[]> {
  const cache: CacheOptions = { seed, signer, tell };
  const corpus = await cachedCorpus(size, cache);
  const target: Target = url === undefined ? await LocalRelay.start({ profileFolder }) : remoteRelay(url);
  const stage: Stage = {
    target,
    corpus,
    // A relay of somebody else may have the events of an earlier run, and limits to how old an event may be.
    fresh:
      url === undefined
        ? new FreshEvents(seed, corpus.facts.lastSecond + 1, signer)
        : new FreshEvents(`${seed} ${Date.now()}`, Math.floor(Date.now() / 1_000) - 3_600, signer),
    archive: (): Promise<CachedArchive> => cachedArchive(scale.archiveEvents, cache),
    scale,
    tell,
  };
  try {
    tell(`loading ${size.toLocaleString("en")} events`);
    return await runAll(stage, only, row);
  } finally {
    await target.stop();
  }
}

/** Runs the load and every chosen workload; one that breaks is a row with a fault, and the next one goes on. */
export async function runAll(
  stage: Stage,
  only: ReadonlySet<string> | undefined,
  done: (row: Row) => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  const add = (row: Row): void => {
    rows.push(row);
    done(row);
  };
  const loaded = await loadCorpus(stage);
  if (only === undefined || only.has(IMPORT_NAME) || loaded.faults.length > 0) add(loaded);
  for (const workload of WORKLOADS) {
    if (only !== undefined && !only.has(workload.name)) continue;
    stage.tell(workload.name);
    for (const row of await attempt(workload, stage)) add(row);
  }
  return rows;
}

async function attempt(workload: Workload, stage: Stage): Promise<readonly Row[]> {
  try {
    if (workload.needs === "socket") return await workload.run(stage);
    if (stage.target.local !== undefined) return await workload.run(stage, stage.target.local);
    return [{ name: workload.name, load: "", faults: [], note: "left out: needs a relay of our own" }];
  } catch (error) {
    return [
      { name: workload.name, load: "", faults: [error instanceof Error ? error.message : String(error)] },
    ];
  }
}
