// What the doctor makes of an OpenSearch that is full, blocked or behind.

import { expect, test } from "bun:test";
import {
  blocksFinding,
  checkColdStore,
  diskFinding,
  lagFinding,
} from "../../src/cli/diagnosis/cold-store.ts";
import { defaultConfig } from "../../src/config/load.ts";

test("the disk: room, nearly full, past the mark where writing stops", () => {
  expect(diskFinding(89).state).toBe("ok");
  expect(diskFinding(90)).toMatchObject({
    state: "warn",
    remedy: expect.stringContaining("free some space"),
  });
  expect(diskFinding(95)).toMatchObject({ state: "fail", found: expect.stringContaining("blocks writing") });
});

test("blocks: none, by a full disk, by an operator; each with its own remedy", () => {
  const settings = (more: Record<string, unknown>) => ({
    settings: { "index.number_of_shards": "1", ...more },
  });
  expect(blocksFinding({ a: settings({ "index.blocks.write": "false" }) }).state).toBe("ok");
  expect(blocksFinding({}).state).toBe("ok");
  const full = blocksFinding({
    a: settings({ "index.blocks.read_only_allow_delete": "true" }),
    b: settings({ "index.blocks.read_only_allow_delete": true }),
  });
  expect(full).toMatchObject({ state: "fail", found: "a has read_only_allow_delete and 1 more" });
  expect(full.remedy).toContain("by itself");
  const closed = blocksFinding({ a: settings({ "index.blocks.write": "true" }) });
  expect(closed).toMatchObject({ state: "fail", found: "a has write" });
  expect(closed.remedy).toContain("_settings");
});

test("lag and dead letters", () => {
  expect(lagFinding(0, 0).state).toBe("ok");
  expect(lagFinding(50_001, 0)).toMatchObject({
    state: "warn",
    remedy: expect.stringContaining("cold status"),
  });
  expect(lagFinding(0, 1)).toMatchObject({ state: "warn", remedy: expect.stringContaining("cold dead") });
});

test("nothing is asked where there is no cold store", async () => {
  expect(await checkColdStore(defaultConfig())).toEqual([]);
});
