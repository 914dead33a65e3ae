// Processor time of a measured stretch: what the relay used, what this client used, what everybody else took.

import { availableParallelism } from "node:os";
import { busyTime, ownCpu } from "../target/process-cost.ts";

export interface Cost {
  /** Microseconds for each operation; undefined where it cannot be known. */
  readonly relay: number | undefined;
  readonly client: number;
  /** Share of the machine that other processes used meanwhile, 0 to 1: near 0 in a measurement worth keeping. */
  readonly others: number | undefined;
}

interface Reading {
  readonly at: number;
  readonly relay: number | undefined;
  readonly client: number;
  readonly busy: number | undefined;
}

export class CostMeter {
  private readonly relayCpu: () => number | undefined;
  private start: Reading | undefined;

  /** `relayCpu` answers microseconds so far. */
  constructor(relayCpu: () => number | undefined) {
    this.relayCpu = relayCpu;
  }

  begin(): void {
    this.start = this.read();
  }

  /** The cost since begin(), or undefined if nothing was measured. */
  end(operations: number): Cost | undefined {
    const { start } = this;
    if (start === undefined || operations === 0) return undefined;
    const end = this.read();
    const client = end.client - start.client;
    const relay = since(end.relay, start.relay);
    const busy = since(end.busy, start.busy);
    const capacity = ((end.at - start.at) / 1_000) * availableParallelism();
    return {
      relay: relay === undefined ? undefined : relay / operations,
      client: client / operations,
      others:
        busy === undefined || relay === undefined
          ? undefined
          : Math.max(0, (busy - relay - client) / capacity),
    };
  }

  private read(): Reading {
    return { at: Bun.nanoseconds(), relay: this.relayCpu(), client: ownCpu(), busy: busyTime() };
  }
}

function since(end: number | undefined, start: number | undefined): number | undefined {
  return end === undefined || start === undefined ? undefined : end - start;
}
