// Seeded chance: uniform numbers, Zipf ranks and lengths by quantiles, the same on every machine.

/** Draws that repeat exactly for one seed (mulberry32). */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** Uniform whole number in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  oneOf<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** A length whose distribution runs straight between quantiles given as [share, length], from [0, …] to [1, …]. */
  length(quantiles: readonly (readonly [number, number])[]): number {
    const share = this.next();
    let low = quantiles[0]!;
    for (const high of quantiles) {
      if (share <= high[0] && high[0] > low[0]) {
        return Math.round(low[1] + ((share - low[0]) / (high[0] - low[0])) * (high[1] - low[1]));
      }
      low = high;
    }
    return low[1];
  }
}

/** Ranks in [0, size), the k-th in proportion to 1/(k+1). */
export class Zipf {
  private readonly cumulative: Float64Array;

  constructor(size: number) {
    this.cumulative = new Float64Array(size);
    let sum = 0;
    for (let rank = 0; rank < size; rank++) this.cumulative[rank] = sum += 1 / (rank + 1);
  }

  draw(chance: Chance): number {
    const aim = chance.next() * this.cumulative.at(-1)!;
    let low = 0;
    let high = this.cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.cumulative[middle]! <= aim) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A 32-bit seed from a name. */
export function seedOf(name: string): number {
  return Number.parseInt(Bun.SHA256.hash(name, "hex").slice(0, 8), 16);
}
