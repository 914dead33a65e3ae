// Work in rotation: so many tasks at once, and the others wait, so that nobody waits behind somebody else's flood.

import { type Client, Rotation } from "./rotation.ts";

export interface FairLineOptions {
  /** Tasks under way at once. Enough to keep every thread busy that does them, few enough to be done soon. */
  readonly awayMax: number;
  /** Tasks that wait for their turn, of all clients together. */
  readonly waitingMax: number;
}

interface Task {
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
    return this.line.size;
  }

  get waitingMax(): number {
    return this.options.waitingMax;
  }

  /**
   * Calls run(), which must call done() once, now or in its turn; or dropped(), now or later. Where too many wait, whoever
   * has the most of them gives one up.
   */
  offer(client: Client, run: () => void, dropped: () => void): void {
    if (this.away < this.options.awayMax && this.line.size === 0) {
      this.away++;
      return run();
    }
    if (this.line.size >= this.options.waitingMax) {
      const given = this.line.makeRoom(client);
      if (given === undefined) return dropped();
      given.dropped();
    }
    this.line.add(client, { run, dropped });
  }

  /** A task is over: the next client's first one takes its place. */
  done(): void {
    this.away--;
    // A task that is over at once comes back here: the loop that runs it goes on.
    if (this.isServing) return;
    this.isServing = true;
    while (this.away < this.options.awayMax) {
      const task = this.line.next();
      if (task === undefined) break;
      this.away++;
      task.run();
    }
    this.isServing = false;
  }
}
