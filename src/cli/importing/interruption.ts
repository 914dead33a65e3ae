// Ctrl-C during an import: the first lets what was read be written, the second ends the process at once.

import { say, type Terminal } from "../terminal.ts";

const EXIT_BY_SIGNAL = 130;

export interface Interruption {
  readonly asked: AbortSignal;
  /** Gives the signals back. */
  readonly stop: () => void;
}

export function listenForInterruption(terminal: Terminal): Interruption {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(EXIT_BY_SIGNAL);
    say(terminal, "\nWriting what was read; once more to stop at once.");
    controller.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  return {
    asked: controller.signal,
    stop() {
      process.off("SIGINT", interrupt);
      process.off("SIGTERM", interrupt);
    },
  };
}
