// How long after its OK an event shows in OpenSearch: asked for samples, again and again, until each is there.

import { type Quantiles, Samples } from "../load/samples.ts";

export interface Shows {
  visible(ids: readonly string[]): Promise<ReadonlySet<string>>;
}

const LOOK_MS = 150;

export class Visibility {
  private readonly node: Shows;
  private readonly every: number;
  private readonly waiting = new Map<string, number>();
  private readonly lag = new Samples();
  private told = 0;
  private isOver = false;
  private readonly watching: Promise<void>;

  /** Follows one event in `every`. */
  constructor(node: Shows, every: number) {
    this.node = node;
    this.every = every;
    this.watching = this.watch();
  }

  stored(id: string): void {
    if (this.told++ % this.every === 0) this.waiting.set(id, Bun.nanoseconds());
  }

  /** Waits for what is still to show, at most so long; answers the lags and how many never came. */
  async end(patienceMs: number): Promise<{ lag: Quantiles | undefined; samples: number; missing: number }> {
    const end = performance.now() + patienceMs;
    while (this.waiting.size > 0 && performance.now() < end) await Bun.sleep(LOOK_MS);
    this.isOver = true;
    await this.watching;
    return { lag: this.lag.quantiles(), samples: this.lag.count, missing: this.waiting.size };
  }

  private async watch(): Promise<void> {
    while (!this.isOver) {
      await Bun.sleep(LOOK_MS);
      if (this.waiting.size === 0) continue;
      const asked = [...this.waiting.keys()];
      const shown = await this.node.visible(asked).catch(() => new Set<string>());
      const now = Bun.nanoseconds();
      for (const id of shown) {
        const since = this.waiting.get(id);
        if (since === undefined) continue;
        this.lag.add(now - since);
        this.waiting.delete(id);
      }
    }
  }
}
