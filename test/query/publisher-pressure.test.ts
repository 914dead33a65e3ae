// Who has the machine: publishers saturate it when they are many and nothing of it is left over.

import { expect, test } from "bun:test";
import { PublisherPressure } from "../../src/query/publisher-pressure.ts";

function setUp() {
  const world = { now: 0, seq: 0, idle: 0, total: 0 };
  const pressure = new PublisherPressure({
    lastSeq: () => world.seq,
    now: () => world.now,
    processors: () => ({ idle: world.idle, total: world.total }),
  });
  /** So many events came in a second, which left this share of two processors idle. */
  const second = (events: number, idleShare: number) => {
    world.now += 1000;
    world.seq += events;
    world.total += 2000;
    world.idle += 2000 * idleShare;
    if (events > 0) pressure.committed();
    return pressure.level();
  };
  return { world, pressure, second };
}

test("a pace that leaves something over is served, and what uses all of it saturates", () => {
  const { second } = setUp();
  expect(second(0, 0.9)).toBe("idle");
  expect(second(10, 0.9)).toBe("served");
  expect(second(20_000, 0)).toBe("saturating");
  expect(second(20_000, 0.6)).toBe("served");
  expect(second(3000, 0)).toBe("served");
  expect(second(0, 0)).toBe("idle");
});

test("it is told apart twice a second, and forgotten when nobody publishes any more", () => {
  const { world, pressure, second } = setUp();
  expect(second(20_000, 0)).toBe("saturating");
  world.now += 50;
  expect(pressure.level()).toBe("saturating");
  world.now += 50;
  expect(pressure.level()).toBe("idle");
});
