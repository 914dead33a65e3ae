// Questions that are with a worker: each has a number, by which its answer finds who asked.

export class Questions<Answer> {
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private last = 0;

  /** With the worker now. */
  get depth(): number {
    return this.waiting.size;
  }

  /** `send` gives the worker the question under its number. */
  ask(send: (job: number) => void): Promise<Answer> {
    const job = ++this.last;
    return new Promise((resolve) => {
      this.waiting.set(job, resolve);
      send(job);
    });
  }

  /** An answer that nobody waits for any more is dropped. */
  answered(job: number, answer: Answer): void {
    const settle = this.waiting.get(job);
    this.waiting.delete(job);
    settle?.(answer);
  }

  /** The worker will not answer any of them. */
  answerAll(answer: Answer): void {
    for (const settle of this.waiting.values()) settle(answer);
    this.waiting.clear();
  }
}
