// How fast a counter rises, measured between readings, without a timer.

const INTERVAL_MS_MIN = 1000;

/** Readings closer together than a second share one answer, so several readers do not disturb each other. */
export class Rate {
  private lastTotal: number;
  private lastMs: number;
  private perSecond = 0;

  constructor(total: number, nowMs: number) {
    this.lastTotal = total;
    this.lastMs = nowMs;
  }

  /** Events a second since the reading before; 0 until a first second has passed. */
  read(total: number, nowMs: number): number {
    const elapsedMs = nowMs - this.lastMs;
    if (elapsedMs >= INTERVAL_MS_MIN) {
      this.perSecond = ((total - this.lastTotal) * 1000) / elapsedMs;
      this.lastTotal = total;
      this.lastMs = nowMs;
    }
    return this.perSecond;
  }
}
