// Compares the index with what the relay stands by, seq by seq, tells the difference by day, and repairs it.

import type { StandingEvent } from "./contract.ts";
import { DayTable } from "./day-counts.ts";
import { type IndexedSeq, seqsBetween } from "./document-scan.ts";
import type { Indexer } from "./indexer.ts";
import type { Report } from "./jobs.ts";

const ENTRIES_PER_PAGE = 5000;

export interface ReconcileOptions {
  /** False only looks. */
  readonly repairs: boolean;
}

/**
 * Every event that the relay stands by, in the hot store or left for the cold one, has one document that carries its seq,
 * so the two sides are compared exactly, not by counting. What is missing and still hot is written again; what the index
 * holds beyond that is deleted. Answers what was found, in words; the days go to the ledger.
 */
export async function reconcile(
  indexer: Indexer,
  job: number,
  { repairs }: ReconcileOptions,
  report: Report,
  signal: AbortSignal,
): Promise<string> {
  const { current, parts, pace, indexes } = indexer;
  if (current === undefined) throw new Error(indexer.status().reason || "there are no indexes yet");
  const { follower, generation } = current;
  await follower.settled();
  const upTo = follower.cursor;
  if (repairs) await pace.persevere(signal, () => indexer.watch.note(generation));
  await pace.persevere(signal, () => indexes.refresh(generation));
  const table = new DayTable();
  const comparison = new Comparison(indexer, table, repairs, signal);
  let after = 0;
  while (after < upTo && !signal.aborted) {
    after = await comparison.page(after, upTo);
    await indexer.keepLevel(signal);
    report(after, upTo, wordsOf(table, repairs));
  }
  if (!signal.aborted) {
    parts.ledger.saveDays(job, table.days());
    parts.ledger.saveLost({ built: generation.meta.built, events: comparison.lost });
  }
  return `${wordsOf(table, repairs)}; compared up to ${after}`;
}

class Comparison {
  /** Events that have left and are not in the index: nobody can write them again. */
  lost = 0;
  private readonly indexer: Indexer;
  private readonly table: DayTable;
  private readonly repairs: boolean;
  private readonly signal: AbortSignal;

  constructor(indexer: Indexer, table: DayTable, repairs: boolean, signal: AbortSignal) {
    this.indexer = indexer;
    this.table = table;
    this.repairs = repairs;
    this.signal = signal;
  }

  /** Compares what stands after a seq, a page of it, and answers up to where. */
  async page(after: number, upTo: number): Promise<number> {
    const { table } = this;
    const { hot, evicted, end } = this.standing(after, upTo);
    const indexed = await this.indexed(after, end);
    if (indexed === undefined) return end;
    for (const { createdAt } of hot) table.add("hot", createdAt);
    for (const { createdAt } of evicted) table.add("evicted", createdAt);
    for (const { createdAt } of indexed) table.add("indexed", createdAt);
    const inIndex = new Set(indexed.map(({ seq }) => seq));
    const stands = new Set([...hot, ...evicted].map(({ seq }) => seq));
    const missing = [...hot, ...evicted].filter(({ seq }) => !inIndex.has(seq));
    const surplus = indexed.filter(({ seq }) => !stands.has(seq));
    for (const { createdAt } of missing) table.add("missing", createdAt);
    for (const { createdAt } of surplus) table.add("surplus", createdAt);
    const held = new Set(hot.map(({ seq }) => seq));
    this.lost += missing.filter(({ seq }) => !held.has(seq) && this.stands(seq)).length;
    if (this.repairs && missing.length + surplus.length > 0) await this.repair(after, end, missing, surplus);
    return end;
  }

  /** Hot first: what leaves between the two looks is seen twice rather than not at all. */
  private standing(
    after: number,
    upTo: number,
  ): { hot: readonly StandingEvent[]; evicted: readonly StandingEvent[]; end: number } {
    const { log } = this.indexer.parts;
    const entries = log.log(after, ENTRIES_PER_PAGE);
    const stubs = log.evictedAfter(after, ENTRIES_PER_PAGE);
    const ends = [entries, stubs].map((page) => (page.length < ENTRIES_PER_PAGE ? upTo : page.at(-1)!.seq));
    const end = Math.min(upTo, ...ends);
    const hot = entries.flatMap((entry) => (entry.type === "stored" && entry.seq <= end ? [entry] : []));
    const held = new Set(hot.map(({ seq }) => seq));
    return { hot, evicted: stubs.filter(({ seq }) => seq <= end && !held.has(seq)), end };
  }

  private indexed(after: number, end: number): Promise<IndexedSeq[] | undefined> {
    const { parts, pace, indexes, current } = this.indexer;
    const pattern = indexes.patternOf(current!.generation);
    return pace.persevere(this.signal, () => seqsBetween(parts.client, pattern, after, end));
  }

  private async repair(
    after: number,
    end: number,
    missing: readonly StandingEvent[],
    surplus: readonly IndexedSeq[],
  ): Promise<void> {
    const { pace, indexes, current } = this.indexer;
    const { follower, generation } = current!;
    follower.rewrite(missing.map(({ seq }) => seq));
    while (follower.rewriting > 0 && !this.signal.aborted) await follower.step(this.signal);
    await follower.settled();
    await this.remove(surplus.map(({ seq }) => seq).filter((seq) => !this.stands(seq)));
    await pace.persevere(this.signal, () => indexes.refresh(generation));
    const now = await this.indexed(after, end);
    if (now === undefined) return;
    const inIndex = new Set(now.map(({ seq }) => seq));
    for (const { seq, createdAt } of missing) if (inIndex.has(seq)) this.table.add("repaired", createdAt);
    for (const { seq, createdAt } of surplus) if (!inIndex.has(seq)) this.table.add("repaired", createdAt);
  }

  /** What came to stand meanwhile is not surplus; what has left meanwhile, its removal further on in the log takes away. */
  private stands(seq: number): boolean {
    const { log } = this.indexer.parts;
    return log.getMany([seq]).length > 0 || log.evictedAfter(seq - 1, 1)[0]?.seq === seq;
  }

  private async remove(seqs: readonly number[]): Promise<void> {
    const { parts, pace, indexes, current } = this.indexer;
    if (seqs.length === 0) return;
    await pace.persevere(this.signal, () =>
      parts.client.deleteByQuery({
        index: indexes.patternOf(current!.generation),
        ignore_unavailable: true,
        conflicts: "proceed",
        body: { query: { bool: { filter: [{ terms: { seq: seqs } }] } } },
      } as unknown as Parameters<typeof parts.client.deleteByQuery>[0]),
    );
  }
}

function wordsOf(table: DayTable, repairs: boolean): string {
  const [missing, surplus, evicted] = [
    table.total("missing"),
    table.total("surplus"),
    table.total("evicted"),
  ];
  const cold = evicted === 0 ? "" : `; ${evicted} held by the cold store alone`;
  if (missing + surplus === 0) return `index and log agree${cold}`;
  const found = `${missing} missing, ${surplus} surplus`;
  return `${found}, ${repairs ? `${table.total("repaired")} of them repaired` : "nothing changed"}${cold}`;
}
