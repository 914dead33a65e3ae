// Long jobs that an operator asks for, taken from the ledger one at a time, with their progress kept there.

import type { ColdJobStatus } from "./contract.ts";
import type { Indexer } from "./indexer.ts";
import type { Job } from "./ledger.ts";
import { reconcile } from "./reconcile.ts";
import { rebuild } from "./rebuild.ts";

/** Tells how far a job is. */
export type Report = (done: number, total: number, message?: string) => void;

/** How often the ledger is asked for a new job, and how often progress is written to it. */
const LOOK_MS = 500;

export class JobRunner {
  private readonly indexer: Indexer;
  private lookedAtMs = Number.NEGATIVE_INFINITY;

  status: ColdJobStatus | undefined;

  constructor(indexer: Indexer) {
    this.indexer = indexer;
  }

  /** Does the next queued job to its end, if there is one. Following the log goes on within it. */
  async runNext(signal: AbortSignal): Promise<void> {
    const { ledger, clock } = this.indexer.parts;
    const now = clock.now();
    if (now - this.lookedAtMs < LOOK_MS) return;
    this.lookedAtMs = now;
    const job = ledger.nextJob();
    if (job === undefined) return;
    this.save(job, { state: "running", done: 0, total: 0, message: "" });
    try {
      const message = await this.perform(job, signal);
      // A job that was broken off by a stop is taken up again at the next start.
      if (signal.aborted) return;
      const { done, total } = this.status!;
      this.save(job, { state: "done", done: Math.max(done, total), total, message });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.save(job, { state: "failed", done: 0, total: 0, message });
    }
  }

  private perform(job: Job, signal: AbortSignal): Promise<string> {
    let savedAtMs = 0;
    const report: Report = (done, total, message = "") => {
      const now = this.indexer.parts.clock.now();
      this.status = { kind: job.kind, state: "running", done, total, message };
      if (now - savedAtMs < LOOK_MS) return;
      savedAtMs = now;
      this.save(job, { state: "running", done, total, message });
    };
    switch (job.kind) {
      case "reindex":
        return rebuild(this.indexer, report, signal);
      case "reconcile":
        return reconcile(this.indexer, job.id, { repairs: true }, report, signal);
      case "compare":
        return reconcile(this.indexer, job.id, { repairs: false }, report, signal);
      case "retry-dead":
        return retryDead(this.indexer, report, signal);
    }
  }

  private save(job: Job, status: Omit<ColdJobStatus, "kind">): void {
    this.status = { kind: job.kind, ...status };
    this.indexer.parts.ledger.saveJob(job.id, status);
  }
}

const DEAD_PAGE = 500;

/** Sends every dead letter again. Those that fail once more are buried again, with one more try to their name. */
async function retryDead(indexer: Indexer, report: Report, signal: AbortSignal): Promise<string> {
  const { ledger } = indexer.parts;
  const { current } = indexer;
  if (current === undefined) throw new Error(indexer.status().reason);
  const { follower } = current;
  const written = async (): Promise<void> => {
    while (follower.rewriting > 0 && !signal.aborted) await follower.step(signal);
    await follower.settled();
  };
  const before = ledger.deadCount();
  const triesBefore = new Map<number, number>();
  let after = 0;
  for (;;) {
    const page = ledger.dead(DEAD_PAGE, after);
    if (page.length === 0) break;
    after = page.at(-1)!.seq;
    for (const letter of page) triesBefore.set(letter.seq, letter.tries);
    // What else waits to be written again would take their room.
    await written();
    follower.rewrite(page.map((letter) => letter.seq));
    await written();
    // What a stop has broken off was not buried again, and is not indexed either: it stays for the next start.
    if (signal.aborted) break;
    for (const letter of ledger.dead(DEAD_PAGE, page[0]!.seq - 1)) {
      if (letter.seq <= after && letter.tries === triesBefore.get(letter.seq)) ledger.exhume(letter.seq);
    }
    report(triesBefore.size, before);
  }
  const left = ledger.deadCount();
  return `${before - left} of ${before} dead letters were indexed or are gone; ${left} are left`;
}
