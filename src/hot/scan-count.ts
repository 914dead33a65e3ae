// Counting matches exactly: straight from the index where no event has to be looked at, by a scan everywhere else.

import type { Filter } from "../nostr/filter.ts";
import { isExpired } from "../nostr/expiration.ts";
import type { Budget, CountGate, Counting, Hit, Scan, ScanState } from "./contract.ts";
import { Meter, WORK_PER_LOOK } from "./scan-budget.ts";
import type { ReadStatements } from "./stream-sql.ts";

/** Index rows counted by one statement: about 0.3 ms. */
const STRIDE = 20_000;

export function createCounting(
  filter: Filter,
  gate: CountGate,
  statements: ReadStatements,
  scan: (filter: Filter) => Scan,
  workPerLook: number,
): Counting {
  return new FilterCounting(filter, gate, statements, scan, new Meter(workPerLook));
}

/** The steps of one count, each a bounded piece of work. */
class FilterCounting implements Counting {
  count = 0;
  private readonly steps: Generator<void, void>;
  private readonly meter: Meter;
  private readonly filter: Filter;
  private readonly gate: CountGate;
  private readonly statements: ReadStatements;
  private readonly scan: (filter: Filter) => Scan;
  private budget: Budget = { deadlineMs: 0 };

  constructor(
    filter: Filter,
    gate: CountGate,
    statements: ReadStatements,
    scan: (filter: Filter) => Scan,
    meter: Meter,
  ) {
    this.filter = filter;
    this.gate = gate;
    this.statements = statements;
    this.scan = scan;
    this.meter = meter;
    this.steps = this.walk();
  }

  run(budget: Budget): ScanState {
    this.budget = budget;
    this.meter.start(budget);
    return this.statements.snapshot(() => {
      for (;;) {
        if (this.steps.next().done === true) return "exhausted";
        // A step is long: the clock is looked at after each.
        this.meter.spend(WORK_PER_LOOK);
        if (this.meter.isUp()) return "paused";
      }
    });
  }

  private *walk(): Generator<void, void> {
    const { ids, authors, tags } = this.filter;
    // Author and tag keys may collide, so only what names neither can be counted unseen.
    const isLookedAt = ids !== undefined || authors !== undefined || tags.length > 0;
    if (isLookedAt || this.gate.counted !== undefined) return yield* this.countByScan(this.filter);
    const closed: number[] = [];
    for (const kind of this.filter.kinds ?? this.statements.kindsStored()) {
      if (this.gate.isOpenKind(kind)) yield* this.countKind(kind);
      else closed.push(kind);
    }
    if (closed.length > 0) yield* this.countByScan({ ...this.filter, kinds: closed });
  }

  private *countKind(kind: number): Generator<void, void> {
    const since = this.filter.since ?? 0;
    const until = this.filter.until ?? Number.MAX_SAFE_INTEGER;
    if (since > until) return;
    let [createdAt, rank, seq] = [until, 2 ** 32, 0];
    for (;;) {
      const last = this.statements.kindRowAt(kind, since, createdAt, rank, seq, STRIDE - 1);
      if (last === undefined) break;
      this.count += STRIDE;
      [createdAt, rank, seq] = last;
      yield;
    }
    this.count += this.statements.countKind(kind, since, createdAt, rank, seq);
    this.count -= this.statements.countExpired(kind, since, until, this.gate.nowSeconds);
    yield;
  }

  private *countByScan(filter: Filter): Generator<void, void> {
    const scan = this.scan(filter);
    const { nowSeconds, isOpenKind, accepts, counted } = this.gate;
    const take = (hit: Hit): boolean => {
      const isCounted = !isExpired(hit.expiresAt, nowSeconds) && (isOpenKind(hit.kind) || accepts(hit));
      if (isCounted) {
        this.count++;
        counted?.(hit);
      }
      return true;
    };
    while (scan.run(take, this.budget) === "paused") yield;
  }
}
