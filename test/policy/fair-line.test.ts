// The fair line: rotation among publishers, its two bounds, and tasks that are over at once.

import { expect, test } from "bun:test";
import { FairLine } from "../../src/policy/fair-line.ts";
import type { Client } from "../../src/policy/rotation.ts";
import { NEIGHBOUR as honest, SOMEBODY as flooder, STRANGER } from "../support/somebody.ts";

const never = (): void => {
  throw new Error("dropped");
};

test("a publisher with one task waits for one task of a flood, not for all of it", () => {
  const line = new FairLine({ awayMax: 1, waitingMax: 100 });
  const done: string[] = [];
  for (let index = 0; index < 50; index++) line.offer(flooder, () => done.push(`flood ${index}`), never);
  line.offer(honest, () => done.push("honest"), never);
  expect(done).toEqual(["flood 0"]);
  for (let index = 0; index < 3; index++) line.done();
  expect(done).toEqual(["flood 0", "flood 1", "honest", "flood 2"]);
  expect(line.waiting).toBe(47);
});

test("many connections of one address wait for each other, and nobody else for all of them", () => {
  const line = new FairLine({ awayMax: 1, waitingMax: 1000 });
  const done: string[] = [];
  for (let connection = 10; connection < 60; connection++)
    line.offer({ address: "203.0.113.9", connection }, () => done.push("crowd"), never);
  line.offer(STRANGER, () => done.push("stranger"), never);
  for (let index = 0; index < 2; index++) line.done();
  expect(done).toEqual(["crowd", "crowd", "stranger"]);
});

test("where too many wait, whoever has the most of them makes room for others", () => {
  const line = new FairLine({ awayMax: 1, waitingMax: 10 });
  const done: string[] = [];
  const dropped: string[] = [];
  const offer = (client: Client, name: string): void =>
    line.offer(
      client,
      () => done.push(name),
      () => dropped.push(name),
    );
  for (let index = 0; index < 11; index++) offer(flooder, `flood ${index}`);
  offer(honest, "neighbour");
  offer(STRANGER, "stranger");
  offer(flooder, "flood 11");
  expect(dropped).toEqual(["flood 10", "flood 9", "flood 11"]);
  while (line.waiting > 0) line.done();
  expect(done.slice(0, 4)).toEqual(["flood 0", "flood 1", "stranger", "neighbour"]);
  expect(done).toHaveLength(11);
});

test("the tasks of one publisher keep their order, and all of them run", () => {
  const line = new FairLine({ awayMax: 4, waitingMax: 1000 });
  const done: number[] = [];
  for (let index = 0; index < 500; index++) line.offer(flooder, () => done.push(index), never);
  while (done.length < 500) line.done();
  expect(done).toEqual(Array.from({ length: 500 }, (_, index) => index));
  expect(line.waiting).toBe(0);
});

test("more than may wait is refused, and is never run", () => {
  const line = new FairLine({ awayMax: 1, waitingMax: 2 });
  let [ran, dropped] = [0, 0];
  for (let index = 0; index < 4; index++)
    line.offer(
      flooder,
      () => ran++,
      () => dropped++,
    );
  for (let index = 0; index < 3; index++) line.done();
  expect([ran, dropped]).toEqual([3, 1]);
});

test("twenty thousand tasks that are over at once need no deep stack", () => {
  const line = new FairLine({ awayMax: 1, waitingMax: 20_000 });
  let ran = 0;
  line.offer(flooder, () => {}, never);
  for (let index = 0; index < 20_000; index++)
    line.offer(
      flooder,
      () => {
        ran++;
        line.done();
      },
      never,
    );
  line.done();
  expect(ran).toBe(20_000);
});
