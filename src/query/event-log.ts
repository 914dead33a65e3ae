// The hot store's log as the cold store follows it.

import type { EventLog } from "../cold/contract.ts";
import type { HotReader } from "../hot/contract.ts";

export function eventLogOf(reader: HotReader): EventLog {
  return {
    log: (after, limit) => reader.log(after, limit),
    getMany: (seqs) => reader.getMany(seqs),
    evictedAfter: (after, limit) => reader.evictions.stubsAfter(after, limit),
    lastSeq: () => reader.lastSeq(),
  };
}
