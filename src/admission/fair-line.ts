// Signature checks in rotation: one queue a publisher, so that nobody waits behind somebody else's flood.

export interface FairLineOptions {
  /** Checks under way at once. Enough to keep every verifier busy, few enough to be done in some milliseconds. */
  readonly awayMax: number;
  /** Checks that wait for their turn, of all publishers together. */
  readonly waitingMax: number;
}

interface Queue {
  readonly tasks: (() => void)[];
  /** Tasks before this index are gone. */
  head: number;
}

export class FairLine {
  private readonly options: FairLineOptions;
  private readonly queues = new Map<object, Queue>();
  private away = 0;
  private waitingTasks = 0;
  private isServing = false;

  constructor(options: FairLineOptions) {
    this.options = options;
  }

  get waiting(): number {
    return this.waitingTasks;
  }

  get waitingMax(): number {
    return this.options.waitingMax;
  }

  /** Runs the task, which must call done() once, now or in its turn. False when too many wait. */
  offer(publisher: object, task: () => void): boolean {
    if (this.away < this.options.awayMax && this.waitingTasks === 0) {
      this.away++;
      task();
      return true;
    }
    if (this.waitingTasks >= this.options.waitingMax) return false;
    this.waitingTasks++;
    const queue = this.queues.get(publisher);
    if (queue === undefined) this.queues.set(publisher, { tasks: [task], head: 0 });
    else queue.tasks.push(task);
    return true;
  }

  /** A task is over: the next publisher's first one takes its place. */
  done(): void {
    this.away--;
    // A task that is over at once comes back here: the loop that runs it goes on.
    if (this.isServing) return;
    this.isServing = true;
    while (this.away < this.options.awayMax) {
      const task = this.next();
      if (task === undefined) break;
      this.away++;
      task();
    }
    this.isServing = false;
  }

  private next(): (() => void) | undefined {
    for (const [publisher, queue] of this.queues) {
      // Deleted and set again, a publisher comes last: a Map keeps the order of insertion.
      this.queues.delete(publisher);
      this.waitingTasks--;
      const task = queue.tasks[queue.head++];
      if (queue.head < queue.tasks.length) this.queues.set(publisher, queue);
      return task;
    }
    return undefined;
  }
}
