// First in, first out, without shifting an array: what waits for a thread, or for its turn.

/** Items before `head` are gone; the array is cut when they are many and most. */
const CUT_AT = 1024;

export class WaitingLine<Item> {
  private items: (Item | undefined)[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  /** The next to be taken; undefined when nothing waits. */
  get first(): Item | undefined {
    return this.items[this.head];
  }

  push(item: Item): void {
    this.items.push(item);
  }

  /** Takes one from the front. Nothing of it stays here. */
  shift(): Item | undefined {
    if (this.length === 0) return undefined;
    const item = this.items[this.head];
    this.items[this.head++] = undefined;
    this.cut();
    return item;
  }

  /** Takes one from the end. */
  pop(): Item | undefined {
    return this.length === 0 ? undefined : this.items.pop();
  }

  /** Takes at most `count` from the front. */
  take(count: number): Item[] {
    const end = Math.min(this.items.length, this.head + count);
    const taken = this.items.slice(this.head, end) as Item[];
    this.head = end;
    this.cut();
    return taken;
  }

  private cut(): void {
    if (this.head === this.items.length) this.items = [];
    else if (this.head >= CUT_AT && this.head * 2 >= this.items.length)
      this.items = this.items.slice(this.head);
    else return;
    this.head = 0;
  }
}
