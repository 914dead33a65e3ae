// Puts the thread that asks behind those of publishers, where it shares a processor with them.

import { setPriority } from "node:os";

/** Of threads that nobody waits for: under load they have a tenth of what a publisher's thread has. */
export const BACKGROUND_NICE = 10;
/** Of threads that also answer somebody: a third. */
export const ANSWERING_NICE = 5;

/**
 * Linux keeps a niceness for each thread, and takes 0 for the one that asks; elsewhere it is the process's own, so nothing is
 * done there. Never for a thread that holds what the writer waits for: it would then wait for the processor as well.
 */
export function stepBehind(nice: number, platform: NodeJS.Platform = process.platform): void {
  if (platform !== "linux") return;
  try {
    setPriority(0, nice);
  } catch {
    // A sandbox that forbids it: the thread is as fast as the others.
  }
}
