// The container files agree with the project, and what they run does what they say.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { DISTRIBUTION_VERSION } from "../../scripts/opensearch/versions.ts";
import { SETTING_ROWS } from "../../src/config/settings.ts";
import { serveInProcess, type ServingProcess } from "../protocol/serving-process.ts";
import { hasOpenssl, makeCertificate } from "../support/certificate.ts";
import { readSource, ROOT } from "./sources.ts";

// Processes are started: on a busy machine that takes its time.
setDefaultTimeout(60_000);

interface Service {
  readonly build: { readonly dockerfile_inline?: string };
  readonly init?: boolean;
  readonly environment: Readonly<Record<string, string>>;
}

/** Instructions of the Dockerfile, each in one line and without comments. */
const instructions = readSource("Dockerfile")
  .text.replace(/^#.*\n/gm, "")
  .replace(/\\\n\s*/g, "")
  .split("\n")
  .filter((line) => line !== "");
const { services } = Bun.YAML.parse(readSource("compose.yaml").text) as {
  services: Record<"relay" | "opensearch", Service>;
};

function saidBy(instruction: string): string[] {
  return instructions
    .filter((line) => line.startsWith(`${instruction} `))
    .map((line) => line.slice(instruction.length + 1));
}

describe("versions and names", () => {
  test("the image has the runtime of package.json, the compose file the tested OpenSearch", () => {
    for (const base of saidBy("FROM")) expect(base).toStartWith(`oven/bun:${packageJson.engines.bun}-slim`);
    expect(services.opensearch.build.dockerfile_inline).toContain(`opensearch:${DISTRIBUTION_VERSION}\n`);
  });

  test("what is copied is there, and not kept out", () => {
    const ignored = readSource(".dockerignore").text.split("\n");
    const copied = saidBy("COPY").filter((words) => !words.startsWith("--from"));
    for (const path of copied.flatMap((words) => words.split(" ").slice(0, -1))) {
      expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
      expect(ignored).not.toContain(path);
    }
  });

  test("every variable is a setting", () => {
    const known = new Set(SETTING_ROWS.flatMap(({ variable, plainVariable }) => [variable, plainVariable]));
    const set = [
      ...saidBy("ENV")
        .join(" ")
        .matchAll(/(THERMOCLINE_\w+)=/g),
    ].map((match) => match[1]);
    expect(set).not.toEqual([]);
    for (const name of [...set, ...Object.keys(services.relay.environment)]) expect(known).toContain(name);
  });
});

test("no service is process 1, which would not hear that it shall stop while it starts", () => {
  const [entry] = saidBy("ENTRYPOINT");
  expect(JSON.parse(entry!)).toEqual(["tini", "--", "thermocline"]);
  expect(saidBy("RUN").some((line) => line.includes("install") && / tini\b/.test(line))).toBe(true);
  expect(services.opensearch.init).toBe(true);
});

describe("health check", () => {
  const check = JSON.parse(/CMD (\[.*\])$/.exec(saidBy("HEALTHCHECK")[0]!)![1]!) as string[];
  const servings: ServingProcess[] = [];
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "thermocline-"));
  });

  afterAll(async () => {
    for (const { process } of servings) {
      process.kill("SIGTERM");
      await process.exited;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  async function serve(...flags: string[]): Promise<ServingProcess> {
    const serving = await serveInProcess(mkdtempSync(join(folder, "data-")), ...flags);
    servings.push(serving);
    return serving;
  }

  /** The exit code. */
  async function checked(url: string): Promise<number> {
    const env = { ...Bun.env, THERMOCLINE_SERVER_PORT: new URL(url).port };
    return await Bun.spawn(check, { env, stdout: "ignore", stderr: "ignore" }).exited;
  }

  test("a relay that serves is healthy, one whose answer is an error is not", async () => {
    expect(await checked((await serve()).url)).toBe(0);
    using broken = Bun.serve({ port: 0, fetch: () => new Response("", { status: 500 }) });
    expect(await checked(broken.url.href)).toBe(1);
  });

  test.skipIf(!hasOpenssl)("so is one with TLS of its own, whatever name is certified", async () => {
    makeCertificate("relay.example.com", folder);
    const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
    const { url } = await serve("--tls.cert", files.cert, "--tls.key", files.key);
    expect(url).toStartWith("wss://");
    expect(await checked(url)).toBe(0);
  });
});
