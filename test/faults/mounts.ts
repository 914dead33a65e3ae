// Small file systems of our own, for disks that are full or may not be written: they need root on Linux.

import { mkdirSync } from "node:fs";
import type { Ground } from "./relay-process.ts";

/** Mounts a tmpfs of so many bytes. Undefined, and said aloud, where this system does not let us. */
export function mountSmallDisk(ground: Ground, name: string, bytes: number): string | undefined {
  const folder = ground.path(name);
  mkdirSync(folder);
  const mounted = run(["mount", "-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", folder]);
  if (mounted !== undefined) return leaveOut(`a disk of ${bytes} bytes`, mounted);
  ground.later(() => run(["umount", "-l", folder]));
  return folder;
}

/** Makes a mounted disk read-only. */
export function makeReadOnly(folder: string): void {
  const fault = run(["mount", "-o", "remount,ro", folder]);
  if (fault !== undefined) throw new Error(fault);
}

/** The words that run a command as a user without rights. Undefined, and said aloud, where that is not possible. */
export function asNobody(): readonly string[] | undefined {
  const words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  const fault = run([...words, process.execPath, "--version"]);
  return fault === undefined ? words : leaveOut("another user", fault);
}

function leaveOut(what: string, why: string): undefined {
  if (process.env["CI"] === "true") throw new Error(`NOT TESTED: ${what}: ${why}`);
  process.stderr.write(`NOT TESTED: ${what}: ${why}\n`);
  return undefined;
}

/** What went wrong, or undefined. */
function run(words: readonly string[]): string | undefined {
  if (Bun.which(words[0]!) === null) return `there is no ${words[0]}`;
  const { exitCode, stderr } = Bun.spawnSync([...words], { stdout: "ignore", stderr: "pipe" });
  return exitCode === 0 ? undefined : stderr.toString().trim() || `${words[0]} ended with ${exitCode}`;
}
