// What the bench remembers of a corpus to know the right answer to every question: a few numbers an event.

/** Absent event or person. */
export const NONE = -1;
/** People that an event names with `p` tags and that count for notifications, at most. */
export const MENTIONS_MAX = 4;

export class Columns {
  /** Events so far. */
  size = 0;
  readonly createdAt: Float64Array;
  readonly kind: Uint16Array;
  /** Index of the author among the people of the corpus. */
  readonly author: Int16Array;
  /** Index of the note that began the thread, for a reply. */
  readonly root: Int32Array;
  /** Index of the one event that a reaction, repost, zap or deletion is about. */
  readonly target: Int32Array;
  readonly mentions: Int16Array;
  /** 0 once a newer version or a deletion took the event away. */
  readonly isAlive: Uint8Array;
  private readonly ids: Buffer;

  constructor(capacity: number) {
    this.createdAt = new Float64Array(capacity);
    this.kind = new Uint16Array(capacity);
    this.author = new Int16Array(capacity).fill(NONE);
    this.root = new Int32Array(capacity).fill(NONE);
    this.target = new Int32Array(capacity).fill(NONE);
    this.mentions = new Int16Array(capacity * MENTIONS_MAX).fill(NONE);
    this.isAlive = new Uint8Array(capacity);
    this.ids = Buffer.alloc(capacity * 32);
  }

  id(index: number): string {
    return this.ids.toString("hex", index * 32, index * 32 + 32);
  }

  setId(index: number, id: string): void {
    this.ids.write(id, index * 32, "hex");
  }

  /** How many are still to be stored when the whole corpus has gone in. */
  alive(): number {
    let alive = 0;
    for (let index = 0; index < this.size; index++) alive += this.isAlive[index]!;
    return alive;
  }
}
