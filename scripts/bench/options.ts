// The command line of the bench.

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Command, SIZE_MIN, sizeOf } from "./command.ts";
import { cacheFolder } from "./corpus/cache.ts";
import { IMPORT_ABOUT, IMPORT_NAME, WORKLOADS } from "./workloads/all.ts";

export interface Options {
  readonly url: string | undefined;
  readonly sizes: readonly number[];
  readonly isQuick: boolean;
  /** Names of workloads; undefined for all. */
  readonly only: ReadonlySet<string> | undefined;
  readonly seed: string;
  readonly jsonFile: string | undefined;
  readonly profileFolder: string | undefined;
}

const FLAGS = {
  url: { type: "string" },
  quick: { type: "boolean", default: false },
  events: { type: "string" },
  only: { type: "string" },
  seed: { type: "string", default: "warm" },
  json: { type: "string" },
  profile: { type: "string" },
  list: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

const DEFAULT_SIZES = [100_000];
const QUICK_SIZES = [20_000];
const SIZE_MAX = 5_000_000;

export function parseCommand(words: readonly string[]): Command<Options> {
  let values;
  try {
    ({ values } = parseArgs({ args: [...words], options: FLAGS, strict: true }));
  } catch (error) {
    return { verb: "refuse", text: `${error instanceof Error ? error.message : String(error)}\nSee --help.` };
  }
  if (values.help) return { verb: "print", text: HELP };
  if (values.list) return { verb: "print", text: list() };
  const sizes =
    values.events?.split(",").map((text) => sizeOf(text, SIZE_MAX)) ??
    (values.quick ? QUICK_SIZES : DEFAULT_SIZES);
  if (sizes.some(Number.isNaN)) {
    return {
      verb: "refuse",
      text: `--events takes sizes like 100k,1m (${SIZE_MIN} to ${SIZE_MAX}), not ${values.events}`,
    };
  }
  const only = values.only?.split(",");
  const unknown = only?.find(
    (name) => name !== IMPORT_NAME && WORKLOADS.every((known) => known.name !== name),
  );
  if (unknown !== undefined) return { verb: "refuse", text: `there is no workload ${unknown}; see --list` };
  if (values.url !== undefined && !/^wss?:\/\//.test(values.url)) {
    return { verb: "refuse", text: "--url takes a URL that begins with ws:// or wss://" };
  }
  const options: Options = {
    url: values.url,
    sizes,
    isQuick: values.quick,
    only: only === undefined ? undefined : new Set(only),
    seed: values.seed,
    jsonFile: values.json,
    profileFolder: values.profile === undefined ? undefined : resolve(values.profile),
  };
  return { verb: "run", options };
}

function list(): string {
  const rows = [[IMPORT_NAME, IMPORT_ABOUT], ...WORKLOADS.map(({ name, about }) => [name, about])];
  return rows.map(([name, about]) => `${name!.padEnd(14)} ${about}`).join("\n");
}

const HELP = `bun run bench [flags]
bun run bench cold [flags]     with OpenSearch beside the relay; see bun run bench cold --help

Measures the relay over real sockets, checks every answer, and compares the figures with this machine's ceilings and
with what the relay is meant to reach. Exits with 1 when an answer is wrong; a goal that is missed is only reported.

  --quick           20,000 events and short windows: at most 90 seconds in all
  --events 100k,1m  sizes of the store, one run for each (default 100k; 1m is made on demand)
  --only a,b        these workloads only (--list names them); the store is loaded whenever one needs it
  --url ws://…      any relay instead of our own: its store is filled by publishing, and what needs a relay of our own
                    (import, start, idle, processor time) is left out. Use an empty relay without rate limits
  --seed NAME       another corpus (default warm); the same name makes the same events on every machine
  --json FILE       all figures for machines
  --profile DIR     each process of our relay leaves a CPU profile of its main thread there, as Markdown
  --list            the workloads
  -h, --help        this text

How it measures
  One client process with a raw WebSocket client (Nagle off, prepared frames, answers counted as bytes) drives closed
  loops of connections × requests under way. A rate is the median of several windows after a warm-up; latencies are of
  all windows. "relay µs" and "client µs" are processor time for each operation, of all threads; on a machine with few
  cores their sum is what bounds a rate. "others %" is what other processes took of the machine meanwhile: a figure
  measured beside much of it says little. Our relay runs as a child process on an empty folder under ${"$TMPDIR"} with its
  defaults, only the limits for each address are lifted. Corpora are kept in ${cacheFolder()}
  (THERMOCLINE_BENCH_CACHE moves it). For 10,000 idle connections \`ulimit -n\` must be above 10,200.`;
