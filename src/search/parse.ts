// NIP-50 search text to a SearchQuery: phrases, exclusion, OR, brackets, #tags, pasted identifiers and `key:value`.

import { isRefusal, type Refusal, refuse } from "../nostr/reason.ts";
import { type KeyMeaning, readKey, readLookup } from "./condition.ts";
import { type Lexeme, lex } from "./lex.ts";
import {
  type Condition,
  type ConditionGroup,
  type Lookup,
  type Match,
  type Node,
  type SearchOptions,
  type SearchQuery,
  type Sort,
  UNMATCHABLE,
} from "./query.ts";
import { hashtagKey, queryTokens } from "./tokenise.ts";
import { asRead, isWebUrl } from "./url.ts";

export interface ParseOptions {
  /** What `since:2w` counts back from. */
  readonly nowSeconds: number;
}

/** Words, phrases and conditions together. */
export const TERMS_MAX = 24;
const OR_BRANCHES_MAX = 8;
const DEPTH_MAX = 3;
/** A shorter stem would match a large part of everything. */
const PREFIX_LENGTH_MIN = 3;

const TOO_MANY_TERMS = refuse(
  "invalid",
  `search has more than ${TERMS_MAX} words and conditions; please shorten it`,
);

/** Conditions that no event can meet twice over: written side by side they mean one of them. */
const ALTERNATIVES: ReadonlySet<Condition["type"]> = new Set([
  "author",
  "kind",
  "language",
  "site",
  "domain",
  "protocol",
  "client",
  "sentiment",
]);

/**
 * Parses the `search` of a filter, whose length the gateway has bounded. Refuses (`invalid:`) what exceeds another bound or
 * what a known key cannot read.
 */
export function parseSearch(text: string, options: ParseOptions): SearchQuery | Refusal {
  return new SearchParser(lex(text), options.nowSeconds).parse();
}

type Term = Extract<Lexeme, { readonly text: string }>;

class SearchParser {
  private at = 0;
  private terms = 0;
  private depth = 0;
  private readonly wholeQuery: Node[] = [];
  private sawUnsearchable = false;
  private sort: Sort | undefined;
  private options: SearchOptions = { includeSpam: false, autocomplete: undefined, distinctAuthor: false };
  private readonly lexemes: readonly Lexeme[];
  private readonly nowSeconds: number;

  constructor(lexemes: readonly Lexeme[], nowSeconds: number) {
    this.lexemes = lexemes;
    this.nowSeconds = nowSeconds;
  }

  parse(): SearchQuery | Refusal {
    const nodes: Node[] = [];
    while (this.at < this.lexemes.length) {
      const node = this.alternatives();
      if (node !== undefined && isFault(node)) return node;
      if (node !== undefined) nodes.push(node);
      // A closing bracket that nobody opened stands between two halves; both count.
      if (this.lexemes[this.at]?.type === "close") this.at++;
    }
    nodes.push(...this.wholeQuery);
    const root = nodes.length === 0 && this.sawUnsearchable ? UNMATCHABLE : together("and", nodes);
    return { ...hoist(root), sort: this.sort ?? "relevance", options: this.options };
  }

  /** Branches parted by OR, up to a closing bracket or the end. Undefined when nothing searchable stands there. */
  private alternatives(): Node | Refusal | undefined {
    const branches: Node[] = [];
    for (;;) {
      const branch = this.sequence();
      if (branch !== undefined && isFault(branch)) return branch;
      if (branch !== undefined) branches.push(branch);
      if (branches.length > OR_BRANCHES_MAX) {
        return refuse(
          "invalid",
          `search joins more than ${OR_BRANCHES_MAX} alternatives with OR; please split it`,
        );
      }
      if (this.lexemes[this.at]?.type !== "or") return together("or", branches);
      this.at++;
    }
  }

  private sequence(): Node | Refusal | undefined {
    const nodes: Node[] = [];
    for (;;) {
      const lexeme = this.lexemes[this.at];
      if (lexeme === undefined || lexeme.type === "close" || lexeme.type === "or")
        return together("and", nodes);
      const node = lexeme.type === "open" ? this.group(lexeme.negated) : this.term(lexeme);
      if (node === undefined) continue;
      if (isFault(node)) return node;
      nodes.push(node);
    }
  }

  private group(negated: boolean): Node | Refusal | undefined {
    if (++this.depth > DEPTH_MAX)
      return refuse("invalid", `search nests brackets more than ${DEPTH_MAX} deep`);
    this.at++;
    const node = this.alternatives();
    this.depth--;
    if (this.lexemes[this.at]?.type === "close") this.at++;
    return node === undefined || isFault(node) || !negated ? node : negate(node);
  }

  private term({ type, text, negated }: Term): Node | Refusal | undefined {
    this.at++;
    const node = type === "phrase" ? this.match(text, true) : this.word(text, negated);
    if (node === undefined || isFault(node)) return node;
    if (++this.terms > TERMS_MAX) return TOO_MANY_TERMS;
    return negated ? negate(node) : node;
  }

  private word(text: string, negated: boolean): Node | Refusal | undefined {
    const lookup = readLookup(text);
    if (lookup !== undefined) return { type: "condition", condition: { type: "lookup", lookup } };
    if (/^[#＃][^#＃\s]/u.test(text)) return hashtagNode(text.slice(1));
    const meaning = readKey(text, this.nowSeconds);
    if (isRefusal(meaning)) return meaning;
    if (meaning.type === "text") return this.match(text, false);
    if (meaning.type !== "condition") {
      this.choose(meaning);
      return undefined;
    }
    const node: Node = { type: "condition", condition: meaning.condition };
    const meant = meaning.negated ? negate(node) : node;
    if (meaning.operand || this.depth > 0) return meant;
    // Clients append such keys to whatever their user typed (`a OR b language:en`): they hold for the whole query.
    if (++this.terms > TERMS_MAX) return TOO_MANY_TERMS;
    this.wholeQuery.push(negated ? negate(meant) : meant);
    return undefined;
  }

  private choose(meaning: KeyMeaning): void {
    if (meaning.type === "sort") this.sort ??= meaning.sort;
    if (meaning.type === "spam") this.options = { ...this.options, includeSpam: true };
    if (meaning.type === "autocomplete") this.options = { ...this.options, autocomplete: meaning.on };
    if (meaning.type === "distinct") this.options = { ...this.options, distinctAuthor: true };
  }

  private match(text: string, phrase: boolean): Match | undefined {
    const match = matchOf(text, phrase);
    this.sawUnsearchable ||= match === undefined && /\S/.test(text);
    return match;
  }
}

function isFault(node: Node | Refusal): node is Refusal {
  return isRefusal(node);
}

function hashtagNode(text: string): Node | undefined {
  const value = hashtagKey(text.replace(/[.,;:!?…)\]、。！？）」』】]+$/u, ""));
  return value === "" ? undefined : { type: "condition", condition: { type: "hashtag", value } };
}

function matchOf(text: string, phrase: boolean): Match | undefined {
  const written = text.replace(/\*+$/, "");
  const bare = isWebUrl(written) ? asRead(written).replace(/^https?:\/\/(?:www\.)?/i, "") : written;
  const tokens = queryTokens(bare);
  if (tokens.length === 0) return undefined;
  const prefix = !phrase && text.endsWith("*") && tokens.at(-1)!.length >= PREFIX_LENGTH_MIN;
  return { type: "match", written: bare, tokens, phrase, prefix };
}

function negate(node: Node): Node {
  return node.type === "not" ? node.node : { type: "not", node };
}

function together(type: "and" | "or", nodes: readonly Node[]): Node | undefined {
  if (nodes.length < 2) return nodes[0];
  return { type, nodes: nodes.flatMap((node) => (node.type === type ? node.nodes : [node])) };
}

/** Takes the conditions and lookups that hold for the whole query out of the tree, so that indexes can serve them. */
function hoist(root: Node | undefined): Pick<SearchQuery, "text" | "lookups" | "conditions"> {
  const parts = root === undefined ? [] : root.type === "and" ? root.nodes : [root];
  const rest: Node[] = [];
  const lookups: Lookup[] = [];
  const alternatives = new Map<string, Condition[]>();
  const groups: ConditionGroup[] = [];
  for (const part of parts) {
    if (part.type === "not" && part.node.type === "condition") {
      groups.push({ any: [part.node.condition], negated: true });
    } else if (part.type !== "condition") rest.push(part);
    else if (part.condition.type === "lookup") lookups.push(part.condition.lookup);
    else if (ALTERNATIVES.has(part.condition.type)) {
      alternatives.set(part.condition.type, [
        ...(alternatives.get(part.condition.type) ?? []),
        part.condition,
      ]);
    } else groups.push({ any: [part.condition], negated: false });
  }
  for (const any of alternatives.values()) groups.push({ any, negated: false });
  return { text: together("and", rest), lookups, conditions: groups };
}
