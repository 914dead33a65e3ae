// Starting a real single node for development and tests by the first way that this machine allows.

import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { freePort, isPortFree } from "../free-port.ts";
import { distributionWay } from "./distribution.ts";
import { dockerWay } from "./docker.ts";
import { embeddedWay } from "./embedded.ts";
import { factsOf, waitUntilReady } from "./readiness.ts";
import { isRoot } from "./tools.ts";
import type { Way } from "./way.ts";

export interface StartOptions {
  /** Loopback port; 0 takes a free one. */
  readonly port?: number;
  /** Where indices are kept; default: a folder for each way inside `home`. */
  readonly data?: string;
  /** Where programs are kept once fetched; default `.opensearch` in the project. */
  readonly home?: string;
  /** Java heap; default "1g". */
  readonly heap?: string;
  /** How long the node may take until it answers; default 180 s, downloads not counted. */
  readonly timeoutMs?: number;
  /** Take only the way whose name begins like this: docker, distribution, embedded. */
  readonly way?: string;
  /** Gives up starting, and stops what was started. */
  readonly signal?: AbortSignal;
  readonly say?: (line: string) => void;
  readonly log?: (line: string) => void;
}

export interface RunningNode {
  readonly url: string;
  /** How it was started, with its version. */
  readonly way: string;
  readonly hasIcu: boolean;
  /** Where its indices are; undefined for a node that somebody else runs. */
  readonly data: string | undefined;
  /** Resolves when the node is gone; never for a node that somebody else runs. */
  readonly exited: Promise<unknown>;
  /** Stops what was started here, and nothing else. May be called more than once. */
  stop(): Promise<void>;
}

export interface Unavailable {
  /** Every way, and what it lacked. */
  readonly unavailable: string;
}

const WAYS: readonly Way[] = [dockerWay, distributionWay, embeddedWay];
const PROJECT = resolve(import.meta.dir, "../..");

/** Takes OPENSEARCH_URL when it is set, otherwise starts a node on loopback. Resolves once it answers. */
export async function startOpenSearch(options: StartOptions = {}): Promise<RunningNode | Unavailable> {
  const given = process.env["OPENSEARCH_URL"];
  if (given !== undefined && given !== "" && options.way === undefined)
    return useGiven(given.replace(/\/$/, ""));
  const reasons: string[] = [];
  for (const way of WAYS) {
    if (options.signal?.aborted === true) return { unavailable: "stopped while starting" };
    if (options.way !== undefined && !way.name.startsWith(options.way)) continue;
    const missing = await way.missing();
    const node = missing === undefined ? await launch(way, options) : { unavailable: missing };
    if (!("unavailable" in node)) return node;
    const reason = `${way.name}: ${node.unavailable}`;
    // Aloud at once: where a later way works, nobody would hear why the earlier ones did not.
    options.say?.(`OpenSearch not by ${inOneLine(reason)}`);
    reasons.push(reason);
  }
  return { unavailable: reasons.join("; ") };
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " | ");
}

async function useGiven(url: string): Promise<RunningNode | Unavailable> {
  const facts = await factsOf(url);
  if (facts === undefined) return { unavailable: "nothing answers at the address in OPENSEARCH_URL" };
  return {
    url,
    way: `OPENSEARCH_URL, version ${facts.version}`,
    hasIcu: facts.hasIcu,
    data: undefined,
    exited: new Promise(() => {}),
    stop: () => Promise.resolve(),
  };
}

async function launch(way: Way, options: StartOptions): Promise<RunningNode | Unavailable> {
  const home = resolve(options.home ?? defaultHome());
  const data = resolve(options.data ?? `${home}/data-${way.name.replaceAll(/[^\w.]+/g, "-")}`);
  const port = options.port === 0 || options.port === undefined ? freePort() : options.port;
  if (!isPortFree(port))
    return {
      unavailable: `port ${port} is taken; choose another, or 0 for any`,
    };
  const url = `http://127.0.0.1:${port}`;
  const say = options.say ?? (() => {});
  try {
    const node = await way.launch({
      home,
      data,
      port,
      heap: options.heap ?? "1g",
      say,
      log: options.log ?? (() => {}),
    });
    say(`starting ${way.name} at ${url}`);
    const facts = await waitUntilReady(
      url,
      options.timeoutMs ?? 180_000,
      () => node.isRunning() && options.signal?.aborted !== true,
    );
    if (facts === undefined) {
      await node.stop();
      return { unavailable: `it did not come up:\n${node.tail()}` };
    }
    return {
      url,
      way: `${way.name}, version ${facts.version}`,
      hasIcu: facts.hasIcu,
      data,
      exited: node.exited,
      stop: () => node.stop(),
    };
  } catch (error) {
    return {
      unavailable: error instanceof Error ? error.message : String(error),
    };
  }
}

/** Root starts the server as another user, which must be able to reach the folder: /root, for one, is closed to it. */
function defaultHome(): string {
  const inProject = `${PROJECT}/.opensearch`;
  return !isRoot() || isOpenToAll(PROJECT) ? inProject : "/var/tmp/thermocline-opensearch";
}

function isOpenToAll(folder: string): boolean {
  for (let path = folder; ; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
  }
}
