// Waiting until something has happened, or for as long as one has patience.

export class News {
  private waiting: (() => void)[] = [];

  /** Resolves when the next news is told, or after so many milliseconds. */
  next(patienceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(1, patienceMs));
      this.waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  tell(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
