// Shared turns: what does not fit waits for the next one, and clients are served in rotation.

import { expect, test } from "bun:test";
import { TurnBudget } from "../../src/query/turn-budget.ts";
import { NEIGHBOUR, SOMEBODY } from "../support/somebody.ts";

const turnOver = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function spend(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

test("work begins at once while the turn has time, and waits when it has none", async () => {
  const turn = new TurnBudget(3).of(SOMEBODY);
  const done: string[] = [];
  turn.begin(() => {
    done.push("first");
    spend(4);
  });
  turn.begin(() => done.push("second"));
  expect(done).toEqual(["first"]);
  expect(turn.deadline(100)).toBeLessThan(performance.now());
  await turnOver();
  await turnOver();
  expect(done).toEqual(["first", "second"]);
});

test("a deadline is never later than the turn's end", () => {
  const turn = new TurnBudget(50).of(SOMEBODY);
  const now = performance.now();
  expect(turn.deadline(10)).toBeLessThan(now + 49);
  expect(turn.deadline(1000)).toBeLessThan(now + 100);
});

test("one question waits for one of a pipeline, not for all of them", async () => {
  const budget = new TurnBudget(2);
  const [many, one] = [budget.of(SOMEBODY), budget.of(NEIGHBOUR)];
  const done: string[] = [];
  for (let index = 0; index < 20; index++)
    many.begin(() => {
      done.push("many");
      spend(3);
    });
  one.begin(() => done.push("one"));
  while (!done.includes("one")) await turnOver();
  expect(done.length).toBeLessThan(5);
  while (done.length < 21) await turnOver();
  expect(done.filter((name) => name === "many")).toHaveLength(20);
});
