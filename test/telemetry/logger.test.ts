// Log lines: written at once, readable by machines and people, without secrets.

import { describe, expect, test } from "bun:test";
import { Writable } from "node:stream";
import { createLogger } from "../../src/telemetry/logger.ts";

function collector(): { lines: string[]; stream: Writable } {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { lines, stream };
}

describe("logger", () => {
  test("JSON: level in words, ISO time, the fields, and an error with its stack", () => {
    const { lines, stream } = collector();
    const log = createLogger({ level: "info", format: "json", destination: stream });
    log.warn({ part: "hot", error: new Error("disk full") }, "commit failed");
    const line = JSON.parse(lines[0] ?? "") as Record<string, unknown>;
    expect(line).toMatchObject({
      level: "warn",
      part: "hot",
      msg: "commit failed",
      error: { message: "disk full" },
    });
    expect(String(line["time"])).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(line).not.toHaveProperty("pid");
  });

  test("levels hold back what is less important", () => {
    const { lines, stream } = collector();
    const log = createLogger({ level: "warn", format: "json", destination: stream });
    log.info({}, "no");
    log.warn({}, "yes");
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(["yes"]);
  });

  test("secrets are hidden", () => {
    const { lines, stream } = collector();
    createLogger({ level: "info", format: "json", destination: stream }).info(
      { password: "p4ss", cold: { password: "p4ss", url: "http://x" }, metrics: { token: "p4ss" } },
      "config",
    );
    expect(lines.join("")).not.toContain("p4ss");
    expect(lines.join("")).toContain("http://x");
  });

  test("pretty lines name the part and the message", () => {
    const { lines, stream } = collector();
    const log = createLogger({ level: "info", format: "pretty", destination: stream });
    log.info({ part: "hot", ms: 3 }, "opened");
    expect(lines.join("")).toMatch(/INFO.*: hot: opened\s+ms: 3/s);
  });

  test("to standard output: every line is there when the process ends at once", () => {
    const source = `
      import { createLogger } from ${JSON.stringify(import.meta.resolve("../../src/telemetry/logger.ts"))};
      const log = createLogger({ level: "info", format: "auto" });
      for (let i = 0; i < 100; i++) log.info({ i }, "line");
      process.exit(0);`;
    const child = Bun.spawnSync([process.execPath, "-e", source], { stdout: "pipe", stderr: "pipe" });
    expect(child.stderr.toString()).toBe("");
    const lines = child.stdout.toString().trim().split("\n");
    expect(lines).toHaveLength(100);
    expect(JSON.parse(lines[99] ?? "")).toMatchObject({ i: 99, msg: "line" });
  });
});
