// How much memory the recent tail takes where nobody says: the more the machine has, the fewer queries go to the disk.

import { totalmem } from "node:os";

const MEBIBYTE = 2 ** 20;
const SHARE = 1 / 16;
const MIN_BYTES = 128 * MEBIBYTE;
/** Half a million to a million events; beyond it the collector's pauses and the time of a start grow for little gain. */
const MAX_BYTES = 1024 * MEBIBYTE;

export function tailBytesFor(memoryBytes: number): number {
  return Math.min(MAX_BYTES, Math.max(MIN_BYTES, Math.floor(memoryBytes * SHARE)));
}

/** What this process may use: the machine's memory, or less where a container says so. */
export function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
