// The bound on searches: so many at once, so many waiting, in order, and one more is refused at once.

import { expect, test } from "bun:test";
import { Lanes } from "../../src/cold/lanes.ts";

test("runs as many as it may, queues in order, and refuses beyond", async () => {
  const lanes = new Lanes({ requestsMax: 2, queueMax: 2 });
  const ends: (() => void)[] = [];
  const started: number[] = [];
  const enter = (name: number): Promise<number> | undefined =>
    lanes.enter(() => {
      started.push(name);
      return new Promise((resolve) => ends.push(() => resolve(name)));
    });
  const running = [1, 2, 3, 4].map((name) => enter(name)!);
  expect(enter(5)).toBeUndefined();
  expect(started).toEqual([1, 2]);
  expect(lanes.depth).toBe(2);
  ends[1]!();
  expect(await running[1]).toBe(2);
  await Bun.sleep(0);
  expect(started).toEqual([1, 2, 3]);
  for (const end of [0, 2]) ends[end]!();
  await Bun.sleep(0);
  ends[3]!();
  expect(await Promise.all(running)).toEqual([1, 2, 3, 4]);
  expect(lanes.depth).toBe(0);
});

test("a failure gives its lane back", async () => {
  const lanes = new Lanes({ requestsMax: 1, queueMax: 1 });
  await lanes.enter(() => Promise.reject(new Error("no")))!.catch(() => undefined);
  expect(await lanes.enter(() => Promise.resolve("yes"))).toBe("yes");
});
