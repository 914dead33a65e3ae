// Counting matches exactly: straight from the index where no event has to be looked at, by a scan everywhere else.

import type { Filter } from "../nostr/filter.ts";
import { isExpired } from "../nostr/expiration.ts";
import type { Budget, CountGate, Counting, Hit, Scan, ScanState } from "./contract.ts";
import type { CountedRows } from "./counted-rows.ts";
import { authorKey } from "./keys.ts";
import { Meter, WORK_PER_LOOK } from "./scan-budget.ts";
import type { ReadStatements, StreamRow } from "./stream-sql.ts";

/** Many rows are counted in statements of so many each, from a place on: 1 ms. */
const STRIDE = 20_000;
/** Authors and kinds, each pair counted by a statement of its own; a scan asks for more of them at once. */
const PAIRS_MAX = 200;

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
    const { ids, authors, kinds, tags } = this.filter;
    // Ids and tag values are known by keys that may collide, so what names them has to be looked at.
    const isLookedAt = ids !== undefined || tags.length > 0 || this.gate.counted !== undefined;
    const pairs = authors === undefined ? 0 : authors.length * (kinds?.length ?? Number.POSITIVE_INFINITY);
    if (isLookedAt || pairs > PAIRS_MAX) return yield* this.countByScan(this.filter);
    const open: number[] = [];
    const closed: number[] = [];
    for (const kind of kinds ?? this.statements.kindsStored())
      (this.gate.isOpenKind(kind) ? open : closed).push(kind);
    if (authors === undefined)
      for (const kind of open) yield* this.countRows(this.statements.ofKind, kind, 0);
    else yield* this.countAuthors(authors, open);
    if (closed.length > 0) yield* this.countByScan({ ...this.filter, kinds: closed });
  }

  private *countAuthors(authors: readonly string[], kinds: readonly number[]): Generator<void, void> {
    const looked: string[] = [];
    for (const author of authors) {
      const before = this.count;
      const key = authorKey(author);
      if (this.statements.ownerOf(key) === author) {
        for (const kind of kinds) yield* this.countRows(this.statements.ofAuthor, kind, key);
      }
      // Asked last: a stranger's events may have come while these were counted.
      if (!this.statements.isShared(key)) continue;
      this.count = before;
      looked.push(author);
    }
    if (looked.length > 0) yield* this.countByScan({ ...this.filter, authors: looked, kinds });
  }

  private *countRows(rows: CountedRows, kind: number, author: number): Generator<void, void> {
    const since = this.filter.since ?? 0;
    const until = this.filter.until ?? Number.MAX_SAFE_INTEGER;
    if (since > until) return;
    const isWhole = since === 0 && until === Number.MAX_SAFE_INTEGER;
    if (isWhole) yield* this.countWhole(rows, kind, author);
    else yield* this.countRange(rows, kind, author, since, until);
    this.count -= rows.expired(kind, author, since, until, this.gate.nowSeconds);
    yield;
  }

  /** All rows there are, counted only where their number is not remembered. */
  private *countWhole(rows: CountedRows, kind: number, author: number): Generator<void, void> {
    const { remembered } = rows;
    const asOf = remembered.follow();
    const known = remembered.get(kind, author);
    if (known !== undefined) {
      this.count += known;
      return;
    }
    const before = this.count;
    yield* this.countRange(rows, kind, author, 0, Number.MAX_SAFE_INTEGER);
    // A count that paused may have met changes that others have not.
    if (remembered.follow() === asOf) remembered.set(kind, author, this.count - before);
  }

  private *countRange(
    rows: CountedRows,
    kind: number,
    author: number,
    since: number,
    until: number,
  ): Generator<void, void> {
    const few = rows.few(kind, author, since, until);
    if (few === undefined) yield* this.countMany(rows, kind, author, since, until);
    else this.count += few;
  }

  /** In strides, so that a count can pause in between. */
  private *countMany(
    rows: CountedRows,
    kind: number,
    author: number,
    since: number,
    until: number,
  ): Generator<void, void> {
    let below: StreamRow = [until, 2 ** 32, 0];
    for (;;) {
      const last = rows.rowAt(kind, author, since, below, STRIDE - 1);
      if (last === undefined) break;
      this.count += STRIDE;
      below = last;
      yield;
    }
    this.count += rows.countBelow(kind, author, since, below);
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
