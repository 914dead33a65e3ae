// Counting a test run: the report's numbers, and never fewer failures than there were.

import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { closingLine, countTests } from "../../scripts/junit-counts.ts";
import { temporaryFolders } from "../support/temp-folder.ts";

const folder = temporaryFolders()();

function report(tests: number, failures: number, skipped: number, files: readonly string[]): string {
  const path = join(folder, `${crypto.randomUUID()}.xml`);
  const suites = files.map((file) => `<testsuite name="${file}" file="${file}" tests="1" />`).join("\n");
  writeFileSync(
    path,
    `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="bun test" tests="${tests}" assertions="9" failures="${failures}" skipped="${skipped}" time="0.1">\n${suites}\n</testsuites>\n`,
  );
  return path;
}

const EXPECTED = ["test/a.test.ts", "test/b.test.ts"];

describe("counts", () => {
  test("a good run", () => {
    const reportPath = report(10, 0, 3, EXPECTED);
    const counts = countTests({ reportPath, exitCode: 0, expectedFiles: EXPECTED });
    expect(counts).toEqual({ passed: 7, failed: 0, skipped: 3 });
    expect(closingLine(counts)).toBe("7 passed, 0 failed, 3 skipped");
  });

  test("failures", () => {
    const reportPath = report(10, 2, 0, EXPECTED);
    const counts = countTests({ reportPath, exitCode: 1, expectedFiles: EXPECTED });
    expect(closingLine(counts)).toBe("8 passed, 2 failed");
  });

  test("a file that could not be loaded is in no report, and counts", () => {
    const reportPath = report(10, 1, 0, ["test/a.test.ts"]);
    expect(countTests({ reportPath, exitCode: 1, expectedFiles: EXPECTED }).failed).toBe(2);
  });

  test("a run that died without a report is a failure", () => {
    const reportPath = join(folder, "none.xml");
    expect(countTests({ reportPath, exitCode: 139, expectedFiles: [] })).toEqual({
      passed: 0,
      failed: 1,
      skipped: 0,
    });
  });

  test("an exit code that complains makes at least one failure", () => {
    const reportPath = report(10, 0, 0, EXPECTED);
    expect(countTests({ reportPath, exitCode: 1, expectedFiles: EXPECTED }).failed).toBe(1);
  });
});
