// Notices that the indexes were set back to an older copy: documents that were there are not, and nothing else tells of it.

import type { Clock, EventLog } from "./contract.ts";
import { classifyError } from "./failure.ts";
import type { Generation } from "./indexes.ts";
import type { Ledger } from "./ledger.ts";

const LOOK_MS = 60_000;
/** The newest that shows for certain. Several, for some may be deleted or replaced by the next look. */
const SENTINELS = 8;
/** Entries of the log that are looked through for them. */
const ENTRIES = 500;

export interface SentinelParts {
  readonly log: EventLog;
  readonly ledger: Pick<Ledger, "dead" | "requestJob" | "saveSentinels" | "sentinels">;
  readonly clock: Pick<Clock, "now">;
  /** Everything up to this seq shows in searches; 0 while nobody knows. */
  readonly visibleSeq: () => number;
  /** Those of these seqs that have documents in a generation. Errors of the client pass through. */
  readonly present: (generation: Generation, seqs: readonly number[]) => Promise<ReadonlySet<number>>;
}

/**
 * A snapshot that is restored, or a data folder that is put back, is a set of indexes like the one before, by name and
 * uuid, and the cursor says that all is in it. So some of the newest documents are remembered, and looked for again.
 */
export class Sentinels {
  private readonly parts: SentinelParts;
  private lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: SentinelParts) {
    this.parts = parts;
  }

  get isDue(): boolean {
    return this.parts.clock.now() - this.lookedAtMs >= LOOK_MS;
  }

  /** Asks for a reconcile where one is missing. A cluster that does not tell is asked again the next time. */
  async look(generation: Generation): Promise<void> {
    const { ledger, clock } = this.parts;
    const { built } = generation.meta;
    this.lookedAtMs = clock.now();
    const set = ledger.sentinels();
    if (set?.built === built && set.seqs.length > 0) {
      const isMissing = await this.isOneMissing(generation, set.seqs);
      if (isMissing === undefined) return;
      if (isMissing) ledger.requestJob("reconcile");
    }
    const seqs = this.newest();
    if (seqs.length > 0) ledger.saveSentinels({ built, seqs });
  }

  private async isOneMissing(generation: Generation, seqs: readonly number[]): Promise<boolean | undefined> {
    try {
      const present = await this.parts.present(generation, seqs);
      // Asked last: what has been deleted meanwhile need not be there.
      return seqs.some((seq) => !present.has(seq) && this.stands(seq));
    } catch (error) {
      classifyError(error);
      return undefined;
    }
  }

  private stands(seq: number): boolean {
    const { log } = this.parts;
    return log.getMany([seq]).length > 0 || log.evictedAfter(seq - 1, 1)[0]?.seq === seq;
  }

  private newest(): number[] {
    const { log, ledger, visibleSeq } = this.parts;
    const last = visibleSeq();
    const after = Math.max(0, last - ENTRIES);
    const dead = new Set(ledger.dead(ENTRIES, after).map(({ seq }) => seq));
    return log
      .log(after, ENTRIES)
      .flatMap(({ type, seq }) => (type === "stored" && seq <= last && !dead.has(seq) ? [seq] : []))
      .slice(-SENTINELS);
  }
}
