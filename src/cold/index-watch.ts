// Notices that somebody has deleted indexes, also while nobody looked: what stood in them is to be written again.

import type { Clock } from "./contract.ts";
import type { Generation, Indexes } from "./indexes.ts";
import type { Ledger } from "./ledger.ts";

/** A write notices it only where the cluster does not make indexes by itself, and into most of them nothing is written any more. */
const LOOK_MS = 60_000;

export interface IndexWatchParts {
  readonly indexes: Pick<Indexes, "made" | "uuids">;
  readonly ledger: Pick<Ledger, "requestJob" | "saveUuids" | "uuids">;
  readonly clock: Pick<Clock, "now">;
}

export class IndexWatch {
  private readonly parts: IndexWatchParts;
  private lookedAtMs = Number.NEGATIVE_INFINITY;
  private madeBefore = 0;

  constructor(parts: IndexWatchParts) {
    this.parts = parts;
  }

  get isDue(): boolean {
    const { clock, indexes } = this.parts;
    return indexes.made !== this.madeBefore || clock.now() - this.lookedAtMs >= LOOK_MS;
  }

  /** Asks for a reconcile where one that was there is not, or is another. Errors of the client pass through. */
  async look(generation: Generation): Promise<void> {
    const { ledger } = this.parts;
    const { built } = generation.meta;
    const before = ledger.uuids();
    const uuids = await this.see(generation);
    const isChanged = ([name, uuid]: [string, string]): boolean => uuids[name] !== uuid;
    if (before?.built === built && Object.entries(before.uuids).some(isChanged))
      ledger.requestJob("reconcile");
    ledger.saveUuids({ built, uuids });
  }

  /** A reconcile begins: what is there now is what it looks at. Errors of the client pass through. */
  async note(generation: Generation): Promise<void> {
    const uuids = await this.see(generation);
    this.parts.ledger.saveUuids({ built: generation.meta.built, uuids });
  }

  private async see(generation: Generation): Promise<Readonly<Record<string, string>>> {
    const { clock, indexes } = this.parts;
    const { made } = indexes;
    const uuids = await indexes.uuids(generation);
    this.madeBefore = made;
    this.lookedAtMs = clock.now();
    return uuids;
  }
}
