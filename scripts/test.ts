// Runs every test against real engines: installs what is missing, starts OpenSearch, counts, and stops what it started.

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureDependencies, PROJECT_ROOT } from "./dependencies.ts";
import { closingLine, countTests } from "./junit-counts.ts";
import { installPrerequisites } from "./opensearch/install.ts";
import { startOpenSearch } from "./opensearch/start.ts";
import { isRoot } from "./opensearch/tools.ts";
import { chromiumPackage, ensureSystemPackage, secp256k1Package } from "./system-packages.ts";

const HELP = `bun run test [--no-opensearch] [--quick] [path patterns and flags of bun test]

  --no-opensearch  leave out what needs a running OpenSearch
  --quick          only the short variants of random and crash tests, and no browser

OPENSEARCH_TEST_URL names a node to use instead of starting one. With CI=true nothing may be left out.
Without any of this, "bun test" runs all tests that need nothing but Bun.
`;

const MINUTES_MAX = 40;
const strict = process.env["CI"] === "true";

interface Engine {
  readonly url: string | undefined;
  readonly stop: () => Promise<void>;
}

const NO_ENGINE: Engine = { url: undefined, stop: () => Promise.resolve() };

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Something is left out: said aloud, and a failure where nothing may be. */
function leaveOut(what: string, why: string): void {
  const text = `NOT TESTED: ${what}: ${why}`;
  if (strict) throw new Error(text);
  say(text);
}

async function prepareMachine(): Promise<void> {
  for (const wanted of [secp256k1Package, chromiumPackage]) {
    const lacking = await ensureSystemPackage(wanted, say);
    if (lacking !== undefined) leaveOut(wanted.purpose, lacking);
  }
}

async function openSearch(folder: string): Promise<Engine> {
  const given = process.env["OPENSEARCH_TEST_URL"];
  if (given !== undefined && given !== "") return { ...NO_ENGINE, url: given };
  const options = {
    port: 0,
    data: join(folder, "opensearch"),
    say,
  };
  let node = await startOpenSearch(options);
  if ("unavailable" in node && isRoot()) {
    const lacking = await installPrerequisites(say);
    if (lacking === undefined) node = await startOpenSearch(options);
    else say(lacking);
  }
  if ("unavailable" in node) {
    leaveOut("OpenSearch", node.unavailable);
    return NO_ENGINE;
  }
  say(`OpenSearch: ${node.way} at ${node.url}`);
  const running = node;
  return { url: running.url, stop: () => running.stop() };
}

/** Test files that these patterns select, as `bun test` names them. */
function selectedFiles(patterns: readonly string[]): string[] {
  return [...new Bun.Glob("test/**/*.test.{ts,tsx}").scanSync({ cwd: PROJECT_ROOT })].filter(
    (file) =>
      patterns.length === 0 || patterns.some((pattern) => file.includes(pattern.replace(/^\.\//, ""))),
  );
}

interface Request {
  readonly quick: boolean;
  readonly withOpenSearch: boolean;
  readonly passedOn: readonly string[];
}

async function runTests(
  request: Request,
  folder: string,
  url: string | undefined,
  signal: AbortSignal,
): Promise<number> {
  const reportPath = join(folder, "junit.xml");
  const child = Bun.spawn(
    [
      process.execPath,
      "test",
      "--timeout=60000",
      "--reporter=junit",
      `--reporter-outfile=${reportPath}`,
      ...request.passedOn,
    ],
    {
      cwd: PROJECT_ROOT,
      stdin: "ignore",
      stdout: "inherit",
      stderr: "inherit",
      timeout: MINUTES_MAX * 60_000,
      killSignal: "SIGKILL",
      signal,
      env: {
        ...process.env,
        ...(request.quick ? {} : { LONG_TESTS: "1" }),
        ...(url === undefined ? {} : { OPENSEARCH_TEST_URL: url }),
      },
    },
  );
  const code = await child.exited;
  if (child.signalCode !== null)
    say(`The test run was ended by ${child.signalCode} (bound: ${MINUTES_MAX} minutes).`);
  const exitCode = child.signalCode === null ? code : 1;
  const counts = countTests({
    reportPath,
    exitCode,
    expectedFiles: selectedFiles(request.passedOn.filter((word) => !word.startsWith("-"))),
  });
  // Both streams go to the same place for most readers: the closing line must come after all that bun test says.
  process.stdout.write(`\n${closingLine(counts)}\n`);
  return counts.failed > 0 ? 1 : exitCode;
}

async function main(words: readonly string[]): Promise<number> {
  if (words.includes("--help")) {
    process.stdout.write(HELP);
    return 0;
  }
  const own = new Set(["--no-opensearch", "--quick"]);
  const request: Request = {
    quick: words.includes("--quick"),
    withOpenSearch: !words.includes("--no-opensearch"),
    passedOn: words.filter((word) => !own.has(word)),
  };
  ensureDependencies({ development: true });
  await prepareMachine();
  const folder = mkdtempSync(join(tmpdir(), "thermocline-test-"));
  // OpenSearch refuses to run as root: the user that it runs as must come through to its own folder in this one.
  chmodSync(folder, 0o711);
  let engine = NO_ENGINE;
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());
  try {
    if (request.withOpenSearch) engine = await openSearch(folder);
    else leaveOut("OpenSearch", "--no-opensearch was given");
    return await runTests(request, folder, engine.url, interrupted.signal);
  } finally {
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.stdout.write("\n0 passed, 1 failed\n");
  process.exit(1);
}
