// The fair line: rotation among publishers, its two bounds, and tasks that are over at once.

import { expect, test } from "bun:test";
import { FairLine } from "../../src/admission/fair-line.ts";

const flooder = {};
const honest = {};

test("a publisher with one task waits for one task of a flood, not for all of it", () => {
  const line = new FairLine({ awayMax: 1, waitingMax: 100 });
  const done: string[] = [];
  for (let index = 0; index < 50; index++) line.offer(flooder, () => done.push(`flood ${index}`));
  line.offer(honest, () => done.push("honest"));
  expect(done).toEqual(["flood 0"]);
  for (let index = 0; index < 3; index++) line.done();
  expect(done).toEqual(["flood 0", "flood 1", "honest", "flood 2"]);
  expect(line.waiting).toBe(47);
});

test("the tasks of one publisher keep their order, and all of them run", () => {
  const line = new FairLine({ awayMax: 4, waitingMax: 1000 });
  const done: number[] = [];
  for (let index = 0; index < 500; index++) line.offer(flooder, () => done.push(index));
  while (done.length < 500) line.done();
  expect(done).toEqual(Array.from({ length: 500 }, (_, index) => index));
  expect(line.waiting).toBe(0);
});

test("more than may wait is refused, and is never run", () => {
  const line = new FairLine({ awayMax: 1, waitingMax: 2 });
  let ran = 0;
  const task = (): void => void ran++;
  expect([1, 2, 3, 4].map(() => line.offer(flooder, task))).toEqual([true, true, true, false]);
  for (let index = 0; index < 3; index++) line.done();
  expect(ran).toBe(3);
});

test("twenty thousand tasks that are over at once need no deep stack", () => {
  const line = new FairLine({ awayMax: 1, waitingMax: 20_000 });
  let ran = 0;
  line.offer(flooder, () => {});
  for (let index = 0; index < 20_000; index++)
    line.offer(flooder, () => {
      ran++;
      line.done();
    });
  line.done();
  expect(ran).toBe(20_000);
});
