// A bounded queue in front of a worker: whatever has queued since the last batch crosses as the next one.

export interface BatchChannelOptions<Item, Result> {
  /** Named in metrics and in refusals. */
  readonly name: string;
  /** Items queued and in flight together, at most: the bound of the channel. */
  readonly depthMax: number;
  /** Items in one batch, at most. */
  readonly batchMax: number;
  /** Batches with the worker at once. 1 makes batches grow by themselves under load; 2 keeps the worker from idling. */
  readonly inFlightMax: number;
  /** Carries a batch across and answers one result for each item, in order. A throw fails the whole batch. */
  readonly carry: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** What an item's settle() gets when carry() threw. */
  readonly failed: (error: unknown) => Result;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly settle: (result: Result) => void;
}

/**
 * Load turns into batches without a timer: while a batch is away, new items queue; when it returns they leave together.
 * A full channel refuses (offer answers false) and never grows; the caller tells its client why.
 */
export class BatchChannel<Item, Result> {
  readonly name: string;
  readonly depthMax: number;
  private queue: Waiting<Item, Result>[] = [];
  private inFlightItems = 0;
  private inFlightBatches = 0;
  private idle: (() => void)[] = [];

  private readonly options: BatchChannelOptions<Item, Result>;

  constructor(options: BatchChannelOptions<Item, Result>) {
    this.options = options;
    this.name = options.name;
    this.depthMax = options.depthMax;
  }

  /** Items queued or in flight now. */
  get depth(): number {
    return this.queue.length + this.inFlightItems;
  }

  /** Queues an item; false when the channel is full, and then settle() is never called. */
  offer(item: Item, settle: (result: Result) => void): boolean {
    if (this.depth >= this.depthMax) return false;
    this.queue.push({ item, settle });
    if (this.inFlightBatches < this.options.inFlightMax) this.dispatch();
    return true;
  }

  /** Resolves once everything offered so far, and whatever that leads to, has been settled. */
  drained(): Promise<void> {
    if (this.depth === 0) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(resolve));
  }

  private dispatch(): void {
    const batch =
      this.queue.length <= this.options.batchMax ? this.queue : this.queue.slice(0, this.options.batchMax);
    this.queue = batch === this.queue ? [] : this.queue.slice(batch.length);
    this.inFlightBatches++;
    this.inFlightItems += batch.length;
    this.options.carry(batch.map((waiting) => waiting.item)).then(
      (results) => this.land(batch, (index) => results[index]!),
      (error: unknown) => this.land(batch, () => this.options.failed(error)),
    );
  }

  private land(batch: readonly Waiting<Item, Result>[], resultAt: (index: number) => Result): void {
    this.inFlightBatches--;
    this.inFlightItems -= batch.length;
    // The next batch leaves before this one is told, so that the worker works while we answer.
    if (this.queue.length > 0) this.dispatch();
    for (let i = 0; i < batch.length; i++) batch[i]!.settle(resultAt(i));
    if (this.depth === 0) for (const resolve of this.idle.splice(0)) resolve();
  }
}
