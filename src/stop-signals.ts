// The signals that ask this process to stop: the first does so in order, a later one at once.

import { existsSync, readFileSync } from "node:fs";

/** Some supervisors send a signal to the process and to its group: both copies are one signal. */
const SAME_SIGNAL_MS = 100;
const PROCESS_STATUS = "/proc/self/status";

/** Calls `stop` at the first signal, and `hurry` at a later one. Answers how to stop listening. */
export function onStopSignals(stop: () => void, hurry: () => void): () => void {
  let askedMs: number | undefined;
  const hear = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now();
    if (askedMs === undefined) {
      askedMs = nowMs;
      stop();
      // Shell and kernel each send SIGHUP when a terminal closes; somebody who is impatient sends another signal.
    } else if (signal !== "SIGHUP" && nowMs - askedMs > SAME_SIGNAL_MS) hurry();
  };
  const signals: NodeJS.Signals[] = ["SIGTERM", "SIGINT", ...(asksByHangUp() ? ["SIGHUP" as const] : [])];
  for (const signal of signals) process.on(signal, hear);
  return () => {
    for (const signal of signals) process.off(signal, hear);
  };
}

/**
 * A process that was started by nohup ignores SIGHUP, and a listener would undo that. Where the system does not tell which
 * signals are ignored, this one keeps what the system does with it.
 */
function asksByHangUp(): boolean {
  if (!existsSync(PROCESS_STATUS)) return false;
  const lastDigit = /^SigIgn:\s*[\da-f]*([\da-f])$/m.exec(readFileSync(PROCESS_STATUS, "utf8"))?.[1];
  return lastDigit !== undefined && (Number.parseInt(lastDigit, 16) & 1) === 0;
}
