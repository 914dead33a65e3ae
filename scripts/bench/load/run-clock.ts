// Cuts a run into a warm-up and windows by the count of finished operations.

import { median } from "./samples.ts";

export interface Phases {
  readonly warmUpMs: number;
  readonly windowMs: number;
  readonly windows: number;
}

/** Call tick() whenever operations have finished; it answers false once the last window is full. */
export class RunClock {
  private readonly phases: Phases;
  private readonly measuredFrom: () => void;
  private windowStart = 0;
  private windowEnd = 0;
  private done = 0;
  private isWarm = false;
  /** Operations a second, one for each window that ended. */
  readonly rates: number[] = [];
  /** Operations within the measured windows. */
  measured = 0;

  /** `measuredFrom` is called once, when the warm-up is over. */
  constructor(phases: Phases, measuredFrom: () => void) {
    this.phases = phases;
    this.measuredFrom = measuredFrom;
  }

  get isOver(): boolean {
    return this.rates.length >= this.phases.windows;
  }

  start(now: number): void {
    this.windowStart = now;
    this.windowEnd = now + this.phases.warmUpMs * 1e6;
    if (this.phases.warmUpMs === 0) this.turn(now);
  }

  tick(now: number, finished: number): boolean {
    this.done += finished;
    if (now >= this.windowEnd) this.turn(now);
    return !this.isOver;
  }

  /** Takes what there is as the only window: for runs whose events are used up before the first one ends. */
  cut(now: number): void {
    if (this.isWarm && this.rates.length === 0 && this.done > 0) this.close(now);
  }

  rate(): number {
    return median(this.rates);
  }

  private turn(now: number): void {
    if (this.isWarm) this.close(now);
    else {
      this.isWarm = true;
      this.measuredFrom();
    }
    this.done = 0;
    this.windowStart = now;
    this.windowEnd = now + this.phases.windowMs * 1e6;
  }

  private close(now: number): void {
    this.measured += this.done;
    this.rates.push((this.done * 1e9) / (now - this.windowStart));
  }
}
