// What of a search and its filter the full-text index can decide, and what must be checked on each event.

import type { Filter } from "../nostr/filter.ts";
import type { Condition, ConditionGroup, SearchQuery } from "../search/query.ts";
import { hashtagKey } from "../search/tokenise.ts";
import { markOf } from "./fulltext-facets.ts";

export interface FulltextPlan {
  /** A condition of SQL on the row `doc`, with its values in it as numbers; empty for none. */
  readonly where: string;
  /** Undefined means every kind. */
  readonly kinds: ReadonlySet<number> | undefined;
  /** What the expression of FTS5 has to express beside the text. */
  readonly groups: readonly ConditionGroup[];
  /** True when hits must be checked against filter and query even if the expression is exact. */
  readonly check: boolean;
}

/** More values than these are checked on the events instead of being looked up. */
const VALUES_MAX = 128;

export function planFulltext(query: SearchQuery, filter: Filter): FulltextPlan {
  const terms: string[] = [];
  const groups: ConditionGroup[] = [];
  let kinds = filter.kinds === undefined ? undefined : new Set(filter.kinds);
  let check = query.lookups.length > 0 || filter.ids !== undefined || filter.tags.length > 0;
  if (filter.since !== undefined) terms.push(`doc.created_at >= ${filter.since}`);
  if (filter.until !== undefined) terms.push(`doc.created_at <= ${filter.until}`);
  if (filter.authors !== undefined) {
    if (filter.authors.length > VALUES_MAX) check = true;
    else groups.push({ any: filter.authors.map((pubkey) => ({ type: "author", pubkey })), negated: false });
  }
  groups.push(...hashtagGroups(filter));
  for (const group of query.conditions) {
    const named = group.negated ? undefined : kindsOf(group.any);
    if (named !== undefined) kinds = kinds === undefined ? named : kinds.intersection(named);
    else {
      const term = termOf(group);
      if (term === undefined) groups.push(group);
      else terms.push(term);
    }
  }
  if (kinds !== undefined) terms.push(`doc.kind IN (${[...kinds].join(", ")})`);
  return { where: terms.join(" AND "), kinds, groups, check };
}

/** A `t` tag in a filter is compared exactly: its folded form narrows, the check decides. */
function hashtagGroups(filter: Filter): ConditionGroup[] {
  return filter.tags.flatMap((tag) => {
    if (tag.name !== "t" || tag.values.length > VALUES_MAX) return [];
    const any: Condition[] = tag.values.map((value) => ({ type: "hashtag", value: hashtagKey(value) }));
    return tag.mode === "any"
      ? [{ any, negated: false }]
      : any.map((each) => ({ any: [each], negated: false }));
  });
}

function kindsOf(any: readonly Condition[]): Set<number> | undefined {
  const kinds = any.flatMap((each) => (each.type === "kind" ? [each.kind] : []));
  return kinds.length === any.length ? new Set(kinds) : undefined;
}

/** The group as SQL, where the row can tell. Every value in it is a number, or two letters a to z. */
function termOf({ any, negated }: ConditionGroup): string | undefined {
  const terms: string[] = [];
  for (const condition of any) {
    const mark = markOf(condition);
    if (mark !== undefined) terms.push(`doc.marks & ${mark} <> 0`);
    else if (condition.type === "since") terms.push(`doc.created_at >= ${condition.seconds}`);
    else if (condition.type === "until") terms.push(`doc.created_at <= ${condition.seconds}`);
    else if (condition.type === "kind") terms.push(`doc.kind = ${condition.kind}`);
    else if (condition.type === "language" && /^[a-z]{2}$/.test(condition.code)) {
      terms.push(`doc.language = '${condition.code}'`);
    } else return undefined;
  }
  return `${negated ? "NOT " : ""}(${terms.join(" OR ")})`;
}
