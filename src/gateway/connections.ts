// How many connections may be open, in all and from one address.

import type { Refusal } from "../nostr/reason.ts";
import { refuse } from "../nostr/reason.ts";

export interface ConnectionBounds {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
}

export class Connections {
  private readonly perAddress = new Map<string, number>();
  private readonly bounds: ConnectionBounds;
  private total = 0;

  constructor(bounds: ConnectionBounds) {
    this.bounds = bounds;
  }

  get count(): number {
    return this.total;
  }

  /** Counts a new connection in, or says why not. Call leave() when it is gone. */
  enter(address: string): Refusal | undefined {
    if (this.total >= this.bounds.connectionsMax) {
      return refuse("rate-limited", "the relay has as many connections as it can hold; try again later");
    }
    const here = this.perAddress.get(address) ?? 0;
    if (here >= this.bounds.connectionsPerAddressMax) {
      return refuse(
        "rate-limited",
        `at most ${this.bounds.connectionsPerAddressMax} connections from one address`,
      );
    }
    this.perAddress.set(address, here + 1);
    this.total++;
    return undefined;
  }

  leave(address: string): void {
    const here = this.perAddress.get(address) ?? 0;
    if (here === 0) return;
    if (here === 1) this.perAddress.delete(address);
    else this.perAddress.set(address, here - 1);
    this.total--;
  }
}
