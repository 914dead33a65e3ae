// What /metrics says of the cold store: how far it is, what it refused, and that it does not answer.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TestClient } from "../support/client.ts";
import { keypair, signed } from "../support/events.ts";
import { FaultProxy, POISON } from "../support/fault-proxy.ts";
import { describeWithOpenSearch, ownPrefix } from "../support/opensearch.ts";
import { TestRelay } from "../support/test-relay.ts";

const ALICE = keypair(7500);
const CREATED_AT = 1_700_000_000;

describeWithOpenSearch("gauges of the cold store", (url) => {
  const proxy = new FaultProxy(url);
  let relay: TestRelay;
  let client: TestClient;
  let published = 0;

  beforeAll(async () => {
    relay = await TestRelay.start({
      config: { search: { enabled: true }, cold: { url: proxy.url, index_prefix: ownPrefix() } },
    });
    client = await relay.connect();
  });

  afterAll(async () => {
    await relay.stop();
    proxy.stop();
  });

  async function gauges(): Promise<Record<string, number>> {
    const lines = (await relay.relay.metrics.exposition()).split("\n");
    const shown = lines.filter((line) => line.startsWith("thermocline_cold_"));
    return Object.fromEntries(
      shown
        .map((line) => line.slice("thermocline_cold_".length).split(" "))
        .map(([name, value]) => [name, Number(value)]),
    );
  }

  /** Asks until the gauges named are as told; the test's own limit ends it. */
  async function gaugesReach(wanted: Record<string, number>): Promise<void> {
    for (;;) {
      const shown = await gauges();
      if (Object.entries(wanted).every(([name, value]) => shown[name] === value)) return;
      await Bun.sleep(50);
    }
  }

  async function publish(content: string): Promise<void> {
    const event = signed(ALICE, { content, created_at: CREATED_AT + published++ });
    expect(await client.publish(event)).toEqual([true, ""]);
  }

  test("level, one event refused, no answer, and level again", async () => {
    await publish("a calm harbour");
    await gaugesReach({ up: 1, lag_entries: 0, dead_letters: 0 });
    expect(await gauges()).toEqual({
      up: 1,
      lag_entries: 0,
      lag_seconds: 0,
      dead_letters: 0,
      lost_events: 0,
    });

    // In its full and in its reduced form.
    const poisoned = `"created_at":${CREATED_AT + published}`;
    proxy.fault = ({ path }) =>
      path.startsWith("/_bulk")
        ? { type: "items", fails: (_, document) => (document.includes(poisoned) ? POISON : undefined) }
        : undefined;
    await publish("a storm");
    await gaugesReach({ up: 1, lag_entries: 0, dead_letters: 1 });

    proxy.fault = () => ({ type: "reset", when: "before" });
    await publish("nobody answers");
    await gaugesReach({ up: 0, lag_entries: 1, dead_letters: 1 });

    proxy.fault = () => undefined;
    await gaugesReach({ up: 1, lag_entries: 0, lag_seconds: 0, dead_letters: 1 });
  }, 60_000);
});
