// Reindex: fills a new generation of indexes beside the old one, shows it to readers in one step.

import { eventFromJson } from "../nostr/event.ts";
import type { EventLog } from "./contract.ts";
import type { Generation } from "./indexes.ts";
import type { Indexer, IndexerParts } from "./indexer.ts";
import type { Report } from "./jobs.ts";
import { readDocuments } from "./document-scan.ts";
import type { Follower } from "./follower.ts";

/**
 * The log tells everything that the hot store holds. What only the old indexes hold (events that were evicted from hot)
 * is copied from their raw text first; removals in the log then delete what must not stay. Readers use the old indexes
 * meanwhile, which go on following the log. The hot store must not evict anything until it is done. Answers what was
 * done, in words.
 */
export async function rebuild(indexer: Indexer, report: Report, signal: AbortSignal): Promise<string> {
  indexer.holdsLog = true;
  try {
    return await fillAndOpen(indexer, report, signal);
  } finally {
    indexer.holdsLog = false;
    indexer.filling = undefined;
  }
}

async function fillAndOpen(indexer: Indexer, report: Report, signal: AbortSignal): Promise<string> {
  const { parts, pace, indexes } = indexer;
  const old = indexer.current;
  await old?.follower.settled();
  // An indexer that has stopped (a restored backup, say) follows nothing, yet what readers see may hold the only copies.
  const shown = old?.generation ?? (await pace.persevere(signal, () => indexes.active()));
  await pace.persevere(signal, async () => indexes.discardAfter(await indexes.active()));
  const made = await pace.persevere(signal, () => indexes.create(parts.store, false));
  if (made === undefined) return "stopped";
  if (made.meta.store !== parts.store)
    throw new Error("another relay is making indexes under the same prefix");
  const follower = indexer.followInto(made, 0, false, (cursor) => report(cursor, parts.log.lastSeq()));
  indexer.filling = follower;
  await pace.persevere(signal, () => indexes.setRefreshing(made, false));
  // Only an earlier try can have left some: what is hot and refused never leaves.
  for (const seq of deadCopies(parts)) parts.ledger.exhume(seq);
  let copied = 0;
  let begunAt: number;
  do {
    begunAt = parts.log.lastSeq();
    if (shown !== undefined) copied = await copyEvicted(indexer, shown, follower, made, report, signal);
    await catchUp(indexer, follower, signal);
    if (signal.aborted) return "stopped";
    // What was on its way out when this began is told of by the log no more, and was hot when it would have been copied.
  } while (hasLetGo(parts.log, begunAt));
  const refused = deadCopies(parts);
  if (refused.size > 0) {
    await pace.persevere(signal, async () => indexes.discardAfter(await indexes.active()));
    throw new Error(
      `${refused.size} events that only the indexes in use hold were refused by new ones, so those were given up: see thermocline cold dead`,
    );
  }
  const lost = Math.max(0, evictedCount(parts.log) - copied);
  await pace.persevere(signal, () => indexes.setRefreshing(made, true));
  await pace.persevere(signal, () => indexes.refresh(made));
  // Should this process end between the two steps, the next one finds here how far the new indexes are.
  parts.ledger.saveRebuild({ built: made.meta.built, cursor: follower.cursor });
  parts.ledger.saveLost({ built: made.meta.built, events: lost });
  await pace.persevere(signal, () => indexes.open(made));
  indexer.adopt(made, follower.cursor);
  // What was not followed may have other events under the numbers of this log: it goes at once.
  indexer.retired.since(made, old !== undefined);
  if (indexer.retired.isDue) await pace.persevere(signal, () => indexer.retired.discard());
  const given = `generation ${made.number} is in use, filled from the log up to ${follower.cursor} and with ${copied} events that only the cold store held`;
  return lost === 0 ? given : `${given}; ${lost} that had left the hot store are nowhere any more`;
}

async function catchUp(indexer: Indexer, follower: Follower, signal: AbortSignal): Promise<void> {
  const { log } = indexer.parts;
  while (log.lastSeq() - follower.cursor > indexer.options.bulkEvents && !signal.aborted) {
    await indexer.keepLevel(signal);
    await indexer.stepBesidePublishers(follower, signal);
  }
  // Publishers never pause for it: the old indexes rest where they are, and the new ones go as far at least.
  await indexer.current?.follower.settled();
  const end = log.lastSeq();
  while ((follower.cursor < end || follower.rewriting > 0) && !signal.aborted)
    if ((await follower.step(signal)) === "idle") break;
  await follower.settled();
}

const EVICTION_ENDS_MS = 2000;
const STUBS_PER_PAGE = 5000;
const ENTRIES_PER_PAGE = 1000;

/**
 * The seqs among these rows, which rise, of events that have left the hot store and are still this relay's. Everything else
 * comes from the log, or was erased, or belongs to a time that a restored database does not know of.
 */
function evictedAmong(
  log: Pick<EventLog, "evictedAfter">,
  rows: readonly { readonly seq: number }[],
): Set<number> {
  const last = rows.at(-1)?.seq ?? 0;
  const wanted = new Set(rows.map(({ seq }) => seq));
  const seqs = new Set<number>();
  for (let after = (rows[0]?.seq ?? 0) - 1; after < last;) {
    const page = log.evictedAfter(after, STUBS_PER_PAGE);
    for (const { seq } of page) if (wanted.has(seq)) seqs.add(seq);
    after = page.at(-1)?.seq ?? last;
  }
  return seqs;
}

/** Dead letters whose events are in no other place than the indexes in use. */
function deadCopies({ log, ledger }: Pick<IndexerParts, "ledger" | "log">): Set<number> {
  return evictedAmong(log, ledger.dead(Number.MAX_SAFE_INTEGER));
}

/** Has anything left the hot store since? */
function hasLetGo(log: Pick<EventLog, "log">, after: number): boolean {
  for (let from = after; ;) {
    const entries = log.log(from, ENTRIES_PER_PAGE);
    if (entries.some((entry) => entry.type === "removed" && entry.reason === "evicted")) return true;
    if (entries.length < ENTRIES_PER_PAGE) return false;
    from = entries.at(-1)!.seq;
  }
}

function evictedCount(log: Pick<EventLog, "evictedAfter">): number {
  let count = 0;
  for (let after = 0; ;) {
    const page = log.evictedAfter(after, STUBS_PER_PAGE);
    count += page.length;
    if (page.length < STUBS_PER_PAGE) return count;
    after = page.at(-1)!.seq;
  }
}

/** What is removed meanwhile stands in the log, which is held, and is deleted again when the log is followed. */
async function copyEvicted(
  indexer: Indexer,
  from: Generation,
  follower: Follower,
  made: Generation,
  report: Report,
  signal: AbortSignal,
): Promise<number> {
  const { parts, pace, indexes } = indexer;
  if (from.meta.store !== parts.store || parts.isHotComplete()) return 0;
  // Whoever lets events leave hears within half a second that a job is running, and finishes what is under way.
  await parts.clock.sleep(EVICTION_ENDS_MS, signal);
  await pace.persevere(signal, () => indexes.refresh(from));
  let copied = 0;
  let looked = 0;
  // Readers may see older generations too, if one of their indexes was once deleted by hand.
  const sources = `${indexes.patternOf(from)},${indexes.alias}`;
  for await (const page of readDocuments(parts.client, pace, sources, signal)) {
    looked += page.length;
    const standing = evictedAmong(parts.log, page);
    const evicted = page.filter((row) => standing.has(row.seq));
    copied += new Set(evicted.map(({ seq }) => seq)).size;
    await follower.copy(
      evicted.map((row) => ({ row, event: eventFromJson(row.json) })),
      signal,
    );
    report(
      0,
      parts.log.lastSeq(),
      `${looked} documents of generation ${from.number} read for ${made.number}`,
    );
    await indexer.keepLevel(signal);
    if (signal.aborted) break;
  }
  await follower.settled();
  return copied;
}
