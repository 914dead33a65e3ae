// A server process under guard: its last lines of output, whether it still runs, and a stop that always ends.

import { join } from "node:path";

export interface NodeProcess {
  /** Resolves with the exit code once everything below the process is gone. */
  readonly exited: Promise<number>;
  isRunning(): boolean;
  /** The last lines that the server printed, for an error message. */
  tail(): string;
  /** Asks for a clean stop, and kills the process group when that takes longer than 25 s. */
  stop(): Promise<void>;
}

const STOP_MS = 25_000;
const TAIL_LINES = 40;

/** Starts `command` in its own process group, tied to the life of this process. `log` receives every line. */
export function runNode(
  command: readonly string[],
  options: {
    readonly env: Record<string, string | undefined>;
    readonly log: (line: string) => void;
  },
): NodeProcess {
  const guard = Bun.spawn([process.execPath, join(import.meta.dir, "guard.ts"), ...command], {
    detached: true,
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    env: options.env,
    cwd: "/",
  });
  const lines: string[] = [];
  const keep = (line: string): void => {
    lines.push(line);
    if (lines.length > TAIL_LINES) lines.shift();
    options.log(line);
  };
  void eachLine(guard.stdout, keep);
  void eachLine(guard.stderr, keep);
  return {
    exited: guard.exited,
    isRunning: () => guard.exitCode === null && guard.signalCode === null,
    tail: () => lines.join("\n"),
    stop: async () => {
      void guard.stdin.end();
      const timer = setTimeout(() => killGroup(guard.pid), STOP_MS);
      await guard.exited;
      clearTimeout(timer);
      killGroup(guard.pid);
    },
  };
}

/** A group that is gone already is what we want. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    return;
  }
}

async function eachLine(stream: ReadableStream<Uint8Array>, visit: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) visit(line);
  }
  if (rest !== "") visit(rest);
}
