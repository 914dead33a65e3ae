// Indexes that a reindex has taken from readers: kept until nobody can still have their names, then deleted.

import type { Clock } from "./contract.ts";
import type { Generation, Indexes } from "./indexes.ts";
import type { Ledger } from "./ledger.ts";
import { VISIBLE_AFTER_MS } from "./status-board.ts";

/** Longer than a list of indexes is believed (see IndexChoice) and a search takes by default. */
const KEPT_MS = VISIBLE_AFTER_MS;

export interface RetiredParts {
  readonly indexes: Pick<Indexes, "discardBefore">;
  readonly ledger: Pick<Ledger, "rebuild" | "saveRebuild">;
  readonly clock: Clock;
}

/**
 * An index that vanishes under a search makes it fail, or lack what stood in it. Should the process end before they are
 * deleted, the ledger still names the rebuild, and the next process deletes them.
 */
export class Retired {
  private readonly parts: RetiredParts;
  private shown: Generation | undefined;
  private dueMs = 0;

  constructor(parts: RetiredParts) {
    this.parts = parts;
  }

  /** Readers are shown this generation from now on. `isAsked`: may searches of the ones before it be under way? */
  since(shown: Generation, isAsked: boolean): void {
    this.shown = shown;
    this.dueMs = this.parts.clock.now() + (isAsked ? KEPT_MS : 0);
  }

  get isDue(): boolean {
    return this.shown !== undefined && this.parts.clock.now() >= this.dueMs;
  }

  /** Deletes them, due or not. Errors of the client pass through. */
  async discard(): Promise<void> {
    const { indexes, ledger } = this.parts;
    const { shown } = this;
    if (shown === undefined) return;
    await indexes.discardBefore(shown);
    if (ledger.rebuild()?.built === shown.meta.built) ledger.saveRebuild(undefined);
    if (this.shown === shown) this.shown = undefined;
  }
}
