// The reading rules made from plain data, for counts and for scans: on this thread, and on a reader worker.

import type { CountGate, Hit } from "../hot/contract.ts";
import { pubkeyOfJson } from "../nostr/event-json.ts";
import { isPublicKind, mayRead } from "../policy/read.ts";
import type { HyperLogLog } from "./hyperloglog.ts";

export interface ReadRules {
  /** Unix seconds. */
  readonly nowSeconds: number;
  /** Keys proven by who asks. */
  readonly keys: readonly string[];
}

export interface CountRules extends ReadRules {
  /** Where NIP-45 has the authors counted as well: see hyperLogLogOffset(). */
  readonly hllOffset: number | undefined;
}

export function readGate({ nowSeconds, keys }: ReadRules): (hit: Hit) => boolean {
  const readers = new Set(keys);
  return (hit) => mayRead(hit, readers, nowSeconds);
}

/** `registers` are fed with the author of every counted event. */
export function countGate(rules: ReadRules, registers: HyperLogLog | undefined): CountGate {
  return {
    nowSeconds: rules.nowSeconds,
    isOpenKind: isPublicKind,
    accepts: readGate(rules),
    ...(registers === undefined ? {} : { counted: (hit) => registers.add(pubkeyOfJson(hit.json)) }),
  };
}
