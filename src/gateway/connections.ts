// How many connections may be open, in all and from one address.

import type { Refusal } from "../nostr/reason.ts";
import { refuse } from "../nostr/reason.ts";

export interface ConnectionBounds {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  /** A connection was not let in. */
  readonly refused: () => void;
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
    const refusal = this.refusalOf(address);
    if (refusal !== undefined) {
      this.bounds.refused();
      return refusal;
    }
    this.perAddress.set(address, this.from(address) + 1);
    this.total++;
    return undefined;
  }

  leave(address: string): void {
    const here = this.from(address);
    if (here === 0) return;
    if (here === 1) this.perAddress.delete(address);
    else this.perAddress.set(address, here - 1);
    this.total--;
  }

  private refusalOf(address: string): Refusal | undefined {
    if (this.total >= this.bounds.connectionsMax) {
      return refuse("rate-limited", "the relay has as many connections as it can hold; try again later");
    }
    if (this.from(address) >= this.bounds.connectionsPerAddressMax) {
      return refuse(
        "rate-limited",
        `at most ${this.bounds.connectionsPerAddressMax} connections from one address`,
      );
    }
    return undefined;
  }

  private from(address: string): number {
    return this.perAddress.get(address) ?? 0;
  }
}
