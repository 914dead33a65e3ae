// Token buckets: how often one address or one connection may do something.

import { LRUCache } from "lru-cache";

/** A bucket of `burst` tokens, refilled at `perSecond`. Times are milliseconds of any steady clock. */
export class TokenBucket {
  private tokens: number;
  private filledAt: number;
  private readonly perSecond: number;
  private readonly burst: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.tokens = burst;
    this.filledAt = nowMs;
  }

  /** Takes `count` tokens if they are there. */
  take(nowMs: number, count = 1): boolean {
    this.refill(nowMs);
    if (this.tokens < count) return false;
    this.tokens -= count;
    return true;
  }

  /** Would take() succeed? Takes nothing. */
  has(nowMs: number, count = 1): boolean {
    this.refill(nowMs);
    return this.tokens >= count;
  }

  private refill(nowMs: number): void {
    const grown = ((nowMs - this.filledAt) / 1000) * this.perSecond;
    if (grown <= 0) return;
    this.tokens = Math.min(this.burst, this.tokens + grown);
    this.filledAt = nowMs;
  }
}

/** Buckets remembered at once; the least recently used address starts again with a full one. */
const ADDRESSES_MAX = 50_000;

/** One bucket an address. A rate of 0 never refuses and remembers nothing. */
export class AddressLimiter {
  private readonly buckets = new LRUCache<string, TokenBucket>({
    max: ADDRESSES_MAX,
  });
  private readonly perSecond: number;

  constructor(perSecond: number) {
    this.perSecond = perSecond;
  }

  /** False when the address is over its rate. A burst of ten seconds' worth is let through. */
  take(address: string, nowMs: number): boolean {
    if (this.perSecond === 0) return true;
    let bucket = this.buckets.get(address);
    if (bucket === undefined) {
      bucket = new TokenBucket(this.perSecond, this.perSecond * 10, nowMs);
      this.buckets.set(address, bucket);
    }
    return bucket.take(nowMs);
  }
}
