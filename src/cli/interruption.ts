// Ctrl-C while a command works or waits: the first lets it end in order, the second ends the process at once.

const EXIT_BY_SIGNAL = 130;

export interface Interruption {
  readonly asked: AbortSignal;
  /** Gives the signals back. */
  stop(): void;
}

export function listenForInterruption(onFirst?: () => void): Interruption {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(EXIT_BY_SIGNAL);
    onFirst?.();
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
