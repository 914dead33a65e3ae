// Durations gathered without allocation per sample, and the quantiles people read.

export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Durations in nanoseconds, at most `capacity`: when full, every second one is forgotten and fewer are taken. */
export class Samples {
  private readonly values: Float64Array;
  private size = 0;
  private stride = 1;
  private offered = 0;

  constructor(capacity = 262_144) {
    this.values = new Float64Array(capacity);
  }

  get count(): number {
    return this.offered;
  }

  add(nanoseconds: number): void {
    if (this.offered++ % this.stride !== 0) return;
    if (this.size === this.values.length) this.thin();
    this.values[this.size++] = nanoseconds;
  }

  clear(): void {
    this.size = this.offered = 0;
    this.stride = 1;
  }

  /** In milliseconds; undefined without a sample. */
  quantiles(): Quantiles | undefined {
    if (this.size === 0) return undefined;
    const sorted = this.values.slice(0, this.size).sort();
    const at = (share: number): number =>
      sorted[Math.min(this.size - 1, Math.floor(share * this.size))]! / 1e6;
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
  }

  private thin(): void {
    this.size >>= 1;
    for (let index = 0; index < this.size; index++) this.values[index] = this.values[index * 2]!;
    this.stride *= 2;
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
