// Runs one command and never outlives whoever started it: when standard input ends, the command is stopped.

// The starter holds the other end of our standard input. It closes it to ask for a clean stop, and the system closes it
// when the starter dies, however it dies. We lead our own process group, so one signal reaches everything below us.

import { writeFileSync } from "node:fs";
import { setPriority } from "node:os";

const GRACE_MS = 20_000;
/** The node steps behind the relay beside it, whose publishers wait while it only catches up. */
const NICE = 10;

stepBehind();

const command = process.argv.slice(2);
const child = Bun.spawn(command, {
  stdin: "ignore",
  stdout: "inherit",
  stderr: "inherit",
});

/** We lead a session, and some kernels weigh sessions against each other: there a niceness within one changes nothing. */
function stepBehind(): void {
  try {
    setPriority(0, NICE);
    writeFileSync("/proc/self/autogroup", `${NICE}`);
  } catch {
    // No Linux, or no such kernel.
  }
}

let isStopping = false;
function stop(): void {
  if (isStopping) return;
  isStopping = true;
  child.kill("SIGTERM");
  setTimeout(killGroup, GRACE_MS).unref();
}

function killGroup(): void {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
}

process.on("SIGTERM", stop);
process.on("SIGINT", stop);
process.on("SIGHUP", stop);
process.stdin.on("end", stop).on("close", stop).on("error", stop).resume();

const code = await child.exited;
process.exit(code);
