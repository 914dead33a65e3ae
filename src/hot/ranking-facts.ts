// What the index knows of events that are about to be ranked: fingerprint, counters and followers, all in one statement.

import type { Database, Statement } from "bun:sqlite";
import type { Engagement } from "../search/engagement.ts";
import type { Fingerprint } from "../search/near-duplicate.ts";
import { CLASS_COLUMN } from "./engagement-columns.ts";
import { isTitled } from "./fulltext-facets.ts";

export interface RankingFacts {
  readonly kind: number;
  readonly createdAt: number;
  /** Keys of its author and of what actions on it are counted under. */
  readonly author: number;
  readonly target: number;
  readonly mayHoldTitle: boolean;
  /** Undefined where the index has not seen its text. */
  readonly fingerprint: Fingerprint | undefined;
  /** What people did with it; all 0 where nobody did anything. */
  readonly counts: Engagement;
  readonly followers: number;
}

interface FactsRow extends Engagement, Pick<RankingFacts, "kind" | "createdAt" | "author" | "target"> {
  readonly seq: number;
  readonly followers: number;
  readonly marks: number;
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
  const { kind, createdAt, author, target, followers, exact, similarHigh: high, similarLow: low } = row;
  const similar = high === null || low === null ? undefined : ([high, low] as const);
  return {
    kind,
    createdAt,
    author,
    target,
    followers,
    mayHoldTitle: isTitled(row.marks),
    fingerprint: { exact, similar },
    counts: row,
  };
}

const COUNTERS = [...Object.values(CLASS_COLUMN), "msats"];
const FACTS = `
  SELECT doc.seq AS seq, doc.kind AS kind, doc.created_at AS createdAt, doc.author AS author, doc.target AS target,
    doc.marks AS marks, doc.exact AS exact, doc.similar_high AS similarHigh, doc.similar_low AS similarLow,
    ifnull(a.followers, 0) AS followers,
    ${COUNTERS.map((name) => `ifnull(t.${name}, 0) AS ${name}`).join(", ")}
  FROM json_each(?) wanted CROSS JOIN doc ON doc.seq = wanted.value
    LEFT JOIN target t ON t.key = doc.target LEFT JOIN author a ON a.key = doc.author`;
