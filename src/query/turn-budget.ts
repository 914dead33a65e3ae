// How long messages and queries together may hold this thread before the sockets get their turn, and who goes on in the next.

import { type Client, Rotation } from "../policy/rotation.ts";

/** What one query sees of it. */
export interface Turn {
  /** The deadline, on the clock of performance.now(), of a slice of up to `sliceMs` that starts now. */
  deadline(sliceMs: number): number;
  /** Runs work now, or in a later turn when this one's time is spent or others wait already. */
  begin(work: () => void): void;
  /** Runs work in a later turn. */
  later(work: () => void): void;
}

/** Hundreds of connections may each have a share of one turn: so long after its time is spent, the rest waits. */
const LATE_MS = 20;

/**
 * A pipeline of questions is read in one turn of the event loop, and many short slices in one turn are a long one. So
 * all queries share each turn's time, and what is left waits, served in rotation, so that nobody waits for more than a turn
 * because of somebody else's pipeline. Bounded by what clients may have open.
 */
export class TurnBudget {
  /** Changes with every turn of the event loop in which somebody asked for it. */
  number = 0;
  private readonly turnMs: number;
  private endMs = 0;
  private isOpen = false;
  private isScheduled = false;
  private readonly waiting = new Rotation<() => void>();

  constructor(turnMs: number) {
    this.turnMs = turnMs;
  }

  /** The turn as the queries of one client see it. */
  of(client: Client): Turn {
    return {
      deadline: (sliceMs) => Math.min(this.open() + sliceMs, this.endMs),
      begin: (work) => {
        if (this.isFree()) work();
        else this.wait(client, work);
      },
      later: (work) => this.wait(client, work),
    };
  }

  /** May something begin at once? */
  isFree(): boolean {
    return this.waiting.size === 0 && !this.isSpent();
  }

  /** Is its time used up? */
  isSpent(): boolean {
    return this.open() > this.endMs;
  }

  /** Is it long past its end? Then whoever has not had a share yet waits as well. */
  isLate(): boolean {
    return this.open() > this.endMs + LATE_MS;
  }

  /** A turn is entered with the first message that is read in it. Cheap after that; answers the turn's number. */
  enter(): number {
    if (!this.isOpen) this.open();
    return this.number;
  }

  /** Answers the time. */
  private open(): number {
    const nowMs = performance.now();
    if (this.isOpen) return nowMs;
    this.isOpen = true;
    this.number++;
    this.endMs = nowMs + this.turnMs;
    this.schedule();
    return nowMs;
  }

  private wait(client: Client, work: () => void): void {
    this.waiting.add(client, work);
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.isOpen = false;
      this.serveWaiting();
    });
  }

  private serveWaiting(): void {
    while (this.waiting.size > 0) {
      if (this.isSpent()) return;
      this.waiting.next()?.();
    }
  }
}
