// The checking threads of an import, each with a bounded queue of blocks.

import type { CheckAnswer, CheckStart } from "./check-worker.ts";
import type { BlockToCheck, CheckedBlock } from "./block-check.ts";

interface Checker {
  readonly worker: Worker;
  /** Answers come in the order of the questions. */
  readonly waiting: PromiseWithResolvers<CheckedBlock>[];
}

export class Checkers {
  /** One line for the operator when native code is missing; see OpenedBackend. */
  readonly notice: string | undefined;
  private readonly checkers: readonly Checker[];

  private constructor(checkers: readonly Checker[], notice: string | undefined) {
    this.checkers = checkers;
    this.notice = notice;
  }

  /** Rejects with the reason when a thread cannot open the backend that was asked for. */
  static async start(count: number, start: CheckStart): Promise<Checkers> {
    const started = await Promise.all(Array.from({ length: count }, () => startChecker(start)));
    return new Checkers(
      started.map(({ checker }) => checker),
      started[0]?.notice,
    );
  }

  get count(): number {
    return this.checkers.length;
  }

  /** Gives the block to the thread with the fewest before it. Rejects when the thread dies. */
  check(block: BlockToCheck): Promise<CheckedBlock> {
    const least = this.checkers.reduce((a, b) => (b.waiting.length < a.waiting.length ? b : a));
    const answer = Promise.withResolvers<CheckedBlock>();
    least.waiting.push(answer);
    least.worker.postMessage(block);
    return answer.promise;
  }

  stop(): void {
    for (const { worker } of this.checkers) worker.terminate();
  }
}

async function startChecker(start: CheckStart): Promise<{ checker: Checker; notice: string | undefined }> {
  const worker = new Worker(new URL("./check-worker.ts", import.meta.url));
  const waiting: PromiseWithResolvers<CheckedBlock>[] = [];
  const ready = Promise.withResolvers<string | undefined>();
  worker.onmessage = ({ data }: MessageEvent<CheckAnswer>) => {
    if (data.type === "checked") waiting.shift()?.resolve(data.checked);
    else if (data.type === "ready") ready.resolve(data.notice);
    else ready.reject(new Error(data.reason));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    const error = new Error(`a checking thread died: ${event.message}`);
    ready.reject(error);
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  worker.postMessage(start);
  return { checker: { worker, waiting }, notice: await ready.promise };
}
