// Runs the command line from source, installing dependencies first when they are missing: needs nothing but Bun.

import { join } from "node:path";
import { ensureDependencies, PROJECT_ROOT } from "./dependencies.ts";

const program = join(PROJECT_ROOT, "src/cli/thermocline.ts");
const given = process.argv.slice(2);
const words = given.length > 0 ? given : ["serve"];

if (installed()) await replaceProcess();
else {
  process.argv = [process.execPath, program, ...words];
  await import(program);
}

function installed(): boolean {
  try {
    return ensureDependencies({ development: false });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

/**
 * Bun remembers that a package was missing and would go on with its global cache, which workers cannot do; so the
 * program gets a fresh process: this very one where the system can replace it, a child that gets our signals elsewhere.
 */
async function replaceProcess(): Promise<void> {
  const command = [process.execPath, program, ...words];
  if (process.platform !== "win32") process.execve?.(process.execPath, command, process.env);
  const child = Bun.spawn(command, {
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  process.exitCode = await child.exited;
}
