// The frame fuzzer against the relay, for a short while; and against canaries, which it must all see through.

import { afterAll, expect, test } from "bun:test";
import { Ground } from "../faults/relay-process.ts";
import { testSeed } from "../support/prng.ts";
import { PLANTED_FAULTS, serveCanary } from "./canary.ts";
import { FUZZED_SETTINGS, fuzzFrames } from "./frames.ts";

const MS = process.env["LONG_TESTS"] === "1" ? 20_000 : 400;
const seed = testSeed();
const ground = new Ground();
afterAll(async () => ground.clear());

test(`one answer for every frame, and nothing that is not right (seed ${seed})`, async () => {
  const relay = ground.relay({ data: ground.path("data"), settings: FUZZED_SETTINGS });
  const url = await relay.ready();
  const endMs = Date.now() + MS;
  const { violations, frames } = await fuzzFrames({ url, seed, until: () => Date.now() > endMs });
  expect(violations).toEqual([]);
  expect(frames).toBeGreaterThan(100);
  relay.signal("SIGTERM");
  const { code, err } = await relay.ended();
  expect([code, err, ...relay.warnings()]).toEqual([0, ""]);
}, 60_000);

test("a relay without faults passes", async () => {
  const canary = serveCanary(undefined);
  const { violations } = await fuzzFrames({ url: canary.url, seed, until: () => true });
  await canary.stop();
  expect(violations).toEqual([]);
});

test("every canary is found out", async () => {
  const found = await Promise.all(
    PLANTED_FAULTS.map(async (fault) => {
      const canary = serveCanary(fault);
      const { violations } = await fuzzFrames({ url: canary.url, seed, until: () => true, settleMs: 150 });
      await canary.stop();
      return violations.length > 0 ? fault : `missed: ${fault}`;
    }),
  );
  expect(found).toEqual([...PLANTED_FAULTS]);
});
