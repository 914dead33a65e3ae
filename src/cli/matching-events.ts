// The stored events that match a filter, in batches, as a command walks them.

import type { Hit, HotReader } from "../hot/contract.ts";
import { isExpired } from "../nostr/expiration.ts";
import { type Filter, matchesNothing } from "../nostr/filter.ts";

const BATCH_EVENTS = 500;

export interface Walk {
  /** At most so many events; the filter's own limit counts as well. */
  readonly limit?: number;
  readonly nowSeconds: number;
}

/**
 * Newest first, in batches so that the caller can wait for its reader in between. What is stored after the start, and
 * what has expired, is passed over. Private kinds are included: whoever can read the file may see them anyway.
 */
export function* matchingEvents(reader: HotReader, filter: Filter, walk: Walk): Generator<readonly Hit[]> {
  let left = Math.min(walk.limit ?? Number.POSITIVE_INFINITY, filter.limit ?? Number.POSITIVE_INFINITY);
  if (left === 0 || matchesNothing(filter)) return;
  const scan = reader.scan(filter, { upToSeq: reader.lastSeq() });
  for (;;) {
    const batch: Hit[] = [];
    const visit = (hit: Hit): boolean => {
      if (isExpired(hit.expiresAt, walk.nowSeconds)) return true;
      batch.push(hit);
      return batch.length < BATCH_EVENTS && batch.length < left;
    };
    const state = scan.run(visit, { deadlineMs: Number.POSITIVE_INFINITY });
    left -= batch.length;
    if (batch.length > 0) yield batch;
    if (state === "exhausted" || left <= 0) return;
  }
}

/** The same events, oldest first. Needs eight bytes of memory for each. */
export function* matchingEventsOldestFirst(
  reader: HotReader,
  filter: Filter,
  { limit, nowSeconds }: Walk,
): Generator<readonly Hit[]> {
  const seqs: number[] = [];
  for (const batch of matchingEvents(reader, filter, { nowSeconds })) {
    for (const { seq } of batch) seqs.push(seq);
  }
  const end = Math.max(0, seqs.length - (limit ?? Number.POSITIVE_INFINITY));
  for (let last = seqs.length; last > end; last -= BATCH_EVENTS) {
    yield reader.getMany(seqs.slice(Math.max(end, last - BATCH_EVENTS), last).toReversed());
  }
}
