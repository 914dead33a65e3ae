// A cache of hits by seq, bounded in bytes: what old pages and profiles ask for again and again.

import type { Hit } from "./contract.ts";
import { hitBytes } from "./hit-bytes.ts";

/**
 * Two generations of plain maps. New and used entries live in the young one; when it holds half of the bytes it becomes
 * the old one, and what nobody used in the meantime is dropped with the former old one. That is nearly LRU without moving
 * a list node on every read.
 *
 * An event never changes under its seq, so entries are never wrong; whether the event is still stored is for the caller
 * to know (it has the seq from an index, just read).
 */
export class EventCache {
  readonly bytesMax: number;
  private young = new Map<number, Hit>();
  private old = new Map<number, Hit>();
  private youngBytes = 0;
  private oldBytes = 0;

  /** `bytesMax` bounds both generations together; 0 keeps nothing. */
  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.youngBytes + this.oldBytes;
  }

  get(seq: number): Hit | undefined {
    const hit = this.young.get(seq);
    if (hit !== undefined) return hit;
    const aged = this.old.get(seq);
    if (aged !== undefined) this.put(aged);
    return aged;
  }

  put(hit: Hit): void {
    const bytes = hitBytes(hit.json);
    const generationMax = this.bytesMax / 2;
    if (bytes > generationMax || this.young.has(hit.seq)) return;
    if (this.youngBytes + bytes > generationMax) {
      this.old = this.young;
      this.oldBytes = this.youngBytes;
      this.young = new Map();
      this.youngBytes = 0;
    }
    this.young.set(hit.seq, hit);
    this.youngBytes += bytes;
  }
}
