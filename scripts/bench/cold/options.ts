// The command line of `bun run bench cold`.

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Command, SIZE_MIN, sizeOf } from "../command.ts";
import { SMALL_EVENTS } from "./stage.ts";

const COLD_NAMES = {
  search: "searches of seven sorts at 8 clients, by FTS5 and by OpenSearch",
  typeahead: "names as they are typed, on profiles alone, at 8 clients",
  repeats: "the same twenty searches again and again",
  paced: "publishers at 3,000/s: EVENT→OK, and from OK until OpenSearch shows it",
  saturated: "a publisher without pause, with and without a cold store",
  reads: "hot pages with and without a cold store that has nothing to do",
  trends: "trends of a day and of a week, each asked for the first time",
  pages: "events leave the hot store; pages of them, and a walk across the border",
  outage: "OpenSearch away while events come in: memory, and catching up afterwards",
} as const;
export type ColdName = keyof typeof COLD_NAMES;

export interface ColdOptions {
  readonly size: number;
  readonly isQuick: boolean;
  readonly only: ReadonlySet<ColdName> | undefined;
  readonly seed: string;
  readonly heap: string;
  readonly jsonFile: string | undefined;
  readonly profileFolder: string | undefined;
}

const FLAGS = {
  quick: { type: "boolean", default: false },
  events: { type: "string" },
  only: { type: "string" },
  seed: { type: "string", default: "cold" },
  heap: { type: "string" },
  json: { type: "string" },
  profile: { type: "string" },
  list: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

const SIZE_MAX = 10_000_000;
const DEFAULT_SIZE = 100_000;
const LARGE = 500_000;

export function parseColdCommand(words: readonly string[]): Command<ColdOptions> {
  let values;
  try {
    ({ values } = parseArgs({ args: [...words], options: FLAGS, strict: true }));
  } catch (error) {
    return { verb: "refuse", text: `${error instanceof Error ? error.message : String(error)}\nSee --help.` };
  }
  if (values.help) return { verb: "print", text: HELP };
  if (values.list) return { verb: "print", text: list() };
  const fallback = values.quick ? SMALL_EVENTS : DEFAULT_SIZE;
  const size = values.events === undefined ? fallback : sizeOf(values.events, SIZE_MAX);
  if (Number.isNaN(size))
    return {
      verb: "refuse",
      text: `--events takes a size like 100k or 1m (${SIZE_MIN} to ${SIZE_MAX}), not ${values.events}`,
    };
  const only = values.only?.split(",");
  const unknown = only?.find((name) => !isColdName(name));
  if (unknown !== undefined)
    return { verb: "refuse", text: `there is no cold workload ${unknown}; see --list` };
  const options: ColdOptions = {
    size,
    isQuick: values.quick,
    only: only === undefined ? undefined : new Set(only.filter(isColdName)),
    seed: values.seed,
    heap: values.heap ?? (size >= LARGE ? "2g" : "1g"),
    jsonFile: values.json,
    profileFolder: values.profile === undefined ? undefined : resolve(values.profile),
  };
  return { verb: "run", options };
}

function isColdName(name: string): name is ColdName {
  return Object.hasOwn(COLD_NAMES, name);
}

function list(): string {
  return Object.entries(COLD_NAMES)
    .map(([name, about]) => `${name.padEnd(14)} ${about}`)
    .join("\n");
}

const HELP = `bun run bench cold [flags]

Measures the relay with OpenSearch beside it on this machine: a real node is started for the run (the one in
OPENSEARCH_URL is used where it is set, with indexes of its own that are removed afterwards), a month of events is made
and imported, and every answer is checked against what was written. Exits with 1 when an answer is wrong.

  --quick         20,000 events and short windows
  --events 100k   size of the history (default 100k, up to 10m); one long author comes on top with a fifth of it
  --only a,b      these workloads only (--list names them); import and catch-up always run
  --seed NAME     another history (default cold)
  --heap SIZE     Java heap of the node (default 1g, from 500k events on 2g)
  --json FILE     all figures for machines
  --profile DIR   each process of the relay leaves a CPU profile of its main thread there, as Markdown
  --list          the workloads
  -h, --help      this text

Client, relay and node share this machine: the figures are of all three together, and nothing scales the goals. Searches are
measured once they have settled: all sorts go round before, until two rounds in a row are no faster (at most eight, two
seconds a sort), because Java runs uncompiled at first and nodes run for months. The row "warming up" says how fast the
first round was.`;
