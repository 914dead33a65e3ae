// Running the machine's own tools to the end: their output, or their failure in words.

export type ToolResult =
  { readonly type: "done"; readonly output: string } | { readonly type: "failed"; readonly reason: string };

/** Runs a command and waits. A command that does not exist is a failure like any other. */
export async function runTool(
  command: readonly string[],
  env: Record<string, string> = {},
): Promise<ToolResult> {
  const name = command[0] ?? "";
  if (Bun.which(name) === null) return { type: "failed", reason: `${name} is not installed` };
  const child = Bun.spawn([...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, ...env },
  });
  const [output, errors, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code === 0) return { type: "done", output };
  const words = `${output}\n${errors}`.trim().split("\n").slice(-5).join("\n");
  return {
    type: "failed",
    reason: `${command.slice(0, 3).join(" ")} ended with ${code}: ${words}`,
  };
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}
