// How much subscriptions may hold: values of their filters, of one connection, of one address, and of all together.

import { type Refusal, refuse } from "../nostr/reason.ts";

/** Some 100 bytes each. */
const PER_CONNECTION_MAX = 100_000;
const PER_ADDRESS_MAX = 5_000_000;
const TOTAL_MAX = 20_000_000;

/** A connection, with what its subscriptions hold. */
export interface Holder {
  readonly address: string;
  held: number;
}

export class HeldValues {
  private total = 0;
  private readonly byAddress = new Map<string, number>();

  /** Takes room for what a subscription holds; a refusal when a bound is reached. */
  reserve(holder: Holder, weight: number): Refusal | undefined {
    if (holder.held + weight > PER_CONNECTION_MAX) {
      return refuse(
        "rate-limited",
        "the subscriptions of this connection name too many values or searches; close some first",
      );
    }
    if (this.ofAddress(holder) + weight > PER_ADDRESS_MAX) {
      return refuse(
        "rate-limited",
        "the subscriptions of this address name too many values or searches; close some first",
      );
    }
    if (this.total + weight > TOTAL_MAX) {
      return refuse("rate-limited", "the relay holds as many subscriptions as it can; try again later");
    }
    this.hold(holder, weight);
    return undefined;
  }

  release(holder: Holder, weight: number): void {
    this.hold(holder, -weight);
  }

  private hold(holder: Holder, weight: number): void {
    const ofAddress = this.ofAddress(holder) + weight;
    if (ofAddress === 0) this.byAddress.delete(holder.address);
    else this.byAddress.set(holder.address, ofAddress);
    holder.held += weight;
    this.total += weight;
  }

  private ofAddress({ address }: Holder): number {
    return this.byAddress.get(address) ?? 0;
  }
}
