// Authors that sign fast, so that a load is not bounded by making it: libsecp256k1 where it is, else @noble/curves.

import { openSigner, type Signer } from "../../scripts/bench/corpus/signer.ts";
import type { NostrEvent } from "../../src/nostr/event.ts";
import { eventIdOf } from "../../src/nostr/event-id.ts";
import type { EventTemplate } from "../support/events.ts";

const signer: Signer = openSigner();

/** Signatures a millisecond, roughly: how large a load may be made in passing. */
export const isSigningFast = signer.name === "libsecp256k1";

export class Author {
  readonly pubkey: string;
  private readonly secret: Uint8Array;

  constructor(name: string) {
    this.secret = Uint8Array.fromHex(Bun.SHA256.hash(`thermocline author ${name}`, "hex") as string);
    this.pubkey = signer.pubkey(this.secret);
  }

  sign(template: EventTemplate = {}): NostrEvent {
    const unsigned = {
      pubkey: this.pubkey,
      created_at: template.created_at ?? Math.floor(Date.now() / 1000),
      kind: template.kind ?? 1,
      tags: template.tags ?? [],
      content: template.content ?? "",
    };
    const id = eventIdOf(unsigned);
    return { id, ...unsigned, sig: signer.sign(Uint8Array.fromHex(id), this.secret) };
  }
}
