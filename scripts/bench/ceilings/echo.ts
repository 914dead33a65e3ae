// Round trips a second against a bare Bun.serve, by the same client: what no relay on Bun can exceed.

import { fileURLToPath } from "node:url";
import { type LoopResult, runLoop } from "../load/closed-loop.ts";
import type { Phases } from "../load/run-clock.ts";
import { cpuOf } from "../target/process-cost.ts";
import { endpointOf } from "../wire/connection.ts";
import { Tape } from "../wire/tape.ts";

export interface EchoCeiling {
  readonly oneByOne: LoopResult;
  readonly pipelined: LoopResult;
}

export async function echoCeiling(phases: Phases): Promise<EchoCeiling> {
  const child = Bun.spawn([process.execPath, fileURLToPath(new URL("./echo-server.ts", import.meta.url))], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  try {
    const port = await firstLine(child.stdout);
    const tape = new Tape();
    for (let index = 0; index < 1_024; index++) tape.req([{ kinds: [index] }], 0);
    const run = (connections: number, inFlight: number): Promise<LoopResult> =>
      runLoop({
        ...phases,
        endpoint: endpointOf(`ws://127.0.0.1:${port}/`),
        connections,
        inFlight,
        tape,
        isEndless: true,
        relayCpu: () => cpuOf(child.pid),
      });
    return { oneByOne: await run(1, 1), pipelined: await run(8, 16) };
  } finally {
    child.kill();
    await child.exited;
  }
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk);
    if (text.includes("\n")) break;
  }
  return text.trim();
}
