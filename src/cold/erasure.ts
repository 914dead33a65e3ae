// Deleting what only the index still holds: targets of kind 5 that hot let go, and everything of a key that vanished.

import type { Client } from "@opensearch-project/opensearch";
import { mayDelete } from "../nostr/deletion.ts";
import { eventFromJson } from "../nostr/event.ts";
import { isAddressableKind, isReplaceableKind, Kind } from "../nostr/kind.ts";
import type { Operation } from "./bulk.ts";
import { DATE_MAX } from "./document.ts";
import type { DeletionRequest } from "./operations.ts";

interface FoundDocument {
  readonly _index: string;
  readonly _id: string;
  readonly _source: { readonly raw: string };
}

const IDS_PER_SEARCH = 500;

/**
 * Deletes for those targets of a request that stand in the index and that its signer may delete (NIP-09). Versions of an
 * address are not among them: the newest never leaves the hot store, whose log tells of its removal, and a search may
 * still show an older one in a document that by now holds its successor.
 */
export async function deletionsInIndex(
  client: Client,
  index: string,
  request: DeletionRequest,
): Promise<Operation[]> {
  const operations: Operation[] = [];
  for (let from = 0; from < request.ids.length; from += IDS_PER_SEARCH) {
    const ids = request.ids.slice(from, from + IDS_PER_SEARCH);
    const { body } = await client.search({
      index,
      ignore_unavailable: true,
      body: { size: ids.length, query: { bool: { filter: [{ terms: { id: ids } }] } }, _source: ["raw"] },
    });
    for (const found of body.hits.hits as unknown as FoundDocument[]) {
      const event = eventFromJson(found._source.raw);
      const isVersion = isReplaceableKind(event.kind) || isAddressableKind(event.kind);
      if (isVersion || !mayDelete(request.pubkey, event)) continue;
      operations.push({
        type: "delete",
        index: found._index,
        id: found._id,
        version: request.seq,
        seq: request.seq,
        body: "",
      });
    }
  }
  return operations;
}

/** Documents deleted by one request: small enough to end well inside the client's deadline. */
const DOCUMENTS_PER_STEP = 5000;

/**
 * Erases everything by a key up to a second, and gift wraps to it (NIP-62). Requests to vanish themselves stay. Everything
 * that was written before must have been answered. Answers how many documents went.
 */
export async function eraseKey(
  client: Client,
  index: string,
  key: { readonly pubkey: string; readonly until: number },
): Promise<number> {
  const written = { range: { created_at: { lte: Math.min(key.until, DATE_MAX) } } };
  const wrapped = {
    bool: { filter: [{ term: { kind: `${Kind.giftWrap}` } }, { term: { "t.p": key.pubkey } }, written] },
  };
  const query = {
    bool: {
      should: [{ bool: { filter: [{ term: { pubkey: key.pubkey } }, written] } }, wrapped],
      must_not: [{ term: { kind: `${Kind.vanish}` } }],
      minimum_should_match: 1,
    },
  };
  let erased = 0;
  for (;;) {
    // A search sees only what was refreshed, and deleting by query begins with a search.
    await client.indices.refresh({ index, ignore_unavailable: true, allow_no_indices: true });
    const { body } = await client.deleteByQuery({
      index,
      ignore_unavailable: true,
      allow_no_indices: true,
      conflicts: "proceed",
      max_docs: DOCUMENTS_PER_STEP,
      body: { query },
    } as unknown as Parameters<Client["deleteByQuery"]>[0]);
    const { total = 0, deleted = 0 } = body as { total?: number; deleted?: number };
    erased += deleted;
    if (total === 0) return erased;
  }
}
