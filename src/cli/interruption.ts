// Ctrl-C while a command works or waits: the first lets it end in order, the second ends the process at once.

import { onStopSignals } from "../stop-signals.ts";

const EXIT_BY_SIGNAL = 130;

export interface Interruption {
  readonly asked: AbortSignal;
  /** Gives the signals back. */
  stop(): void;
}

export function listenForInterruption(onFirst?: () => void): Interruption {
  const controller = new AbortController();
  const stop = onStopSignals(
    () => {
      onFirst?.();
      controller.abort();
    },
    () => process.exit(EXIT_BY_SIGNAL),
  );
  return { asked: controller.signal, stop };
}
