// The system's time and randomness, for code that takes both as a parameter.

import type { Clock } from "./contract.ts";

export const systemClock: Clock = {
  now: () => performance.now(),
  unixNow: () => Math.floor(Date.now() / 1000),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      signal?.addEventListener("abort", wake, { once: true });
    }),
};
