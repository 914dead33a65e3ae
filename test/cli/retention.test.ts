// What `retention plan` tells, and that it moves nothing.

import { beforeAll, expect, test } from "bun:test";
import { Readable } from "node:stream";
import type { RetentionPlan } from "../../src/query/retention-plan.ts";
import { unsignedEvent } from "../support/events.ts";
import { runCommand } from "./run-command.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const data = temporaryFolder()("store");
const ALICE = "a".repeat(64);
const DAY = 86_400;
const NOW = Math.floor(Date.now() / 1000);
const BOUNDED = ["--data", data, "--cold.url", "http://127.0.0.1:1"];

beforeAll(async () => {
  const events = Array.from({ length: 400 }, (_, hours) =>
    unsignedEvent(ALICE, {
      kind: hours % 4 === 0 ? 7 : hours % 4 === 1 ? 30_023 : 1,
      created_at: NOW - hours * 3600 - 60,
      content: "x".repeat(2000),
      tags: [["d", `${hours}`]],
    }),
  );
  const input = Readable.from([Buffer.from(events.map(({ json }) => json).join("\n"))]);
  expect((await runCommand(["import", "--data", data, "--no-verify"], { input })).code).toBe(0);
});

async function plan(...words: string[]): Promise<RetentionPlan> {
  const { code, out } = await runCommand(["retention", "plan", "--json", ...BOUNDED, ...words]);
  expect(code).toBe(0);
  return JSON.parse(out) as RetentionPlan;
}

test("by age, kind by kind, without what never leaves", async () => {
  const given = await plan(
    "--hot.max_age_seconds",
    String(10 * DAY),
    "--hot.retain",
    `[{"kinds":[7],"max_age_seconds":${5 * DAY}}]`,
  );
  expect(given.byAge.map(({ kind, events }) => [kind, events])).toEqual([
    [1, 80],
    [7, 70],
  ]);
  expect([given.bySize, given.events]).toEqual([[], 150]);
  expect(given.bytes).toBeGreaterThan(150 * 2000);
  expect(given.usedBytesAfter).toBeLessThan(given.usedBytes);
});

test("by size, oldest first, as much as is needed", async () => {
  const { usedBytes } = await plan();
  const given = await plan("--hot.max_bytes", String(Math.floor(usedBytes * 0.75)));
  expect(given.byAge).toEqual([]);
  expect(given.bySize.map(({ kind }) => kind)).toEqual([1, 7]);
  expect(given.events).toBeGreaterThan(90);
  expect(given.events).toBeLessThan(110);
  const kept = await plan("--hot.max_bytes", "1", "--hot.retain", '[{"kinds":[1],"max_age_seconds":0}]');
  expect(kept.bySize.map(({ kind, events }) => [kind, events])).toEqual([[7, 100]]);
});

test("in words; without bounds it says so, and nothing has moved", async () => {
  const bounded = await runCommand(["retention", "plan", ...BOUNDED, "--hot.max_age_seconds", String(DAY)]);
  expect(bounded.out).toMatch(/by age +kind 1 +188 events +0\.\d MB\n/);
  expect(bounded.out).toMatch(/database +\d\.\d MB now, about \d\.\d MB afterwards\n/);
  const unbounded = await runCommand(["retention", "plan", "--data", data]);
  expect(unbounded.err).toContain("keeps everything");
  const { out } = await runCommand(["scan", "{}", "--count", "--data", data]);
  expect(out.trim()).toBe("400");
});
