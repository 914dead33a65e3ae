// A search tree as an FTS5 expression: built from tokens and hashes only, never from what somebody typed.

import type { Condition, ConditionGroup, Match, Node } from "../search/query.ts";
import { facetOf } from "./fulltext-facets.ts";

/**
 * Finds every event that meets the tree. When not `exact` it finds others too, and each hit must be checked.
 * `everything` and `nothing` need no index.
 */
export type Expression =
  | { readonly type: "match"; readonly text: string; readonly exact: boolean }
  | { readonly type: "everything"; readonly exact: boolean }
  | { readonly type: "nothing" };

/** Columns of a table that hold text, in its order. */
export type TextColumns = "title body url" | "name body url";

/** Words of the facet column that stand for a condition. */
export interface Facets {
  readonly words: readonly string[];
  /** False where they may stand for too much, or too little. */
  readonly exact: boolean;
}

/** Undefined when only the event itself can tell. */
export type FacetsFor = (condition: Condition) => Facets | undefined;

const NOTHING: Expression = { type: "nothing" };

export function expressionOf(
  node: Node | undefined,
  groups: readonly ConditionGroup[],
  columns: TextColumns,
  facetsFor: FacetsFor = singleFacet,
): Expression {
  const writer = new ExpressionWriter(columns, facetsFor);
  const parts = groups.map((group) => {
    const any = writer.either(group.any.map((each) => writer.condition(each)));
    return group.negated ? { not: any } : any;
  });
  return writer.all(node === undefined ? parts : [writer.part(node), ...parts]);
}

export function singleFacet(condition: Condition): Facets | undefined {
  const word = facetOf(condition);
  return word === undefined ? undefined : { words: [word], exact: true };
}

type Part = Expression | { readonly not: Expression };

class ExpressionWriter {
  private readonly columns: TextColumns;
  private readonly facetsFor: FacetsFor;

  constructor(columns: TextColumns, facetsFor: FacetsFor) {
    this.columns = columns;
    this.facetsFor = facetsFor;
  }

  part(node: Node): Part {
    return node.type === "not" ? { not: this.expression(node.node) } : this.expression(node);
  }

  /** AND; what is excluded needs something to be taken from, as FTS5 has no NOT of its own. */
  all(parts: readonly Part[]): Expression {
    const wanted: string[] = [];
    const unwanted: string[] = [];
    let exact = true;
    for (const part of parts) {
      if ("not" in part) {
        // What finds too much must not be taken away: the hits are checked instead.
        if (part.not.type === "match" && part.not.exact) unwanted.push(part.not.text);
        else if (part.not.type !== "nothing") exact = false;
      } else if (part.type === "nothing") return NOTHING;
      else {
        if (part.type === "match") wanted.push(part.text);
        exact &&= part.exact;
      }
    }
    if (wanted.length === 0) return { type: "everything", exact: exact && unwanted.length === 0 };
    const positive = wanted.join(" AND ");
    const text = unwanted.length === 0 ? positive : `(${positive}) NOT (${unwanted.join(" OR ")})`;
    return { type: "match", text: `(${text})`, exact };
  }

  /** OR. One branch that the index cannot narrow makes the whole of it unbounded. */
  either(branches: readonly Expression[]): Expression {
    const texts: string[] = [];
    let exact = true;
    for (const branch of branches) {
      if (branch.type === "everything") return branch;
      if (branch.type === "nothing") continue;
      texts.push(branch.text);
      exact &&= branch.exact;
    }
    return texts.length === 0 ? NOTHING : { type: "match", text: `(${texts.join(" OR ")})`, exact };
  }

  condition(condition: Condition): Expression {
    const facets = this.facetsFor(condition);
    if (facets === undefined) return { type: "everything", exact: false };
    if (facets.words.length === 0) return NOTHING;
    const text = facets.words.map((word) => `"${word}"`).join(" OR ");
    return { type: "match", text: `facet : (${text})`, exact: facets.exact };
  }

  private expression(node: Node): Expression {
    switch (node.type) {
      case "match":
        return { type: "match", text: `{${this.columns}} : ${phraseOf(node)}`, exact: true };
      case "condition":
        return this.condition(node.condition);
      case "and":
        return this.all(node.nodes.map((each) => this.part(each)));
      case "or":
        return this.either(node.nodes.map((each) => this.expression(each)));
      case "not":
        return this.all([{ not: this.expression(node.node) }]);
    }
  }
}

/** Tokens hold letters, digits, marks and emoji only, so nothing in them needs escaping. */
function phraseOf(match: Match): string {
  return `"${match.tokens.join(" ")}"${match.prefix ? " *" : ""}`;
}
