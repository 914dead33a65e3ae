// What a process has cost so far, read from /proc: processor time of all its threads, and memory.

import { readFileSync } from "node:fs";

/** The kernel reports processor time in hundredths of a second on every Linux that people run (USER_HZ). */
const MICROSECONDS_PER_TICK = 10_000;

/** Microseconds of processor time, user and system, all threads; undefined where there is no /proc. */
export function cpuOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK;
  } catch {
    return undefined;
  }
}

/** Resident bytes, or undefined. */
export function residentBytesOf(pid: number): number | undefined {
  try {
    const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
    return match === null ? undefined : Number(match[1]) * 1024;
  } catch {
    return undefined;
  }
}

/** Microseconds of processor time of this process. */
export function ownCpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Files that this process, and so each child of it, may hold open at once. */
export function openFilesMax(): number {
  try {
    const match = /Max open files\s+(\d+)/.exec(readFileSync("/proc/self/limits", "latin1"));
    return match === null ? Number.MAX_SAFE_INTEGER : Number(match[1]);
  } catch {
    return Number.MAX_SAFE_INTEGER;
  }
}

/** Microseconds that the processors of this machine have not been idle, all together; undefined without /proc. */
export function busyTime(): number | undefined {
  try {
    const [user, nice, system, , , irq, softIrq, steal] = readFileSync("/proc/stat", "latin1")
      .slice("cpu".length)
      .trimStart()
      .split(" ", 8)
      .map(Number);
    return (user! + nice! + system! + irq! + softIrq! + steal!) * MICROSECONDS_PER_TICK;
  } catch {
    return undefined;
  }
}
