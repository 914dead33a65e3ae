// The cold bench from end to end on a real node, tiny: every answer is right, and every workload says something.

import { expect, test } from "bun:test";
import { NodeUnderTest } from "../../scripts/bench/cold/node-under-test.ts";
import type { ColdName } from "../../scripts/bench/cold/options.ts";
import { runCold } from "../../scripts/bench/cold/run.ts";
import { TINY } from "../../scripts/bench/cold/stage.ts";
import { describeWithOpenSearch } from "../support/opensearch.ts";

/** The others wait for what takes its time by design: for events to be old enough, and for a breaker to try again. */
const NAMES = ["search", "typeahead", "repeats", "paced", "saturated", "reads", "trends"] as const;

describeWithOpenSearch("the cold bench", (url) => {
  test("finds nothing wrong with a small history", async () => {
    const report = await runCold({
      size: 2_000,
      seed: "tiny",
      scale: TINY,
      only: new Set<ColdName>(NAMES),
      heap: "1g",
      node: new NodeUnderTest(url, "given"),
      tell: () => {},
      row: () => {},
    });
    const faults = report.rows.flatMap(({ name, faults: wrong }) =>
      wrong.map((fault) => `${name}: ${fault}`),
    );
    expect(faults).toEqual([]);
    const names = report.rows.map(({ name }) => name);
    expect(names).toContain("catch-up");
    expect(names).toContain("OpenSearch phrase");
    expect(names).toContain("OK→searchable");
    expect(report.shares.map(({ name }) => name)).toEqual(expect.arrayContaining(["catch-up", ...NAMES]));
  }, 120_000);
});
