// A parsed search: what NIP-50 text means, as plain data that crosses threads.

import type { Address } from "../nostr/address.ts";

/** Everything in it must hold: text, one of the lookups, and every condition. */
export interface SearchQuery {
  /** Undefined when nothing but keys was written (`sort:hot`): then the search is a filter with an order. */
  readonly text: Node | undefined;
  /** Identifiers that were pasted: an event must be one of them, or by one of them. Empty means no restriction. */
  readonly lookups: readonly Lookup[];
  readonly conditions: readonly ConditionGroup[];
  readonly sort: Sort;
  readonly options: SearchOptions;
}

export type Node =
  | Match
  | { readonly type: "condition"; readonly condition: Condition }
  | { readonly type: "and" | "or"; readonly nodes: readonly Node[] }
  | { readonly type: "not"; readonly node: Node };

/** `tokens` stand consecutively in one field. */
export interface Match {
  readonly type: "match";
  /** Without quotes and star. */
  readonly written: string;
  /** Never empty. */
  readonly tokens: readonly string[];
  readonly phrase: boolean;
  /** The last token may go on. */
  readonly prefix: boolean;
}

/** One of `any` must hold, or none of them when negated. */
export interface ConditionGroup {
  readonly any: readonly Condition[];
  readonly negated: boolean;
}

export type Attachment = "image" | "video" | "audio" | "media" | "link" | "reply" | "quote";
export type Protocol = string;

export const SENTIMENTS = ["positive", "negative", "neutral"] as const;
export type Sentiment = (typeof SENTIMENTS)[number];

/** What a `key:value` or a #tag asks of an event. */
export type Condition =
  | { readonly type: "author"; readonly pubkey: string }
  | { readonly type: "kind"; readonly kind: number }
  /** created_at, unix seconds, inclusive. */
  | { readonly type: "since" | "until"; readonly seconds: number }
  | { readonly type: "has"; readonly what: Attachment }
  /** Lower case. */
  | { readonly type: "hashtag"; readonly value: string }
  /** A host, or a domain above it, in lower case. */
  | { readonly type: "site"; readonly host: string }
  /** Domain of the NIP-05 identifier that the author claims. */
  | { readonly type: "domain"; readonly domain: string }
  /** ISO 639-1. */
  | { readonly type: "language"; readonly code: string }
  | { readonly type: "sentiment"; readonly value: Sentiment }
  /** Where a bridged event came from (NIP-48); `nostr` means not bridged. */
  | { readonly type: "protocol"; readonly value: Protocol }
  /** Name or handler address of a `client` tag (NIP-89). */
  | { readonly type: "client"; readonly value: string }
  | { readonly type: "pow"; readonly bits: number }
  | { readonly type: "tag"; readonly name: string }
  | { readonly type: "nsfw" }
  | { readonly type: "lookup"; readonly lookup: Lookup };

export type Lookup =
  | { readonly type: "pubkey"; readonly pubkey: string }
  | { readonly type: "event"; readonly id: string }
  | { readonly type: "address"; readonly address: Address }
  /** 64 hex characters: an id or a key, nobody knows which. */
  | { readonly type: "hex"; readonly value: string };

const SORTS = ["relevance", "recent", "old", "top", "hot", "rising", "controversial", "zaps"] as const;
export type Sort = (typeof SORTS)[number];

export interface SearchOptions {
  readonly includeSpam: boolean;
  /** The last word may go on, as in a search box; undefined leaves it to the kinds asked for. */
  readonly autocomplete: boolean | undefined;
  readonly distinctAuthor: boolean;
}

/** Met by no event: what is left of a text in which nothing can be looked for, such as `:)`. */
export const UNMATCHABLE: Node = { type: "or", nodes: [] };

/** Does anything in the text have to be found, or does it only exclude? */
export function hasPositiveText(node: Node | undefined): boolean {
  if (node === undefined || node.type === "not" || node.type === "condition") return false;
  if (node.type === "match") return true;
  return node.type === "and" ? node.nodes.some(hasPositiveText) : node.nodes.every(hasPositiveText);
}

/** Every match that counts towards a hit, in order: those under a `not` are left out. */
export function positiveMatches(node: Node | undefined): Match[] {
  if (node === undefined || node.type === "not" || node.type === "condition") return [];
  return node.type === "match" ? [node] : node.nodes.flatMap(positiveMatches);
}

/** A word that may be cut short in a second try: shorter ones would find anything. */
const STEM_LENGTH_MIN = 4;

/**
 * Weaker forms of a query that has found nothing, the nearest first: words may go on (node finds nodes), then one word
 * may be missing. Empty for phrases, alternatives and everything else that says exactly what it wants.
 */
export function relaxations(query: SearchQuery): SearchQuery[] {
  const { text } = query;
  const nodes = text?.type === "and" ? text.nodes : text === undefined ? [] : [text];
  const isWord = (node: Node): node is Match => node.type === "match" && !node.phrase;
  const words = nodes.filter(isWord);
  if (words.length === 0 || query.sort !== "relevance") return [];
  const open = (node: Node): Node =>
    isWord(node) && node.tokens.at(-1)!.length >= STEM_LENGTH_MIN ? { ...node, prefix: true } : node;
  const opened: SearchQuery = { ...query, text: joined("and", nodes.map(open)) };
  if (words.length < 3 || words.length > 8) return [opened];
  const rest = nodes.filter((node) => !isWord(node));
  const allButOne = words.map((missing) =>
    joined(
      "and",
      words.filter((word) => word !== missing),
    ),
  );
  return [opened, { ...query, text: joined("and", [...rest, joined("or", allButOne)]) }];
}

function joined(type: "and" | "or", nodes: readonly Node[]): Node {
  return nodes.length === 1 ? nodes[0]! : { type, nodes };
}

/** The query with its last word left open, as in a search box where somebody is still typing. */
export function withOpenEnd(query: SearchQuery): SearchQuery {
  return query.text === undefined ? query : { ...query, text: openEnd(query.text) };
}

function openEnd(node: Node): Node {
  if (node.type === "match") return node.phrase ? node : { ...node, prefix: true };
  const last = node.type === "and" || node.type === "or" ? node.nodes.at(-1) : undefined;
  if (last === undefined || (node.type !== "and" && node.type !== "or")) return node;
  return { type: node.type, nodes: [...node.nodes.slice(0, -1), openEnd(last)] };
}

/** Every condition, wherever it stands. */
export function conditionsOf(query: SearchQuery): Condition[] {
  const inside = (node: Node): Condition[] => {
    if (node.type === "condition") return [node.condition];
    if (node.type === "match") return [];
    return node.type === "not" ? inside(node.node) : node.nodes.flatMap(inside);
  };
  const inText = query.text === undefined ? [] : inside(query.text);
  return [...query.conditions.flatMap((group) => group.any), ...inText];
}
