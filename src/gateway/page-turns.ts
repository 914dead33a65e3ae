// Requests for pages in turns with queries: pipelined ones would keep every WebSocket waiting.

import type { TurnBudget } from "../query/turn-budget.ts";

type PageAnswer = Response | Promise<Response>;

/** Requests that may wait for their turn. */
const WAITING_MAX = 1000;
/** Under this number wait the pages that an address asks for. */
export const NO_CONNECTION = 0;

export class PageTurns {
  private readonly turn: TurnBudget;
  private waiting = 0;

  constructor(turn: TurnBudget) {
    this.turn = turn;
  }

  /** Requests that wait for their turn. */
  get depth(): number {
    return this.waiting;
  }

  get depthMax(): number {
    return WAITING_MAX;
  }

  /** Answers in its address's turn, at once while there is time; undefined where too many wait. */
  answer(address: string, page: () => PageAnswer): PageAnswer | undefined {
    if (this.turn.isFree()) return page();
    if (this.waiting >= WAITING_MAX) return undefined;
    this.waiting++;
    return new Promise((resolve) => {
      this.turn.of({ address, connection: NO_CONNECTION }).later(() => {
        this.waiting--;
        resolve(page());
      });
    });
  }
}
