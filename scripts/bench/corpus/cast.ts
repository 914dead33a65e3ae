// The made-up people of a corpus: keys from a seed, and events signed with them.

import { eventIdOf } from "../../../src/nostr/event-id.ts";
import { eventJson } from "../../../src/nostr/event-json.ts";
import type { Tag } from "../../../src/nostr/event.ts";
import type { Signer } from "./signer.ts";

export interface Person {
  readonly secret: Uint8Array;
  readonly pubkey: string;
}

export interface Draft {
  readonly created_at: number;
  readonly kind: number;
  readonly tags: readonly Tag[];
  readonly content: string;
}

export interface Signed {
  readonly id: string;
  readonly json: string;
}

/** `size` keys that depend on the name only. */
export function cast(name: string, size: number, signer: Signer): Person[] {
  return Array.from({ length: size }, (_, index) => {
    const secret = Buffer.from(Bun.SHA256.hash(`${name} ${index}`, "hex"), "hex");
    return { secret, pubkey: signer.pubkey(secret) };
  });
}

/** Hashes and signs; the tags and the content are serialised once. */
export function signDraft(draft: Draft, author: Person, signer: Signer): Signed {
  const tagsJson = JSON.stringify(draft.tags);
  const contentJson = JSON.stringify(draft.content);
  const unsigned = { ...draft, pubkey: author.pubkey };
  const id = eventIdOf(unsigned, tagsJson, contentJson);
  const sig = signer.sign(Buffer.from(id, "hex"), author.secret);
  return { id, json: eventJson({ ...unsigned, id, sig }, tagsJson, contentJson) };
}
