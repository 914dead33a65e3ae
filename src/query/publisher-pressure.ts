// How much publishers ask of this machine: what works in the background yields to them by it.

import { cpus } from "node:os";
import type { Publishing } from "../cold/contract.ts";

export interface PressureParts {
  /** The newest number of the log. */
  readonly lastSeq: () => number;
  /** Milliseconds on a clock that only rises. */
  readonly now?: () => number;
  readonly processors?: () => ProcessorTimes;
}

/** Milliseconds of all processors together, since they were switched on. */
export interface ProcessorTimes {
  readonly idle: number;
  readonly total: number;
}

/** A commit this short a while ago means that publishers are being served. */
const SERVED_MS = 60;
const LOOK_MS = 500;
/** From here on, with half of the processors taken (a disk is shared as well), publishers are held up by whatever else works. */
const SATURATING_EVENTS_PER_SECOND = 4000;
const IDLE_SHARE_MIN = 0.5;

interface Look extends ProcessorTimes {
  readonly atMs: number;
  readonly seq: number;
}

export class PublisherPressure {
  private readonly parts: Required<PressureParts>;
  private committedAtMs = Number.NEGATIVE_INFINITY;
  private before: Look;
  private isSaturating = false;

  constructor(parts: PressureParts) {
    this.parts = { now: () => performance.now(), processors: processorTimes, ...parts };
    this.before = this.look();
  }

  committed(): void {
    this.committedAtMs = this.parts.now();
  }

  level(): Publishing {
    const now = this.parts.now();
    if (now - this.committedAtMs >= SERVED_MS) return "idle";
    if (now - this.before.atMs >= LOOK_MS) this.compare(this.look());
    return this.isSaturating ? "saturating" : "served";
  }

  private compare(after: Look): void {
    const { before } = this;
    const rate = ((after.seq - before.seq) * 1000) / (after.atMs - before.atMs);
    const idleShare = (after.idle - before.idle) / Math.max(1, after.total - before.total);
    this.isSaturating = rate > SATURATING_EVENTS_PER_SECOND && idleShare < IDLE_SHARE_MIN;
    this.before = after;
  }

  private look(): Look {
    const { now, lastSeq, processors } = this.parts;
    return { atMs: now(), seq: lastSeq(), ...processors() };
  }
}

function processorTimes(): ProcessorTimes {
  let [idle, total] = [0, 0];
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, total };
}
