// What the index knows of events that are about to be ranked: fingerprint, counters and followers, all in one statement.

import type { Database, Statement } from "bun:sqlite";
import type { Engagement } from "../search/engagement.ts";
import type { Fingerprint } from "../search/near-duplicate.ts";

export interface RankingFacts {
  readonly fingerprint: Fingerprint;
  /** What people did with `ref`, a hex id or an address; all 0 where nobody did anything. */
  readonly counts: Engagement & { readonly ref: string | null };
  readonly followers: number;
}

interface FactsRow extends Engagement {
  readonly seq: number;
  readonly ref: string | null;
  readonly followers: number;
  readonly exact: number;
  readonly similarHigh: number | null;
  readonly similarLow: number | null;
}

export class RankingFactsReader {
  private readonly bySeqs: Statement<FactsRow, [string]>;

  constructor(database: Database) {
    this.bySeqs = database.prepare<FactsRow, [string]>(FACTS);
  }

  /** By seq; events that the index has not taken in are missing. */
  of(seqs: readonly number[]): ReadonlyMap<number, RankingFacts> {
    const rows = this.bySeqs.all(JSON.stringify(seqs));
    return new Map(rows.map((row) => [row.seq, factsOf(row)]));
  }
}

function factsOf(row: FactsRow): RankingFacts {
  const { exact, similarHigh: high, similarLow: low, followers } = row;
  const similar = high === null || low === null ? undefined : ([high, low] as const);
  return { fingerprint: { exact, similar }, counts: row, followers };
}

const COUNTERS = ["reactions", "downvotes", "reposts", "replies", "quotes", "zaps", "msats"];
const FACTS = `
  SELECT doc.seq AS seq, doc.exact AS exact, doc.similar_high AS similarHigh, doc.similar_low AS similarLow,
    ifnull(a.followers, 0) AS followers, t.ref AS ref,
    ${COUNTERS.map((name) => `ifnull(t.${name}, 0) AS ${name}`).join(", ")}
  FROM json_each(?) wanted CROSS JOIN doc ON doc.seq = wanted.value
    LEFT JOIN target t ON t.key = doc.target LEFT JOIN author a ON a.key = doc.author`;
