// Format, types, lint, structure and dead code in one go: the same command by hand and in CI.

import { ensureDependencies, PROJECT_ROOT } from "./dependencies.ts";

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** What puts it right. */
  readonly remedy: string;
}

const bun = process.execPath;
const SOURCES = ["src", "test", "scripts"];

const STEPS: readonly Step[] = [
  {
    name: "format",
    command: [bun, "fmt", "--check", ...SOURCES],
    remedy: `bun fmt ${SOURCES.join(" ")}`,
  },
  {
    name: "types",
    command: [bun, "x", "--no-install", "tsc", "--noEmit"],
    remedy: "mend what the compiler says",
  },
  {
    name: "types (web)",
    command: [bun, "x", "--no-install", "tsc", "--noEmit", "--project", "src/web"],
    remedy: "mend what the compiler says of what runs in a browser",
  },
  {
    name: "lint",
    command: [bun, "x", "--no-install", "oxlint", "--type-aware", ...SOURCES],
    remedy: "mend what oxlint says, or say in .oxlintrc.json why not",
  },
  {
    name: "structure",
    command: [bun, "test", "test/structure"],
    remedy: "each complaint names what to do instead",
  },
  {
    name: "dead code",
    command: [bun, "x", "--no-install", "knip", "--no-progress"],
    remedy: "remove what nothing uses",
  },
];

/** Runs one step; prints its line, and what it said when it failed. */
async function runStep(step: Step): Promise<boolean> {
  const started = performance.now();
  const child = Bun.spawn([...step.command], {
    cwd: PROJECT_ROOT,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, NO_COLOR: "1" },
  });
  const [output, errors, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const verdict = code === 0 ? "ok" : `FAILED → ${step.remedy}`;
  process.stdout.write(`${step.name.padEnd(11)} ${seconds.padStart(5)} s  ${verdict}\n`);
  if (code !== 0) process.stdout.write(`${`${output}\n${errors}`.trim()}\n\n`);
  return code === 0;
}

async function check(names: readonly string[]): Promise<boolean> {
  let passed = true;
  for (const step of STEPS)
    if (names.length === 0 || names.some((name) => step.name.startsWith(name)))
      passed = (await runStep(step)) && passed;
  return passed;
}

ensureDependencies({ development: true });
// Steps may be named: "bun run check format types".
process.exit((await check(process.argv.slice(2))) ? 0 : 1);
