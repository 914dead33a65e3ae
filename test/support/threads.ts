// The threads that this process starts, by the name of their file: so that a test can end one without a word.

const RuntimeWorker = globalThis.Worker;

export class Threads {
  /** In the order of their start. */
  private readonly started = new Map<string, Worker[]>();

  /** From now on; `release` ends it. */
  constructor() {
    const { started } = this;
    globalThis.Worker = class extends RuntimeWorker {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        const name = String(url).split("/").at(-1)!;
        started.set(name, [...(started.get(name) ?? []), this]);
      }
    };
  }

  release(): void {
    globalThis.Worker = RuntimeWorker;
  }

  /** How many of this name have been started. */
  count(name: string): number {
    return this.started.get(name)?.length ?? 0;
  }

  /** Ends the latest of this name. */
  end(name: string): void {
    this.started.get(name)!.at(-1)!.terminate();
  }

  /** Waits until another of this name has been started. */
  async followed(name: string, before: number): Promise<void> {
    while (this.count(name) <= before) await Bun.sleep(5);
  }
}
