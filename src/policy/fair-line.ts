// Work in rotation: so much of it at once, and the rest waits, so that nobody waits behind somebody else's flood.

import { type Client, Rotation } from "./rotation.ts";

/** Both bounds are weights: numbers of tasks where each weighs 1. */
export interface FairLineOptions {
  /** Under way at once, but for the last task. Enough to keep busy who does it, little enough to be done soon. */
  readonly awayMax: number;
  /** Waiting, of all clients together. */
  readonly waitingMax: number;
}

interface Task {
  readonly weight: number;
  readonly run: () => void;
  readonly dropped: () => void;
}

export class FairLine {
  private readonly options: FairLineOptions;
  private readonly line = new Rotation<Task>();
  private away = 0;
  private isServing = false;

  constructor(options: FairLineOptions) {
    this.options = options;
  }

  get waiting(): number {
    return this.line.weight;
  }

  get waitingMax(): number {
    return this.options.waitingMax;
  }

  /**
   * Calls run(), which must call done() once, now or in its turn; or dropped(), now or later. Where too much waits, whoever
   * has the most of it gives up some.
   */
  offer(client: Client, run: () => void, dropped: () => void, weight = 1): void {
    if (this.away < this.options.awayMax && this.line.size === 0) {
      this.away += weight;
      return run();
    }
    while (this.line.weight + weight > this.options.waitingMax) {
      const given = this.line.makeRoom(client);
      if (given === undefined) return dropped();
      given.dropped();
    }
    this.line.add(client, { weight, run, dropped }, weight);
  }

  /** A task is over: the next client's first one takes its place. */
  done(weight = 1): void {
    this.away -= weight;
    // A task that is over at once comes back here: the loop that runs it goes on.
    if (this.isServing) return;
    this.isServing = true;
    while (this.away < this.options.awayMax) {
      const task = this.line.next();
      if (task === undefined) break;
      this.away += task.weight;
      task.run();
    }
    this.isServing = false;
  }
}
