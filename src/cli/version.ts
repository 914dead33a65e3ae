// `thermocline version`: what is running, and on what.

import { Database } from "bun:sqlite";
import packageJson from "../../package.json" with { type: "json" };
import type { Options } from "./settings-flags.ts";
import { emit, emitJson, type ExitCode, type Terminal } from "./terminal.ts";

export interface Versions {
  readonly thermocline: string;
  readonly bun: string;
  readonly sqlite: string;
  readonly platform: string;
}

export function versions(): Versions {
  const memory = new Database(":memory:");
  const row = memory.query<{ version: string }, []>("SELECT sqlite_version() AS version").get();
  memory.close();
  return {
    thermocline: packageJson.version,
    bun: Bun.version,
    sqlite: row?.version ?? "unknown",
    platform: `${process.platform}-${process.arch}`,
  };
}

export async function runVersion(
  _given: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const found = versions();
  if (options["json"] === true) await emitJson(terminal, found);
  else {
    const lines = Object.entries(found).map(([name, version]) => `${name.padEnd(12)}${version}`);
    await emit(terminal.output, `${lines.join("\n")}\n`);
  }
  return 0;
}
