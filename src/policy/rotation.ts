// Whose turn it is: what waits, in rotation by address and then by connection, so that nobody waits behind a flood.

import { WaitingLine } from "../channel/waiting-line.ts";

/** Who asks. Many connections may come from one address. */
export interface Client {
  readonly address: string;
  /** No two connections have the same number. */
  readonly connection: number;
}

interface Entry<T> {
  readonly item: T;
  readonly weight: number;
}

class Queue<T> extends WaitingLine<Entry<T>> {
  weight = 0;
}

/** What waits of one address: a queue for each connection. */
interface Waiting<T> {
  readonly queues: Map<number, Queue<T>>;
  weight: number;
}

/** A Map keeps the order of insertion: whoever is deleted and set again comes last. */
export class Rotation<T> {
  private readonly addresses = new Map<string, Waiting<T>>();
  private items = 0;
  private weighed = 0;

  get size(): number {
    return this.items;
  }

  /** Of all items together. */
  get weight(): number {
    return this.weighed;
  }

  /** `weight` is what an item takes of what is scarce: 1 where all are alike. */
  add({ address, connection }: Client, item: T, weight = 1): void {
    let waiting = this.addresses.get(address);
    if (waiting === undefined) {
      waiting = { queues: new Map(), weight: 0 };
      this.addresses.set(address, waiting);
    }
    let queue = waiting.queues.get(connection);
    if (queue === undefined) {
      queue = new Queue();
      waiting.queues.set(connection, queue);
    }
    queue.push({ item, weight });
    this.items++;
    this.changeWeight(waiting, queue, weight);
  }

  /** The first item of the connection whose turn it is, of the address whose turn it is. */
  next(): T | undefined {
    for (const [address, waiting] of this.addresses) {
      const item = this.nextOf(waiting);
      this.addresses.delete(address);
      if (waiting.queues.size > 0) this.addresses.set(address, waiting);
      return item;
    }
    return undefined;
  }

  private nextOf(waiting: Waiting<T>): T | undefined {
    for (const [connection, queue] of waiting.queues) {
      const { item, weight } = queue.shift()!;
      waiting.queues.delete(connection);
      if (queue.length > 0) waiting.queues.set(connection, queue);
      this.items--;
      this.changeWeight(waiting, queue, -weight);
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
    const longest = heaviest(this.addresses, own?.weight ?? 0);
    if (longest !== undefined) return this.dropLast(longest, this.addresses.get(longest)!);
    const isOthers = own !== undefined && heaviest(own.queues, weightOf(own, connection)) !== undefined;
    return isOthers ? this.dropLast(address, own) : undefined;
  }

  private dropLast(address: string, waiting: Waiting<T>): T {
    const connection = heaviest(waiting.queues, 0)!;
    const queue = waiting.queues.get(connection)!;
    const { item, weight } = queue.pop()!;
    this.items--;
    this.changeWeight(waiting, queue, -weight);
    if (queue.length === 0) waiting.queues.delete(connection);
    if (waiting.queues.size === 0) this.addresses.delete(address);
    return item;
  }

  private changeWeight(waiting: Waiting<T>, queue: Queue<T>, by: number): void {
    this.weighed += by;
    waiting.weight += by;
    queue.weight += by;
  }
}

function weightOf<T>({ queues }: Waiting<T>, connection: number): number {
  return queues.get(connection)?.weight ?? 0;
}

/** Who has the most, and more than so much. */
function heaviest<Name>(
  waiting: ReadonlyMap<Name, { readonly weight: number }>,
  above: number,
): Name | undefined {
  let most = above;
  let heaviestName: Name | undefined;
  for (const [name, { weight }] of waiting) {
    if (weight <= most) continue;
    most = weight;
    heaviestName = name;
  }
  return heaviestName;
}
