// What a scrape of a running relay shows: a number for everything that is declared.

import { expect, test } from "bun:test";
import { keypair, signed } from "../support/events.ts";
import { TestRelay } from "../support/test-relay.ts";

/** What a relay without OpenSearch does not have. */
const ABSENT = ["up", "lag_entries", "lag_seconds", "dead_letters", "lost_events"].map(
  (name) => `thermocline_cold_${name}`,
);

test("every metric that is declared has a value", async () => {
  const relay = await TestRelay.start({ config: { search: { enabled: true } } });
  try {
    const client = await relay.connect();
    expect(await client.publish(signed(keypair(1), { content: "counted" }))).toEqual([true, ""]);
    const lines = (await relay.relay.metrics.exposition()).split("\n");
    const declared = lines.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []);
    const isShown = (name: string): boolean =>
      lines.some((line) => line.startsWith(name) && /^(?:_sum|\{.*\})? /.test(line.slice(name.length)));
    expect(declared.filter((name) => !isShown(name))).toEqual(ABSENT);
    expect(lines).toContain("thermocline_commit_events_sum 1");
    expect(lines).toContain("thermocline_events_stored 1");
    expect(lines).toContain("thermocline_tail_events 1");
    expect(lines.find((line) => line.startsWith("thermocline_info"))).toContain('search="sqlite"');
    expect(lines.filter((line) => line.startsWith("thermocline_channel_depth_max{")).length).toBe(9);
  } finally {
    await relay.stop();
  }
});
