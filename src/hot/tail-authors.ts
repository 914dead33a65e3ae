// Whose events stand in the recent tail: a list of slots for each author and kind, in the order of the columns.

/** Negative when the event in slot `a` stands before the one in `b`: it is older, or of one second with a higher id. */
export type CompareSlots = (a: number, b: number) => number;

/** Oldest first, from index `start` on; before it is room for older ones, or what has gone. */
export interface SlotList {
  slots: number[];
  start: number;
}

/** A list is cut when so many slots at its front are gone, and they are most of it. */
const CUT_AT = 64;
const ROOM_MIN = 4;
/** Stands in the room before a list. */
const NO_SLOT = -1;

/**
 * An author is the low 32 bits of authorKey, as in the columns: strangers may share a list, the JSON decides. New events
 * go to the end and old ones leave at the front, so that lists do not move in daily life.
 */
export class TailAuthors {
  private readonly authors = new Map<number, Map<number, SlotList>>();
  private readonly compare: CompareSlots;

  constructor(compare: CompareSlots) {
    this.compare = compare;
  }

  add(author: number, kind: number, slot: number): void {
    const list = this.listFor(author, kind);
    const { slots } = list;
    const last = slots.at(-1);
    if (last === undefined || this.compare(last, slot) < 0) slots.push(slot);
    else slots.splice(this.placeOf(list, slot), 0, slot);
  }

  /** For an event that is older than every other of this author and kind. */
  addOldest(author: number, kind: number, slot: number): void {
    const list = this.listFor(author, kind);
    if (list.slots.length === 0) {
      list.slots.push(slot);
      return;
    }
    if (list.start === 0) makeRoom(list);
    list.slots[--list.start] = slot;
  }

  /** The event must still be in its slot. */
  remove(author: number, kind: number, slot: number): void {
    const kinds = this.authors.get(author);
    const list = kinds?.get(kind);
    if (kinds === undefined || list === undefined) return;
    const { slots } = list;
    if (slots[list.start] === slot) dropFirst(list);
    else slots.splice(this.placeOf(list, slot), 1);
    if (list.start < slots.length) return;
    kinds.delete(kind);
    if (kinds.size === 0) this.authors.delete(author);
  }

  /** An author's lists by kind; valid until the tail changes. */
  listsOf(author: number): ReadonlyMap<number, Readonly<SlotList>> | undefined {
    return this.authors.get(author);
  }

  private listFor(author: number, kind: number): SlotList {
    let kinds = this.authors.get(author);
    if (kinds === undefined) this.authors.set(author, (kinds = new Map<number, SlotList>()));
    let list = kinds.get(kind);
    if (list === undefined) kinds.set(kind, (list = { slots: [], start: 0 }));
    return list;
  }

  /** The first index whose slot does not stand before this one: its own, if it is in the list. */
  private placeOf({ slots, start }: SlotList, slot: number): number {
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

function makeRoom(list: SlotList): void {
  const room = Math.max(ROOM_MIN, list.slots.length);
  list.slots = new Array<number>(room).fill(NO_SLOT).concat(list.slots);
  list.start = room;
}

function dropFirst(list: SlotList): void {
  list.start++;
  if (list.start < CUT_AT || list.start * 2 < list.slots.length) return;
  list.slots.splice(0, list.start);
  list.start = 0;
}
