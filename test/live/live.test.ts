// Live delivery against the plain meaning of filters: random subscriptions and events, with and without native topics.

import { describe, expect, test } from "bun:test";
import type { StoredEvent } from "../../src/hot/contract.ts";
import { Live } from "../../src/live/live.ts";
import { prepareMatcher } from "../../src/live/matcher.ts";
import { type LiveSink, LiveSubscription } from "../../src/live/subscription.ts";
import type { VerifiedEvent } from "../../src/nostr/event.ts";
import { type Filter, matchesFilter } from "../../src/nostr/filter.ts";
import { mayRead } from "../../src/policy/read.ts";
import { prng, testSeed } from "../support/prng.ts";
import { AUTHORS, pick, randomEvent, randomFilter } from "../support/random-filter.ts";
import { unsignedEvent } from "../support/events.ts";

/** A connection that sends what is pushed with the next flush, and a runtime whose topics deliver at once. */
class FakeSink implements LiveSink {
  readonly frames: string[] = [];
  private outbox: string[] = [];
  readonly keys = new Set<string>();
  readonly topics = new Set<string>();
  readonly hasTopics: boolean;
  constructor(hasTopics: boolean) {
    this.hasTopics = hasTopics;
  }
  push(frame: string): void {
    this.outbox.push(frame);
  }
  flush(): void {
    this.frames.push(...this.outbox);
    this.outbox = [];
  }
  joinTopic(topic: string): boolean {
    if (this.hasTopics) this.topics.add(topic);
    return this.hasTopics;
  }
  leaveTopic(topic: string): void {
    this.topics.delete(topic);
  }
}

function liveWith(sinks: FakeSink[], overflowed: (subscription: LiveSubscription) => void = () => {}): Live {
  return new Live({
    publish: (topic, frame) => {
      for (const sink of sinks) if (sink.topics.has(topic)) sink.frames.push(frame);
    },
    now: () => 5000,
    stands: () => true,
    overflowed,
    flush: () => {
      for (const sink of sinks) sink.flush();
    },
  });
}

let seq = 0;
function stored({ event, json }: VerifiedEvent): StoredEvent {
  return { seq: ++seq, createdAt: event.created_at, kind: event.kind, expiresAt: 0, json, event };
}

function subscribe(live: Live, sink: FakeSink, id: string, filters: Filter[]): LiveSubscription {
  const subscription = new LiveSubscription(
    id,
    sink,
    filters.map((filter) => prepareMatcher(filter)),
  );
  subscription.phase = "live";
  live.add(subscription);
  return subscription;
}

const seed = testSeed();

describe(`live delivery equals matchesFilter (seed ${seed})`, () => {
  test("random subscriptions, closed and opened between events", () => {
    const random = prng(seed);
    for (let round = 0; round < 30; round++) {
      const sinks = Array.from({ length: 4 }, () => new FakeSink(random() < 0.7));
      for (const sink of sinks) if (random() < 0.5) sink.keys.add(pick(random, AUTHORS));
      const live = liveWith(sinks);
      const open: { sink: FakeSink; filters: Filter[]; subscription: LiveSubscription; expected: number }[] =
        [];
      for (let step = 0; step < 60; step++) {
        if (random() < 0.4) {
          const filters = Array.from({ length: 1 + Math.floor(random() * 3) }, () => randomFilter(random));
          const sink = pick(random, sinks);
          const id = pick(random, ["a", "b", 'c"\\']);
          const old = open.findIndex((one) => one.sink === sink && one.subscription.id === id);
          if (old !== -1) live.remove(open.splice(old, 1)[0]!.subscription);
          open.push({ sink, filters, subscription: subscribe(live, sink, id, filters), expected: 0 });
        } else if (random() < 0.15 && open.length > 0) {
          live.remove(open.splice(Math.floor(random() * open.length), 1)[0]!.subscription);
        } else {
          const event = stored(randomEvent(random));
          const before = sinks.map((sink) => sink.frames.length);
          live.publish([event]);
          for (const [index, sink] of sinks.entries()) {
            const expected = open
              .filter((one) => one.sink === sink)
              .filter((one) => one.filters.some((filter) => matchesFilter(filter, event.event)))
              .filter(() => mayRead(event, sink.keys, 5000))
              .map((one) => `["EVENT",${JSON.stringify(one.subscription.id)},${event.json}]`);
            expect(sink.frames.slice(before[index]).sort()).toEqual(expected.sort());
          }
        }
      }
      expect(live.subscriptions).toBe(open.length);
      for (const one of open) live.remove(one.subscription);
      expect(live.subscriptions).toBe(0);
      expect(sinks.every((sink) => sink.topics.size === 0)).toBe(true);
    }
  });
});

test("an event older than one filter's since is not overtaken by the next one, which is published", () => {
  const sink = new FakeSink(true);
  const live = liveWith([sink]);
  subscribe(live, sink, "s", [
    { kinds: [6], since: 1000, tags: [] },
    { kinds: [1], tags: [] },
  ]);
  const older = stored(unsignedEvent(AUTHORS[0]!, { kind: 1, created_at: 900, content: "older" }));
  const newer = stored(unsignedEvent(AUTHORS[0]!, { kind: 6, created_at: 1100, content: "newer" }));
  live.publish([older, newer]);
  expect(sink.frames).toEqual([older, newer].map((event) => `["EVENT","s",${event.json}]`));
});

describe("hand-over", () => {
  const note = (created_at = 2000) =>
    stored(unsignedEvent(AUTHORS[0]!, { kind: 1, created_at, content: String(seq) }));

  test("events during the stored phase are held and pushed at release, in order and once", () => {
    const sink = new FakeSink(true);
    const live = liveWith([sink]);
    const subscription = new LiveSubscription("s", sink, [prepareMatcher({ kinds: [1], tags: [] })]);
    live.add(subscription);
    const [first, second, third] = [note(), note(), note()];
    live.publish([first!, second!]);
    expect(sink.frames).toEqual([]);
    live.release(subscription);
    expect(sink.frames).toEqual([first, second].map((event) => `["EVENT","s",${event!.json}]`));
    expect([...sink.topics]).toEqual(["1 s"]);
    live.publish([third!]);
    expect(sink.frames.length).toBe(3);
  });

  test("what expires while it is held is not pushed", () => {
    const sink = new FakeSink(false);
    let now = 100;
    const live = new Live({
      publish: () => {},
      now: () => now,
      stands: () => true,
      overflowed: () => {},
      flush: () => {},
    });
    const subscription = new LiveSubscription("s", sink, [prepareMatcher({ kinds: [1], tags: [] })]);
    live.add(subscription);
    live.publish([{ ...note(), expiresAt: 150 }]);
    now = 150;
    live.release(subscription);
    expect(sink.frames).toEqual([]);
  });

  test("what expires on its way to the disk is told to nobody", () => {
    const sinks = [new FakeSink(true), new FakeSink(false)];
    const live = liveWith(sinks);
    for (const sink of sinks) subscribe(live, sink, "s", [{ kinds: [1], tags: [] }]);
    const [brief, lasting] = [note(), note()];
    live.publish([
      { ...brief, expiresAt: 5000 },
      { ...lasting, expiresAt: 5001 },
    ]);
    expect(sinks.map(({ frames }) => frames)).toEqual(sinks.map(() => [`["EVENT","s",${lasting.json}]`]));
  });

  test("nothing is left of a reader who is let go because what was held is too much for it", () => {
    const sink = new FakeSink(false);
    const live: Live = new Live({
      publish: () => {},
      now: () => 5000,
      stands: () => true,
      overflowed: () => {},
      flush: () => live.remove(subscription),
    });
    const subscription = new LiveSubscription("s", sink, [prepareMatcher({ kinds: [1], tags: [] })]);
    live.add(subscription);
    live.release(subscription);
    expect(live.subscriptions).toBe(0);
  });

  test("too much during the stored phase ends the subscription instead of growing", () => {
    const sink = new FakeSink(false);
    const overflowed: string[] = [];
    const live = liveWith([sink], (subscription) => overflowed.push(subscription.id));
    live.add(new LiveSubscription("slow", sink, [prepareMatcher({ kinds: [1], tags: [] })]));
    const event = note();
    for (let i = 0; i <= 10_000; i++) live.publish([event]);
    expect(overflowed).toEqual(["slow"]);
    expect(live.subscriptions).toBe(0);
  });

  test("a late event older than one rider's since reaches the others only", () => {
    const [early, late] = [new FakeSink(true), new FakeSink(true)];
    const live = liveWith([early, late]);
    subscribe(live, early, "s", [{ kinds: [1], tags: [], since: 1000 }]);
    subscribe(live, late, "s", [{ kinds: [1], tags: [], since: 3000 }]);
    live.publish([note(2000)]);
    expect([early.frames.length, late.frames.length]).toEqual([1, 0]);
    live.publish([note(3000)]);
    expect([early.frames.length, late.frames.length]).toEqual([2, 1]);
  });

  test("private kinds never ride topics, and reach their recipients only", () => {
    const sink = new FakeSink(true);
    const live = liveWith([sink]);
    subscribe(live, sink, "s", [{ kinds: [1, 1059], tags: [] }]);
    expect(sink.topics.size).toBe(0);
    const wrap = stored(unsignedEvent(AUTHORS[0]!, { kind: 1059, tags: [["p", AUTHORS[1]!]] }));
    live.publish([wrap]);
    expect(sink.frames).toEqual([]);
    sink.keys.add(AUTHORS[1]!);
    live.publish([wrap]);
    expect(sink.frames.length).toBe(1);
  });
});

test("few subscriptions wait to be filed: thousands at once would hold up the next event", () => {
  const sink = new FakeSink(true);
  const live = liveWith([sink]);
  const kinds = Array.from({ length: 60 }, (_, kind) => kind + 1).filter((kind) => kind !== 4 && kind !== 13);
  for (let index = 0; index < 1000; index++) subscribe(live, sink, `s${index}`, [{ kinds, tags: [] }]);
  expect(sink.topics.size).toBeGreaterThan(600 * kinds.length);
  expect(live.subscriptions).toBe(1000);
  live.publish([stored(unsignedEvent("a".repeat(64), { kind: 1 }))]);
  expect(sink.frames).toHaveLength(1000);
});
