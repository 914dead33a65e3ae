// `bun run opensearch`: a real OpenSearch node on loopback for development and tests, until Ctrl-C.

import { parseArgs } from "node:util";
import { installPrerequisites } from "./opensearch/install.ts";
import { startOpenSearch, type StartOptions } from "./opensearch/start.ts";

export { startOpenSearch } from "./opensearch/start.ts";

const HELP = `Starts one real OpenSearch node on loopback and keeps it until Ctrl-C.

  --port N      port to listen on; 0 takes a free one (default 9200)
  --data DIR    folder for its indices (default .opensearch/data-… in the project)
  --home DIR    folder for what is fetched once (default .opensearch in the project)
  --heap SIZE   Java heap (default 1g)
  --way NAME    docker, distribution or embedded, instead of the first that works
  --install     as root on Debian: install Java, Maven and unzip first where they are missing
  --verbose     show the server's own output

It takes the first way that works here: the node in OPENSEARCH_URL; Docker; Java 21 or newer and Maven; Java 17 and Maven.
`;

if (import.meta.main) await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "9200" },
      data: { type: "string" },
      home: { type: "string" },
      heap: { type: "string", default: "1g" },
      way: { type: "string" },
      install: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (values.install) {
    const fault = await installPrerequisites(say);
    if (fault !== undefined) fail(fault);
  }
  await serve({
    port: portOf(values.port),
    heap: values.heap,
    ...(values.data === undefined ? {} : { data: values.data }),
    ...(values.home === undefined ? {} : { home: values.home }),
    ...(values.way === undefined ? {} : { way: values.way }),
    say,
    log: values.verbose ? say : () => {},
  });
}

async function serve(options: StartOptions): Promise<void> {
  const asked = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => asked.abort());
  const node = await startOpenSearch({ ...options, signal: asked.signal });
  if ("unavailable" in node) {
    return fail(
      `no OpenSearch here: ${node.unavailable}\nAs root on Debian, --install fetches what is missing.`,
    );
  }
  say(
    `${node.way}${node.hasIcu ? " with ICU" : ""}${node.data === undefined ? "" : `, data in ${node.data}`}`,
  );
  process.stdout.write(`${node.url}\n`);
  await Promise.race([aborted(asked.signal), node.exited]);
  if (!asked.signal.aborted) fail("the node has ended by itself; --verbose shows why");
  say("stopping");
  await node.stop();
  process.exit(0);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) fail(`--port must be 0 to 65535, not ${text}`);
  return port;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function fail(reason: string): never {
  say(reason);
  process.exit(1);
}
