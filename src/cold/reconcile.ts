// Compares the index with the log, seq by seq, and repairs what differs.

import type { Indexer } from "./indexer.ts";
import { seqsBetween } from "./document-scan.ts";
import type { Report } from "./jobs.ts";

const ENTRIES_PER_PAGE = 5000;

interface Findings {
  missing: number;
  surplus: number;
  onlyCold: number;
}

/**
 * Every stored event has one document that carries its seq, so the two sides are compared exactly, not by counting. What
 * is missing is written again. What the index holds beyond that was evicted from hot, or, as long as hot is complete,
 * should have been deleted and is. Answers what was found, in words.
 */
export async function reconcile(indexer: Indexer, report: Report, signal: AbortSignal): Promise<string> {
  const { current, parts, pace, indexes } = indexer;
  if (current === undefined) throw new Error(indexer.status().reason || "there are no indexes yet");
  const { follower, generation } = current;
  await follower.settled();
  const upTo = follower.cursor;
  await pace.persevere(signal, () => indexes.refresh(generation));
  const findings: Findings = { missing: 0, surplus: 0, onlyCold: 0 };
  let after = 0;
  while (after < upTo && !signal.aborted) {
    const entries = parts.log.log(after, ENTRIES_PER_PAGE);
    const end = Math.min(upTo, entries.length < ENTRIES_PER_PAGE ? upTo : entries.at(-1)!.seq);
    const stored = entries.flatMap((entry) =>
      entry.type === "stored" && entry.seq <= end ? [entry.seq] : [],
    );
    await compare(indexer, stored, after, end, findings, signal);
    after = end;
    report(after, upTo, wordsOf(findings));
  }
  return `${wordsOf(findings)}; compared up to ${after}`;
}

async function compare(
  indexer: Indexer,
  stored: readonly number[],
  after: number,
  end: number,
  findings: Findings,
  signal: AbortSignal,
): Promise<void> {
  const { parts, pace, indexes } = indexer;
  const { follower, generation } = indexer.current!;
  const pattern = indexes.patternOf(generation);
  const indexed = await pace.persevere(signal, () => seqsBetween(parts.client, pattern, after, end));
  if (indexed === undefined) return;
  const inIndex = new Set(indexed);
  const inLog = new Set(stored);
  const missing = stored.filter((seq) => !inIndex.has(seq));
  const surplus = indexed.filter((seq) => !inLog.has(seq));
  findings.missing += missing.length;
  follower.rewrite(missing);
  while (follower.rewriting > 0 && !signal.aborted) await follower.step(signal);
  await follower.settled();
  if (!parts.isHotComplete()) {
    findings.onlyCold += surplus.length;
    return;
  }
  findings.surplus += surplus.length;
  // An event may have left between the two looks; its removal is further on in the log and does no harm twice.
  const gone = surplus.filter((seq) => parts.log.getMany([seq]).length === 0);
  if (gone.length === 0) return;
  await pace.persevere(signal, () =>
    parts.client.deleteByQuery({
      index: pattern,
      ignore_unavailable: true,
      conflicts: "proceed",
      body: { query: { bool: { filter: [{ terms: { seq: gone } }] } } },
    } as unknown as Parameters<typeof parts.client.deleteByQuery>[0]),
  );
}

function wordsOf(findings: Findings): string {
  const { missing, surplus, onlyCold } = findings;
  if (missing + surplus + onlyCold === 0) return "index and log agree";
  return `${missing} missing and written again, ${surplus} surplus and deleted, ${onlyCold} held by the cold store alone`;
}
