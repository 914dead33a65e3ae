// A scan: candidates from the tail and the indexes, tested for good, handed out newest first.

import type { Filter } from "../nostr/filter.ts";
import { idOfJson } from "../nostr/event-json.ts";
import { isReplaceableKind } from "../nostr/kind.ts";
import type { Budget, Hit, Scan, ScanOptions, ScanPlan, ScanPosition, ScanState } from "./contract.ts";
import type { HitLookup } from "./hit-lookup.ts";
import { type Access, type IndexAccess, type Plan, planScan, wantedOf } from "./plan.ts";
import { Meter } from "./scan-budget.ts";
import { IdSource } from "./scan-ids.ts";
import { compileMatch } from "./scan-match.ts";
import { type HitSource, PAUSED, sortsAfter, type Start, startOf } from "./scan-source.ts";
import { StreamSource } from "./scan-streams.ts";
import { TailSource } from "./scan-tail.ts";
import { openStreams } from "./stream-open.ts";
import type { ReadStatements } from "./stream-sql.ts";
import { openTailStreams } from "./tail-stream.ts";
import { keysBelowTail } from "./tail-versions.ts";
import type { RecentTail } from "./tail.ts";

/** What a scan reads from. One for each reader. */
export interface ScanGround {
  readonly statements: ReadStatements;
  readonly lookup: HitLookup;
  readonly tail: RecentTail | undefined;
  readonly tagSeed: bigint;
  readonly workPerLook: number;
}

export function createScan(ground: ScanGround, filter: Filter, options: ScanOptions): Scan {
  return new FilterScan(ground, filter, options);
}

/**
 * What it keeps between two runs is a position and buffered rows. When the store or the tail has changed in the
 * meantime, the buffers are dropped and the sources begin anew at the position: it never shows what is gone.
 */
class FilterScan implements Scan {
  private readonly ground: ScanGround;
  private readonly filter: Filter;
  private readonly matches: (hit: Hit) => boolean;
  private readonly upToSeq: number;
  private chosenPlan: Plan | undefined;
  private readonly meter: Meter;
  private source: HitSource | undefined;
  private isInTail = false;
  private isExhausted = false;
  /** The last hit that was visited or passed over; `place` when a stretch was passed over since. */
  private last: Hit | undefined;
  private place: ScanPosition | undefined;
  private dataVersion = 0;
  private tailVersion = 0;

  constructor(ground: ScanGround, filter: Filter, options: ScanOptions) {
    this.ground = ground;
    this.filter = filter;
    this.matches = compileMatch(filter);
    this.upToSeq = options.upToSeq ?? Number.MAX_SAFE_INTEGER;
    this.place = options.after;
    this.meter = new Meter(ground.workPerLook);
  }

  get plan(): ScanPlan {
    const { access, tailWalk, because } = this.chosen;
    const streams = this.source?.streams || streamsOf(access);
    if (tailWalk === undefined || access.source === "nothing" || access.source === "ids") {
      return { source: access.source, streams, because };
    }
    return {
      source: this.isBelowTailNeeded() ? `tail+${access.source}` : "tail",
      streams,
      because,
    };
  }

  /** Planning may ask the indexes, so it waits until it belongs to a run's snapshot, or somebody wants to see it. */
  private get chosen(): Plan {
    const { statements, tail, tagSeed } = this.ground;
    this.chosenPlan ??= statements.snapshot(() => planScan(this.filter, statements, tail, tagSeed));
    return this.chosenPlan;
  }

  position(): ScanPosition | undefined {
    if (this.last !== undefined) {
      this.place = { createdAt: this.last.createdAt, id: idOfJson(this.last.json) };
      this.last = undefined;
    }
    return this.place;
  }

  run(visit: (hit: Hit) => boolean, budget: Budget): ScanState {
    this.meter.start(budget);
    return this.ground.statements.snapshot(() => {
      if (this.isExhausted || this.chosen.access.source === "nothing") return "exhausted";
      return this.walk(visit);
    });
  }

  private walk(visit: (hit: Hit) => boolean): ScanState {
    this.refresh();
    // Only hits of the second where we begin can lie before the place, so comparing ids ends with that second.
    const place = this.position();
    for (;;) {
      const hit = this.source!.next(this.meter);
      if (hit === PAUSED) return this.pause();
      if (hit === undefined) {
        if (this.goBelowTail()) continue;
        this.isExhausted = true;
        return "exhausted";
      }
      if (place !== undefined && hit.createdAt >= place.createdAt && !sortsAfter(hit, place)) continue;
      this.last = hit;
      if (hit.seq > this.upToSeq || !this.matches(hit)) continue;
      if (!visit(hit)) return this.stop();
    }
  }

  /** What was read ahead stands for this snapshot of the file; asked for only here, since most scans end in one run. */
  private noteVersion(): void {
    if (!this.isInTail) this.dataVersion = this.ground.statements.dataVersion();
  }

  private stop(): ScanState {
    this.noteVersion();
    return "stopped";
  }

  private pause(): ScanState {
    this.noteVersion();
    const reached = this.source!.reached();
    const place = this.position();
    if (reached !== undefined && (place === undefined || isFurther(reached, place))) this.place = reached;
    return "paused";
  }

  /** Begins, or begins anew where something has changed since the last run. */
  private refresh(): void {
    const { statements, tail } = this.ground;
    const tailVersion = tail?.version ?? 0;
    if (this.source !== undefined && tailVersion === this.tailVersion) {
      if (this.isInTail || statements.dataVersion() === this.dataVersion) return;
    }
    this.tailVersion = tailVersion;
    const start = startOf(this.position(), this.filter.until);
    this.isInTail =
      this.chosen.tailWalk !== undefined && start.createdAt > (tail?.horizon ?? Number.POSITIVE_INFINITY);
    this.source = this.isInTail ? this.tailSource(tail!, start) : this.indexSource();
  }

  private tailSource(tail: RecentTail, start: Start): HitSource {
    const { authorKeys, tailWalk } = this.chosen;
    if (tailWalk === "columns") return new TailSource(tail, this.filter, authorKeys, start);
    const { kinds, since = 0 } = this.filter;
    const streams = openTailStreams(tail, authorKeys!, kinds, { start, since });
    return new StreamSource(streams, this.upToSeq, this.ground.lookup);
  }

  private goBelowTail(): boolean {
    if (!this.isInTail || !this.isBelowTailNeeded()) return false;
    this.isInTail = false;
    this.source = this.sourceBelow(this.ground.tail!);
    return true;
  }

  private isBelowTailNeeded(): boolean {
    const horizon = this.ground.tail!.horizon;
    return horizon >= 0 && (this.filter.since ?? 0) <= horizon;
  }

  private indexSource(): HitSource {
    const { access } = this.chosen;
    if (access.source === "ids") return new IdSource(access.ids, this.ground.lookup);
    if (access.source === "nothing") throw new Error("a scan of nothing has no source");
    return this.streamsDownFrom(this.filter.until ?? Number.MAX_SAFE_INTEGER, access);
  }

  private sourceBelow(tail: RecentTail): HitSource {
    const access = this.chosen.access as IndexAccess;
    const { authors, until = Number.MAX_SAFE_INTEGER } = this.filter;
    const isOneEach = access.source === "author" && access.kinds?.every(isReplaceableKind) === true;
    const rest = isOneEach
      ? { ...access, keys: keysBelowTail(tail, authors!, access.keys, access.kinds!) }
      : access;
    return this.streamsDownFrom(Math.min(until, tail.horizon), rest);
  }

  private streamsDownFrom(until: number, access: IndexAccess): HitSource {
    const bounds = {
      start: startOf(this.position(), until),
      since: this.filter.since ?? 0,
      wanted: wantedOf(this.filter),
    };
    const streams = openStreams(access, bounds, this.ground.statements);
    return new StreamSource(streams, this.upToSeq, this.ground.lookup);
  }
}

/** Streams to expect before anything is opened; where kinds are unknown, one for each key. */
function streamsOf(access: Access): number {
  if (access.source === "nothing" || access.source === "ids") return 0;
  if (access.source === "time") return 1;
  const kinds = access.kinds?.length ?? 1;
  return access.source === "kind" ? kinds : access.keys.length * kinds;
}

function isFurther(a: ScanPosition, b: ScanPosition): boolean {
  return a.createdAt !== b.createdAt ? a.createdAt < b.createdAt : a.id > b.id;
}
