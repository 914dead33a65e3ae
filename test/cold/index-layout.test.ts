// Index names: every second has exactly one index, and every name tells its span.

import { describe, expect, test } from "bun:test";
import { type Bucket, bucketOf, bucketSpan, indexName, parseIndexName } from "../../src/cold/index-layout.ts";
import { prng, testSeed } from "../support/prng.ts";

const at = (text: string): number => Date.parse(text) / 1000;

describe("buckets", () => {
  test.each<[Bucket, string, string]>([
    ["all", "2024-05-06T00:00:00Z", "all"],
    ["year", "2024-05-06T00:00:00Z", "2024"],
    ["quarter", "2024-05-06T00:00:00Z", "2024q2"],
    ["quarter", "2024-12-31T23:59:59Z", "2024q4"],
    ["month", "2024-12-31T23:59:59Z", "202412"],
    ["month", "2025-01-01T00:00:00Z", "202501"],
    ["year", "2020-12-31T23:59:59Z", "old"],
    ["year", "2100-01-01T00:00:00Z", "later"],
  ])("%s of %s is %s", (bucket, date, name) => {
    expect(bucketOf(bucket, at(date))).toBe(name);
  });

  test("dates beyond what a calendar holds have a bucket", () => {
    for (const bucket of ["year", "quarter", "month"] satisfies Bucket[]) {
      expect(bucketOf(bucket, Number.MAX_SAFE_INTEGER)).toBe("later");
      expect(bucketOf(bucket, 0)).toBe("old");
    }
  });

  const seed = testSeed();
  test(`the span of a bucket holds its seconds and no other's (seed ${seed})`, () => {
    const random = prng(seed);
    for (let i = 0; i < 500; i++) {
      const second = Math.floor(random() * 5_000_000_000);
      for (const bucket of ["all", "year", "quarter", "month"] satisfies Bucket[]) {
        const { first, last } = bucketSpan(bucketOf(bucket, second));
        expect(first <= second && second <= last).toBe(true);
        if (first > 0) expect(bucketOf(bucket, first - 1)).not.toBe(bucketOf(bucket, first));
        expect(bucketOf(bucket, last)).toBe(bucketOf(bucket, second));
      }
    }
  });
});

describe("index names", () => {
  test("replaceable and addressable kinds are not cut by time", () => {
    expect(indexName("nostr", 3, "year", 1, at("2024-01-01"))).toBe("nostr-ev-v3-2024");
    expect(indexName("nostr", 3, "year", 0, at("2024-01-01"))).toBe("nostr-repl-v3");
    expect(indexName("nostr", 3, "year", 30_023, at("2024-01-01"))).toBe("nostr-repl-v3");
  });

  test("a name is read back, and a name of others is not ours", () => {
    expect(parseIndexName("nostr", "nostr-ev-v3-2024q1")).toEqual({
      family: "ev",
      generation: 3,
      bucket: "2024q1",
    });
    expect(parseIndexName("nostr", "nostr-repl-v12")).toEqual({ family: "repl", generation: 12, bucket: "" });
    for (const name of [
      "nostr-two-ev-v1-all",
      "nostr",
      "nostr-ev-v1",
      "other-ev-v1-all",
      "nostr-repl-v1-all",
    ]) {
      expect(parseIndexName("nostr", name)).toBeUndefined();
    }
  });
});
