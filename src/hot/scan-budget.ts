// How a scan notices that its time is up without asking the clock at every row.

import type { Budget } from "./contract.ts";

/** Units between two looks at the clock: about 100 µs of work. */
export const WORK_PER_LOOK = 65_536;

/**
 * Counts work in units of about one byte of JSON touched. The clock is read when enough has come together, so a page
 * from memory never reads it and a walk over large events reads it often. Whoever asks isUp() before each step gets at
 * least one step done in each run, however late it is: a scan always comes to its end.
 */
export class Meter {
  private deadlineMs = 0;
  private units = 0;
  private readonly workPerLook: number;

  constructor(workPerLook = WORK_PER_LOOK) {
    this.workPerLook = workPerLook;
  }

  start(budget: Budget): void {
    this.deadlineMs = budget.deadlineMs;
    this.units = 0;
  }

  spend(units: number): void {
    this.units += units;
  }

  isUp(): boolean {
    if (this.units < this.workPerLook) return false;
    this.units = 0;
    return performance.now() > this.deadlineMs;
  }
}

/** Units for what does not touch JSON. */
export const Work = {
  /** One statement with its rows. */
  statement: 4096,
  /** One candidate: lookups and checks. */
  candidate: 512,
  /** One row of the tail's columns. */
  tailRow: 2,
} as const;
