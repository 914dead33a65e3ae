// Counting a test run from its JUnit file, with what such a file does not tell: files that never ran.

import { existsSync, readFileSync } from "node:fs";

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface TestRun {
  readonly reportPath: string;
  readonly exitCode: number;
  /** Test files that should have run; a run that failed counts each one missing from the report as a failure. */
  readonly expectedFiles: readonly string[];
}

/** A run that ended badly never counts less than one failure, whatever its report says or if there is none. */
export function countTests(run: TestRun): TestCounts {
  const report = existsSync(run.reportPath) ? readFileSync(run.reportPath, "utf8") : "";
  const skipped = rootAttribute(report, "skipped");
  const failures = rootAttribute(report, "failures");
  const passed = rootAttribute(report, "tests") - failures - skipped;
  if (run.exitCode === 0) return { passed, failed: failures, skipped };
  const lost = run.expectedFiles.filter((file) => !report.includes(`file="${file}"`));
  return { passed, failed: Math.max(1, failures + lost.length), skipped };
}

/** The closing line, alone on its line: `N passed, N failed`, and `, N skipped` when there are any. */
export function closingLine(counts: TestCounts): string {
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
  return `${counts.passed} passed, ${counts.failed} failed${skipped}`;
}

function rootAttribute(report: string, name: string): number {
  const root = /<testsuites [^>]*>/.exec(report)?.[0] ?? "";
  return Number(new RegExp(` ${name}="(\\d+)"`).exec(root)?.[1] ?? 0);
}
