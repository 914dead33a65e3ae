// Walking over all documents of some indexes in order of seq: whole, or as seqs alone.

import type { Client } from "@opensearch-project/opensearch";
import type { StoredRow } from "./contract.ts";
import type { Pace } from "./pace.ts";

const DOCUMENTS_PER_PAGE = 1000;
const SEQS_PER_PAGE = 10_000;

interface Found {
  readonly _index: string;
  readonly _source?: { readonly raw: string };
  readonly fields: {
    readonly seq: readonly [number];
    readonly created_at?: readonly [string];
    readonly kind?: readonly [string];
    readonly exp?: readonly [number];
  };
}

const AS_ROWS = {
  _source: ["raw"],
  docvalue_fields: ["seq", { field: "created_at", format: "epoch_second" }, "kind", "exp"],
} as const;

const AS_SEQS = {
  _source: false,
  stored_fields: "_none_",
  docvalue_fields: ["seq", { field: "created_at", format: "epoch_second" }],
} as const;

/** Every visible document as a row of the log, a page at a time. Ends early when the signal aborts. */
export async function* readDocuments(
  client: Client,
  pace: Pace,
  index: string,
  signal: AbortSignal,
): AsyncGenerator<StoredRow[]> {
  let after = 0;
  for (;;) {
    const page = await pace.persevere(signal, () =>
      search(client, index, { range: { seq: { gt: after } } }, DOCUMENTS_PER_PAGE, AS_ROWS),
    );
    if (page === undefined || page.length === 0) return;
    after = page.at(-1)!.fields.seq[0];
    yield page.map(rowOf);
  }
}

/** The documents with the highest seqs, of those shards that are there. */
export async function newestDocuments(client: Client, index: string, size: number): Promise<StoredRow[]> {
  const newest = { ...AS_ROWS, sort: [{ seq: "desc" }] };
  return (await search(client, index, { range: { seq: { gt: 0 } } }, size, newest, true)).map(rowOf);
}

/** Those of a few seqs that have documents. */
export async function presentAmong(
  client: Client,
  index: string,
  seqs: readonly number[],
): Promise<Set<number>> {
  const found = await search(client, index, { terms: { seq: seqs } }, SEQS_PER_PAGE, AS_SEQS);
  return new Set(found.map(({ fields }) => fields.seq[0]));
}

export interface IndexedSeq {
  readonly seq: number;
  readonly createdAt: number;
}

/** All visible documents with after < seq <= upTo, rising. */
export async function seqsBetween(
  client: Client,
  index: string,
  after: number,
  upTo: number,
): Promise<IndexedSeq[]> {
  const seqs: IndexedSeq[] = [];
  for (;;) {
    const range = { gt: seqs.at(-1)?.seq ?? after, lte: upTo };
    const page = await search(client, index, { range: { seq: range } }, SEQS_PER_PAGE, AS_SEQS);
    for (const { fields } of page)
      seqs.push({ seq: fields.seq[0], createdAt: Number(fields.created_at?.[0] ?? 0) });
    if (page.length < SEQS_PER_PAGE) return seqs;
  }
}

async function search(
  client: Client,
  index: string,
  wanted: object,
  size: number,
  fields: object,
  isPartialEnough = false,
): Promise<readonly Found[]> {
  const { body } = await client.search({
    index,
    ignore_unavailable: true,
    allow_no_indices: true,
    allow_partial_search_results: isPartialEnough,
    filter_path: ["hits.hits._index", "hits.hits._source", "hits.hits.fields"],
    body: {
      size,
      query: { bool: { filter: [wanted] } },
      sort: [{ seq: "asc" }],
      ...fields,
    },
  } as unknown as Parameters<Client["search"]>[0]);
  return (body.hits?.hits ?? []) as unknown as readonly Found[];
}

function rowOf(found: Found): StoredRow {
  return {
    seq: found.fields.seq[0],
    createdAt: Number(found.fields.created_at?.[0] ?? 0),
    kind: Number(found.fields.kind?.[0] ?? 0),
    expiresAt: found.fields.exp?.[0] ?? 0,
    json: found._source!.raw,
  };
}
