// Ctrl-C while a command waits: the first leaves in order, the second ends the process at once.

const EXIT_BY_SIGNAL = 130;

export interface LeaveListener {
  readonly asked: AbortSignal;
  /** Gives the signals back. */
  stop(): void;
}

export function listenForLeave(): LeaveListener {
  const controller = new AbortController();
  const leave = (): void => {
    if (controller.signal.aborted) process.exit(EXIT_BY_SIGNAL);
    controller.abort();
  };
  process.on("SIGINT", leave);
  process.on("SIGTERM", leave);
  return {
    asked: controller.signal,
    stop() {
      process.off("SIGINT", leave);
      process.off("SIGTERM", leave);
    },
  };
}
