// Ctrl-C during an import: the first lets what was read be written, the second ends the process at once.

import { say, type Terminal } from "../terminal.ts";

const EXIT_BY_SIGNAL = 130;

export interface Interruption {
  readonly asked: Promise<void>;
  /** Gives the signals back. */
  readonly stop: () => void;
}

export function listenForInterruption(terminal: Terminal): Interruption {
  const { promise, resolve } = Promise.withResolvers<void>();
  let asked = false;
  const interrupt = (): void => {
    if (asked) process.exit(EXIT_BY_SIGNAL);
    asked = true;
    say(terminal, "\nWriting what was read; once more to stop at once.");
    resolve();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  return {
    asked: promise,
    stop() {
      process.off("SIGINT", interrupt);
      process.off("SIGTERM", interrupt);
    },
  };
}
