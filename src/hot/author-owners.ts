// Who owns each author key in the index: notes the few keys that stand for more than one public key.

import type { BatchCursor } from "./batch-codec.ts";
import type { WriteStatements } from "./write-statements.ts";

/** Owners remembered, some 15 MiB; then they are asked for anew. */
const OWNERS_MAX = 65_536;

/**
 * Strangers' public keys may begin with the same 48 bits, by chance or by grinding. The index alone answers for a key only
 * where all events under it were stored by one author, so whoever comes second is written down in his own transaction.
 * What is remembered may be of an event that was rolled back or has left since: then a key is noted in vain, no more.
 */
export class AuthorOwners {
  private readonly sql: Pick<WriteStatements, "ownerOf" | "shareAuthor">;
  private readonly owners = new Map<number, string>();

  constructor(sql: Pick<WriteStatements, "ownerOf" | "shareAuthor">) {
    this.sql = sql;
  }

  /** Before an event is stored. */
  note(incoming: BatchCursor): void {
    const pubkey = incoming.pubkey();
    const owner = this.owners.get(incoming.author) ?? this.remember(incoming.author, pubkey);
    if (owner !== pubkey) this.sql.shareAuthor.run(incoming.author);
  }

  /** Another process may have stored events. */
  forget(): void {
    this.owners.clear();
  }

  private remember(author: number, pubkey: string): string {
    const owner = this.sql.ownerOf.get(author)?.pubkey ?? pubkey;
    if (this.owners.size >= OWNERS_MAX) this.owners.clear();
    this.owners.set(author, owner);
    return owner;
  }
}
