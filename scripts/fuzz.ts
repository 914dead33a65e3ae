// `bun run fuzz`: everything that looks for faults at random, for as long as one likes.

import { parseArgs } from "node:util";
import { runAttacks } from "../test/faults/attack-run.ts";
import { ATTACKS } from "../test/faults/attacks/all.ts";
import { runKillDrill } from "../test/faults/kill-drill.ts";
import { Ground } from "../test/faults/relay-process.ts";
import { PLANTED_FAULTS, serveCanary } from "../test/fuzz/canary.ts";
import { FUZZED_SETTINGS, fuzzFrames } from "../test/fuzz/frames.ts";

interface Options {
  readonly seed: number;
  readonly minutes: number;
  readonly times: number;
  readonly only: string;
}

interface Fuzzer {
  readonly name: string;
  readonly about: string;
  /** Tells on the way, and answers one sentence for each fault. */
  readonly run: (options: Options) => Promise<readonly string[]>;
}

const FUZZERS: readonly Fuzzer[] = [
  {
    name: "frames",
    about: "--minutes N  right, wrong and broken frames: exactly one answer to each, and nothing else",
    run: async ({ seed, minutes }) => {
      const ground = new Ground();
      try {
        const relay = ground.relay({ data: ground.path("data"), settings: FUZZED_SETTINGS });
        const url = await relay.ready();
        const endMs = Date.now() + minutes * 60_000;
        const report = await fuzzFrames({ url, seed, until: () => Date.now() > endMs });
        say(`${report.frames} frames over ${report.connections} connections`);
        relay.signal("SIGTERM");
        const { code, err } = await relay.ended();
        const ending = code === 0 ? [] : [`the relay ended with ${code}`];
        return [...report.violations, ...relay.warnings(), ...ending, ...(err === "" ? [] : [err])];
      } finally {
        await ground.clear();
      }
    },
  },
  {
    name: "canary",
    about: "planted faults, each of which the frame fuzzer must find",
    run: async ({ seed }) => {
      const missed: string[] = [];
      for (const fault of PLANTED_FAULTS) {
        const canary = serveCanary(fault);
        const { violations } = await fuzzFrames({ url: canary.url, seed, until: () => true, settleMs: 200 });
        await canary.stop();
        say(`${fault}: ${violations[0]?.slice(0, 100) ?? "MISSED"}`);
        if (violations.length === 0) missed.push(`not found: ${fault}`);
      }
      return missed;
    },
  },
  {
    name: "kill",
    about: "--times N  kills the relay under load, and holds it to every OK that it gave",
    run: async ({ seed, times }) => {
      const report = await runKillDrill({ kills: times, seed, tell: say });
      say(
        `${report.kills} kills; ${report.acknowledged} events acknowledged, ${report.unanswered} unanswered at a kill; ` +
          `slowest start ${Math.round(report.restartMsMax)} ms`,
      );
      return report.faults;
    },
  },
  {
    name: "attacks",
    about: "--minutes N --only NAME  bad input and floods; an honest client's p99 must stay under 50 ms",
    run: ({ seed, minutes, only }) =>
      runAttacks({ seed, only, seconds: (minutes * 60) / ATTACKS.length, tell: say }),
  },
];

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const USAGE = `bun run fuzz <name> [--seed N] [--minutes N] [--times N] [--only NAME]

${FUZZERS.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join("\n")}
`;

async function main(words: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      seed: { type: "string" },
      minutes: { type: "string", default: "1" },
      times: { type: "string", default: "20" },
      only: { type: "string", default: "" },
    },
  });
  const fuzzer = FUZZERS.find(({ name }) => name === positionals[0]);
  if (fuzzer === undefined) {
    process.stdout.write(USAGE);
    return positionals.length === 0 ? 0 : 2;
  }
  const seed = Number(values.seed ?? 1 + Math.floor(Math.random() * 2 ** 31));
  say(`${fuzzer.name}, seed ${seed}`);
  const faults = await fuzzer.run({
    seed,
    minutes: Number(values.minutes),
    times: Number(values.times),
    only: values.only,
  });
  for (const fault of faults) process.stdout.write(`FAULT: ${fault}\n`);
  process.stdout.write(faults.length === 0 ? "no faults\n" : `${faults.length} faults, seed ${seed}\n`);
  return faults.length === 0 ? 0 : 1;
}

process.exit(await main(process.argv.slice(2)));
