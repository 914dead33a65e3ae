// How much memory the hot store takes where nobody says: the more the machine has, the seldomer it goes to the disk.

import { totalmem } from "node:os";

const MEBIBYTE = 2 ** 20;

const TAIL_SHARE = 1 / 16;
const TAIL_BYTES_MIN = 128 * MEBIBYTE;
/** Half a million to a million events; beyond it the collector's pauses and the time of a start grow for little gain. */
const TAIL_BYTES_MAX = 1024 * MEBIBYTE;

const PAGE_CACHE_SHARE = 1 / 32;
const PAGE_CACHE_BYTES_MIN = 64 * MEBIBYTE;
/** Index pages are what a write dirties, and a million events have somewhat less of them. */
const PAGE_CACHE_BYTES_MAX = 256 * MEBIBYTE;

/** A size that somebody names, or the share of the memory that this process may use. */
export function sizeOf(asked: number | "auto", shareFor: (memoryBytes: number) => number): number {
  return asked === "auto" ? shareFor(memoryBytes()) : asked;
}

/** Bytes for the recent tail. */
export function tailBytesFor(memoryBytes: number): number {
  return shareOf(memoryBytes, TAIL_SHARE, TAIL_BYTES_MIN, TAIL_BYTES_MAX);
}

/** Bytes for SQLite's pages on a write connection. */
export function pageCacheBytesFor(memoryBytes: number): number {
  return shareOf(memoryBytes, PAGE_CACHE_SHARE, PAGE_CACHE_BYTES_MIN, PAGE_CACHE_BYTES_MAX);
}

/** What this process may use: the machine's memory, or less where a container says so. */
export function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

function shareOf(memoryBytes: number, share: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, Math.floor(memoryBytes * share)));
}
