// A relay as its own process, started by the command line as an operator would.

import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../src/cli/thermocline.ts", import.meta.url));

export interface ServingProcess {
  /** As the start message names it. */
  readonly url: string;
  readonly process: Bun.Subprocess;
  /** Everything it has written so far. */
  output(): string;
}

/** Resolves once the relay says where it listens. */
export function serveInProcess(folder: string, ...flags: string[]): Promise<ServingProcess> {
  return serveUnder([], folder, ...flags);
}

/** The same, started by another program, such as nohup, which becomes the relay. */
export async function serveUnder(
  starter: readonly string[],
  folder: string,
  ...flags: string[]
): Promise<ServingProcess> {
  const process = Bun.spawn(
    [
      ...starter,
      "bun",
      PROGRAM,
      "serve",
      "--port",
      "0",
      "--data",
      folder,
      "--verify.workers",
      "1",
      "--log.format",
      "json",
      ...flags,
    ],
    { cwd: folder, stdout: "pipe", stderr: "pipe", env: { ...Bun.env, THERMOCLINE_CONFIG: undefined } },
  );
  let output = "";
  const drain = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) output += decoder.decode(chunk, { stream: true });
  };
  void drain(process.stdout);
  void drain(process.stderr);
  for (const patienceEnds = Date.now() + 15_000; Date.now() < patienceEnds; await Bun.sleep(20)) {
    const url = /Thermocline \S+ on (wss?:\/\/\S+)/.exec(output)?.[1];
    if (url !== undefined) return { url: `${url}/`, process, output: () => output };
    if (process.exitCode !== null) break;
  }
  process.kill();
  throw new Error(`the relay did not start: ${output}`);
}
