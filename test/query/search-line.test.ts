// The line of searches: rotation among clients, and nothing is searched for those who have left.

import { expect, test } from "bun:test";
import type { SearchTask } from "../../src/query/fulltext-protocol.ts";
import type { RankedHits } from "../../src/query/ranked-search.ts";
import { type LinedUp, SearchLine } from "../../src/query/search-line.ts";
import type { Client } from "../../src/policy/rotation.ts";
import { NEIGHBOUR, SOMEBODY, STRANGER } from "../support/somebody.ts";

const NOTHING: RankedHits = { hits: [], complete: true };

/** Searches are known by their limits here, and answered when a test says so. */
class Desk implements LinedUp {
  readonly begun: number[] = [];
  private readonly open: (() => void)[] = [];

  search({ limit }: SearchTask): Promise<RankedHits> {
    this.begun.push(limit);
    return new Promise((resolve) => this.open.push(() => resolve(NOTHING)));
  }

  count({ limit }: SearchTask): Promise<{ count: number; exact: boolean }> {
    this.begun.push(limit);
    return new Promise((resolve) => this.open.push(() => resolve({ count: 0, exact: true })));
  }

  async answerNext(): Promise<void> {
    this.open.shift()!();
    await Bun.sleep(0);
  }
}

const task = (limit: number): SearchTask => ({ limit }) as SearchTask;
const waitsFor = (client: Client) => ({ client, isGone: () => false });

test("one search waits for one of somebody's hundreds, whichever connections these come by", async () => {
  const desk = new Desk();
  const line = new SearchLine(desk, { awayMax: 1, waitingMax: 1000 });
  for (let limit = 0; limit < 200; limit++)
    void line.search(task(limit), waitsFor(limit % 2 === 0 ? SOMEBODY : NEIGHBOUR));
  void line.search(task(1000), waitsFor(STRANGER));
  void line.count(task(1001), waitsFor(STRANGER));
  for (let answered = 0; answered < 4; answered++) await desk.answerNext();
  expect(desk.begun.filter((limit) => limit >= 1000)).toEqual([1000, 1001]);
});

test("what was closed meanwhile is not searched for, and takes nobody's turn", async () => {
  const desk = new Desk();
  const line = new SearchLine(desk, { awayMax: 1, waitingMax: 1000 });
  void line.search(task(0), waitsFor(SOMEBODY));
  const closed = line.search(task(1), { client: SOMEBODY, isGone: () => true });
  void line.search(task(2), waitsFor(SOMEBODY));
  await desk.answerNext();
  expect(await closed).toMatchObject({ prefix: "error" });
  await Bun.sleep(0);
  expect(desk.begun).toEqual([0, 2]);
});

test("where too many wait, those of whoever has the most are refused", async () => {
  const line = new SearchLine(new Desk(), { awayMax: 1, waitingMax: 2 });
  void line.search(task(0), waitsFor(SOMEBODY));
  void line.search(task(1), waitsFor(SOMEBODY));
  const last = line.search(task(2), waitsFor(SOMEBODY));
  void line.search(task(3), waitsFor(STRANGER));
  expect(await last).toMatchObject({ prefix: "rate-limited" });
  expect(line.depth).toBe(2);
});
