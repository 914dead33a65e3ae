// The part of a scan that looks events up by their ids.

import type { Hit, ScanPosition } from "./contract.ts";
import type { HitLookup } from "./hit-lookup.ts";
import { type Meter, Work } from "./scan-budget.ts";
import { compareHits, type HitSource, PAUSED } from "./scan-source.ts";

/** Finds all of them first: only then is it known which is the newest. */
export class IdSource implements HitSource {
  readonly streams = 0;
  private readonly ids: readonly string[];
  private readonly lookup: HitLookup;
  private looked = 0;
  private readonly found: Hit[] = [];
  private handedOut = 0;

  constructor(ids: readonly string[], lookup: HitLookup) {
    this.ids = ids;
    this.lookup = lookup;
  }

  next(meter: Meter): Hit | undefined | typeof PAUSED {
    while (this.looked < this.ids.length) {
      if (meter.isUp()) return PAUSED;
      const hit = this.lookup.byId(this.ids[this.looked++]!);
      meter.spend(Work.candidate + (hit?.json.length ?? 0));
      if (hit !== undefined) this.found.push(hit);
      if (this.looked === this.ids.length) this.found.sort(compareHits);
    }
    return this.found[this.handedOut++];
  }

  /** Every id is a place of its own: what was handed out tells how far it is. */
  reached(): ScanPosition | undefined {
    return undefined;
  }
}
