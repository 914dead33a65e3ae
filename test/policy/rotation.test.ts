// The rotation against a plain list of everything that waits, and what it keeps of what was taken.

import { expect, test } from "bun:test";
import { type Client, Rotation } from "../../src/policy/rotation.ts";
import { prng, testSeed } from "../support/prng.ts";
import { pick } from "../support/random-filter.ts";
import { SOMEBODY } from "../support/somebody.ts";

test("nothing that was taken is kept for a client who always has something waiting", () => {
  const rotation = new Rotation<object>();
  const taken: WeakRef<object>[] = [];
  rotation.add(SOMEBODY, {});
  for (let index = 0; index < 10_000; index++) {
    rotation.add(SOMEBODY, {});
    taken.push(new WeakRef(rotation.next()!));
  }
  Bun.gc(true);
  expect(rotation.size).toBe(1);
  // Some may still be named by the stack, or by what the rotation has not cut off yet.
  expect(taken.filter((ref) => ref.deref() !== undefined).length).toBeLessThan(500);
});

const seed = testSeed();

test(`each address and each connection in its turn, first come first served (seed ${seed})`, () => {
  const random = prng(seed);
  const clients: Client[] = [1, 2, 3, 4, 5].map((connection) => ({
    address: `address ${connection % 2}`,
    connection,
  }));
  const rotation = new Rotation<number>();
  let waiting: { readonly client: Client; readonly item: number; readonly weight: number }[] = [];
  /** Who was served when, so that whoever waited longest since then comes next. */
  const turns = new Map<string | number, number>();
  const joined = (name: string | number, others: number): void => {
    if (others === 0) turns.set(name, ++clock);
  };
  let clock = 0;
  for (let item = 0; item < 20_000; item++) {
    if (random() < (item % 2000 < 1000 ? 0.6 : 0.4)) {
      const client = pick(random, clients);
      const weight = 1 + Math.floor(random() * 3);
      joined(client.address, waiting.filter((one) => one.client.address === client.address).length);
      joined(client.connection, waiting.filter((one) => one.client === client).length);
      rotation.add(client, item, weight);
      waiting.push({ client, item, weight });
    } else {
      const address = firstOf(turns, new Set(waiting.map((one) => one.client.address)));
      const here = waiting.filter((one) => one.client.address === address);
      const connection = firstOf(turns, new Set(here.map((one) => one.client.connection)));
      const expected = here.find((one) => one.client.connection === connection);
      expect(rotation.next()).toBe(expected?.item as number);
      waiting = waiting.filter((one) => one !== expected);
      if (address !== undefined) turns.set(address, ++clock);
      if (connection !== undefined) turns.set(connection, ++clock);
    }
    expect(rotation.size).toBe(waiting.length);
    expect(rotation.weight).toBe(waiting.reduce((sum, { weight }) => sum + weight, 0));
  }
});

function firstOf<Name extends string | number>(
  turns: ReadonlyMap<string | number, number>,
  names: ReadonlySet<Name>,
): Name | undefined {
  return [...names].sort((a, b) => turns.get(a)! - turns.get(b)!)[0];
}
