// Authors that sign fast, so that a load is not bounded by making it: libsecp256k1 where it is, else @noble/curves.

import { openSigner, type Signer } from "../../scripts/bench/corpus/signer.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { complete, type EventTemplate } from "../support/events.ts";

const signer: Signer = openSigner();

/** May a load be large? @noble/curves signs ten times slower than libsecp256k1. */
export const isSigningFast = signer.name === "libsecp256k1";

export class Author {
  readonly pubkey: string;
  private readonly secret: Uint8Array;

  constructor(name: string) {
    this.secret = Uint8Array.fromHex(Bun.SHA256.hash(`thermocline author ${name}`, "hex"));
    this.pubkey = signer.pubkey(this.secret);
  }

  sign(template: EventTemplate = {}): NostrEvent {
    return complete(this.pubkey, template, (id) => signer.sign(id, this.secret));
  }
}
