// How late the main thread comes to its timers: the one number that says it is overloaded.

import { monitorEventLoopDelay } from "node:perf_hooks";

const RESOLUTION_MS = 20;
const NS_PER_SECOND = 1e9;

export interface EventLoopLag {
  /** Seconds, the worst and the 99th percentile since the last reading. */
  read(): { readonly max: number; readonly p99: number };
  stop(): void;
}

export function watchEventLoopLag(): EventLoopLag {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return {
    read() {
      // An empty histogram answers absurd numbers.
      const empty = histogram.count === 0;
      const max = empty ? 0 : histogram.max / NS_PER_SECOND;
      const p99 = empty ? 0 : histogram.percentile(99) / NS_PER_SECOND;
      histogram.reset();
      return { max, p99 };
    },
    stop: () => void histogram.disable(),
  };
}
