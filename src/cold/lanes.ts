// A bound on requests at once and on those that wait, with an end to the waiting.

export interface LanesOptions {
  /** Requests under way at once. */
  readonly requestsMax: number;
  /** Requests that wait for a lane; one more is refused. */
  readonly queueMax: number;
}

export class Lanes {
  private readonly options: LanesOptions;
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  constructor(options: LanesOptions) {
    this.options = options;
  }

  /** Requests that wait now. */
  get depth(): number {
    return this.waiting.length;
  }

  get depthMax(): number {
    return this.options.queueMax;
  }

  /** Runs `act` as soon as a lane is free, in order of asking; undefined, at once, when too many wait already. */
  enter<T>(act: () => Promise<T>): Promise<T> | undefined {
    if (this.running < this.options.requestsMax) {
      this.running++;
      return this.run(act);
    }
    if (this.waiting.length >= this.options.queueMax) return undefined;
    return new Promise<void>((resolve) => this.waiting.push(resolve)).then(() => this.run(act));
  }

  private async run<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } finally {
      // A lane goes straight to who has waited longest; nobody can slip in between.
      const next = this.waiting.shift();
      if (next === undefined) this.running--;
      else next();
    }
  }
}
