// Connections that end: what they held is given back, and nobody waits while it is.

import { afterEach, expect, setSystemTime, test } from "bun:test";
import { Gateway, type GatewayOptions, type GatewayPorts } from "../../src/gateway/gateway.ts";
import { Session, type SessionOptions } from "../../src/gateway/session.ts";
import type { RelaySocket } from "../../src/gateway/socket.ts";
import { prepareMatcher } from "../../src/live/matcher.ts";
import { LiveSubscription } from "../../src/live/subscription.ts";
import { SOMEBODY } from "../support/somebody.ts";

const SUBSCRIPTIONS = 100;

const socket = { send: () => 1, cork: (work: () => void) => work() } as unknown as RelaySocket;

afterEach(() => void setSystemTime());

test("whoever sent too much that is invalid is heard again after a while, also where the clock is set back", async () => {
  const options = { invalidEventsPerMinuteMax: 60_000, turnOf: () => ({}) } as unknown as SessionOptions;
  const session = new Session(socket, SOMEBODY, options);
  for (let index = 0; index <= 60_100; index++) session.foundInvalid();
  setSystemTime(Date.now() - 3_600_000);
  session.foundInvalid();
  while (!session.mayBeVerified()) await Bun.sleep(1);
});

test("a connection joins a thousand topics and no more, and may join others for those that it leaves", () => {
  const joined = new Set<string>();
  const rider = {
    ...socket,
    subscribe: (topic: string) => void joined.add(topic),
    unsubscribe: (topic: string) => void joined.delete(topic),
  };
  const options = { hasTopics: true, turnOf: () => ({}) } as unknown as SessionOptions;
  const session = new Session(rider, SOMEBODY, options);
  const joins = Array.from({ length: 1500 }, (_, index) => session.joinTopic(`1 s${index}`));
  expect(joins.filter(Boolean)).toHaveLength(1000);
  session.leaveTopic("1 s7");
  expect(session.joinTopic("1 other")).toBe(true);
  expect(joined.size).toBe(1000);
});

test("many subscriptions of a connection that is gone are taken out over several turns, and all of them", async () => {
  let removed = 0;
  const options = { limits: { queryBudgetMs: 0, messageBytesMax: 1 }, challengeOnConnect: false };
  const ports = {
    live: { remove: () => void removed++ },
    meters: { opened: () => {}, closed: () => {} },
  };
  const gateway = new Gateway(options as unknown as GatewayOptions, ports as unknown as GatewayPorts);
  const session = gateway.open(socket, "192.0.2.1", true);
  for (let index = 0; index < SUBSCRIPTIONS; index++) {
    const live = new LiveSubscription(`s${index}`, session, [prepareMatcher({ kinds: [1], tags: [] })]);
    expect(gateway.held.reserve(session, live.weight)).toBeUndefined();
    gateway.addRequest(session, { live });
  }
  expect(session.held).toBeGreaterThan(0);
  gateway.closed(session, 1006);
  expect(removed).toBeLessThan(SUBSCRIPTIONS);
  for (let turns = 0; turns < SUBSCRIPTIONS && removed < SUBSCRIPTIONS; turns++) await Bun.sleep(0);
  expect(removed).toBe(SUBSCRIPTIONS);
  expect([session.requests.size, session.held]).toEqual([0, 0]);
});
