// Whose events stand in the recent tail: one list of slots for each author, in the order of the columns.

/** Negative when the event in slot `a` stands before the one in `b`: it is older, or of one second with a higher id. */
export type CompareSlots = (a: number, b: number) => number;

interface AuthorList {
  /** Oldest first; what stands before `start` has gone. */
  readonly slots: number[];
  start: number;
}

/** A list is cut when so many slots at its front are gone, and they are most of it. */
const CUT_AT = 64;

/**
 * An author is the low 32 bits of authorKey, as in the columns: strangers may share a list, the JSON decides. New events
 * go to the end and old ones leave at the front, so that lists do not move in daily life.
 */
export class TailAuthors {
  private readonly lists = new Map<number, AuthorList>();
  private readonly compare: CompareSlots;

  constructor(compare: CompareSlots) {
    this.compare = compare;
  }

  add(author: number, slot: number): void {
    const list = this.lists.get(author);
    if (list === undefined) {
      this.lists.set(author, { slots: [slot], start: 0 });
      return;
    }
    const { slots } = list;
    if (this.compare(slots.at(-1)!, slot) < 0) slots.push(slot);
    else slots.splice(this.placeOf(list, slot), 0, slot);
  }

  /** The event must still be in its slot. */
  remove(author: number, slot: number): void {
    const list = this.lists.get(author);
    if (list === undefined) return;
    const { slots } = list;
    if (slots[list.start] === slot) this.dropFirst(list);
    else slots.splice(this.placeOf(list, slot), 1);
    if (list.start === slots.length) this.lists.delete(author);
  }

  /** The slots of an author, oldest first, from index `start` on. Valid until the tail changes. */
  listOf(author: number): Readonly<AuthorList> | undefined {
    return this.lists.get(author);
  }

  private dropFirst(list: AuthorList): void {
    list.start++;
    if (list.start < CUT_AT || list.start * 2 < list.slots.length) return;
    list.slots.splice(0, list.start);
    list.start = 0;
  }

  /** The first index whose slot does not stand before this one: its own, if it is in the list. */
  private placeOf({ slots, start }: AuthorList, slot: number): number {
    let low = start;
    let high = slots.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compare(slots[middle]!, slot) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
