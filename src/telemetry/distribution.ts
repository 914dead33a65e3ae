// A histogram with fixed bounds on typed arrays: observing is a short loop and three additions.

export class Distribution {
  /** Upper bounds, rising; what is above the last falls into one more bucket. */
  readonly bounds: readonly number[];
  private readonly buckets: Float64Array;
  private total = 0;

  constructor(bounds: readonly number[]) {
    if (bounds.some((bound, index) => index > 0 && bound <= (bounds[index - 1] ?? bound)))
      throw new Error(`bounds must rise: ${bounds.join(", ")}`);
    this.bounds = bounds;
    this.buckets = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds } = this;
    let bucket = 0;
    // Written so that NaN ends in the last bucket rather than in the first.
    while (bucket < bounds.length && !(value <= bounds[bucket]!)) bucket++;
    this.buckets[bucket] = this.buckets[bucket]! + 1;
    this.total += value;
  }

  sum(): number {
    return this.total;
  }

  count(): number {
    return this.buckets.reduce((sum, bucket) => sum + bucket, 0);
  }

  /** How many values were at or below each bound: as Prometheus wants buckets, without the one of +Inf. */
  cumulative(): number[] {
    let sum = 0;
    return this.bounds.map((_, index) => (sum += this.buckets[index] ?? 0));
  }
}
