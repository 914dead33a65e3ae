// Whose turn it is: what waits, in rotation by address and then by connection, so that nobody waits behind a flood.

/** Who asks. Many connections may come from one address. */
export interface Client {
  readonly address: string;
  /** No two connections have the same number. */
  readonly connection: number;
}

interface Queue<T> {
  readonly items: T[];
  /** Items before this index are gone. */
  head: number;
}

/** What waits of one address: a queue for each connection. */
interface Waiting<T> {
  readonly queues: Map<number, Queue<T>>;
  size: number;
}

/** A Map keeps the order of insertion: whoever is deleted and set again comes last. */
export class Rotation<T> {
  private readonly addresses = new Map<string, Waiting<T>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  add({ address, connection }: Client, item: T): void {
    let waiting = this.addresses.get(address);
    if (waiting === undefined) {
      waiting = { queues: new Map(), size: 0 };
      this.addresses.set(address, waiting);
    }
    const queue = waiting.queues.get(connection);
    if (queue === undefined) waiting.queues.set(connection, { items: [item], head: 0 });
    else queue.items.push(item);
    waiting.size++;
    this.count++;
  }

  /** The first item of the connection whose turn it is, of the address whose turn it is. */
  next(): T | undefined {
    for (const [address, waiting] of this.addresses) {
      this.addresses.delete(address);
      if (waiting.size > 1) this.addresses.set(address, waiting);
      return this.nextOf(waiting);
    }
    return undefined;
  }

  private nextOf(waiting: Waiting<T>): T | undefined {
    for (const [connection, queue] of waiting.queues) {
      const item = queue.items[queue.head++];
      waiting.queues.delete(connection);
      if (queue.head < queue.items.length) waiting.queues.set(connection, queue);
      waiting.size--;
      this.count--;
      return item;
    }
    return undefined;
  }

  /**
   * Takes out the newest item of whoever has more waiting than this client, so that there is room for the client's own: of
   * the address with the most, or within the client's own address of the connection with the most. Undefined where that is
   * the client.
   */
  makeRoom({ address, connection }: Client): T | undefined {
    const own = this.addresses.get(address);
    const [longest, waiting] = most(this.addresses, ({ size }) => size);
    if (waiting === undefined) return undefined;
    if (waiting !== own && waiting.size > (own?.size ?? 0)) return this.dropLast(longest!, waiting);
    const [, queue] = most(own?.queues ?? new Map<number, Queue<T>>(), lengthOf);
    const mine = own?.queues.get(connection);
    const isOthers = queue !== undefined && lengthOf(queue) > (mine === undefined ? 0 : lengthOf(mine));
    return isOthers ? this.dropLast(address, own!) : undefined;
  }

  private dropLast(address: string, waiting: Waiting<T>): T | undefined {
    const [connection, queue] = most(waiting.queues, lengthOf);
    const item = queue!.items.pop();
    if (lengthOf(queue!) === 0) waiting.queues.delete(connection!);
    if (--waiting.size === 0) this.addresses.delete(address);
    this.count--;
    return item;
  }
}

function lengthOf({ items, head }: Queue<unknown>): number {
  return items.length - head;
}

function most<K, V>(map: ReadonlyMap<K, V>, sizeOf: (value: V) => number): [K?, V?] {
  let best: [K?, V?] = [];
  let bestSize = 0;
  for (const [key, value] of map) {
    const size = sizeOf(value);
    if (size <= bestSize) continue;
    best = [key, value];
    bestSize = size;
  }
  return best;
}
