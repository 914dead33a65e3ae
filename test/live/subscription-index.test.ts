// Filters of thousands of values: filed and taken out in slices, and exact at every moment in between.

import { expect, test } from "bun:test";
import { prepareMatcher } from "../../src/live/matcher.ts";
import { LiveSubscription } from "../../src/live/subscription.ts";
import { SubscriptionIndex } from "../../src/live/subscription-index.ts";
import { type Filter, matchesFilter } from "../../src/nostr/filter.ts";
import { prng, testSeed } from "../support/prng.ts";
import { AUTHORS, pick, randomEvent, randomFilter } from "../support/random-filter.ts";

const NO_SINK = { keys: new Set<string>(), push: () => {}, joinTopic: () => false, leaveTopic: () => {} };
const turnOver = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function hexes(count: number): string[] {
  return Array.from({ length: count }, (_, index) => index.toString(16).padStart(64, "0"));
}

/** The same filter among thousands of values that nothing has. */
function inCrowd(filter: Filter, crowd: readonly string[]): Filter {
  return {
    ...filter,
    ...(filter.authors === undefined ? {} : { authors: [...crowd, ...filter.authors] }),
    ...(filter.kinds === undefined
      ? {}
      : { kinds: [...crowd.map((_, index) => 50_000 + index), ...filter.kinds] }),
    tags: filter.tags.map((tag) =>
      tag.mode === "all" ? tag : { ...tag, values: [...crowd, ...tag.values] },
    ),
  };
}

const seed = testSeed();

test(`large filters match as they mean, whenever they are asked (seed ${seed})`, async () => {
  const random = prng(seed);
  const index = new SubscriptionIndex();
  const open = new Map<LiveSubscription, readonly Filter[]>();
  for (let step = 0; step < 400; step++) {
    const dice = random();
    if (dice < 0.15) {
      const crowd = hexes(random() < 0.3 ? 10 : Math.floor(random() * 6000));
      const filters = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
        inCrowd(randomFilter(random), crowd),
      );
      const matchers = filters.map((filter) => prepareMatcher(filter));
      const subscription = new LiveSubscription(`${step}`, NO_SINK, matchers);
      index.add(subscription);
      open.set(subscription, filters);
    } else if (dice < 0.25 && open.size > 0) {
      const leaving = pick(random, [...open.keys()]);
      index.remove(leaving);
      open.delete(leaving);
    } else if (dice < 0.5) {
      await turnOver();
    } else {
      const { event } = randomEvent(random);
      const heard: LiveSubscription[] = [];
      index.forEachMatch(event, (subscription) => heard.push(subscription));
      const expected = [...open].filter(([, filters]) => filters.some((each) => matchesFilter(each, event)));
      expect(heard.map(({ id }) => id).sort()).toEqual(expected.map(([{ id }]) => id).sort());
    }
  }
  for (const subscription of open.keys()) index.remove(subscription);
  for (let turns = 0; index.unsettled > 0 && turns < 10_000; turns++) await turnOver();
  expect([index.size, index.unsettled, index.keys]).toEqual([0, 0, 0]);
});

test("a large filter is filed over several turns, and more than may wait is filed at once", async () => {
  const index = new SubscriptionIndex();
  const add = (count: number): void => {
    const filter: Filter = { authors: [...AUTHORS, ...hexes(count)], tags: [] };
    index.add(new LiveSubscription(`${index.size}`, NO_SINK, [prepareMatcher(filter)]));
  };
  add(5000);
  expect([index.unsettled, index.keys]).toEqual([1, 0]);
  for (let turns = 0; index.unsettled > 0 && turns < 100; turns++) await turnOver();
  expect([index.unsettled, index.keys]).toEqual([0, 5006]);
  for (let added = 0; added < 41; added++) add(5000);
  expect(index.unsettled).toBe(40);
});
