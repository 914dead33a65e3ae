// A parsed search and its filter as the body of an OpenSearch request: text scored, everything else only filtered.

import type { Filter } from "../nostr/filter.ts";
import { isReplaceableKind } from "../nostr/kind.ts";
import { isIndexedTagName } from "../nostr/tag.ts";
import { namesEvents, pastedEvents } from "../search/narrow.ts";
import {
  type Condition,
  conditionsOf,
  hasPositiveText,
  type Lookup,
  type Match,
  type Node,
  positiveMatches,
  type SearchQuery,
} from "../search/query.ts";
import { isRunFollowed } from "../search/tokenise.ts";
import { UNSEARCHABLE_KINDS } from "../search/text-of-event.ts";
import { analysed, partedAfterDigits } from "./analysis.ts";
import { filterQuery, type Query, type QueryLimits } from "./structural-query.ts";
import { tagTerm } from "./tag-values.ts";

export interface SearchBodyOptions extends QueryLimits {
  /** Hits wanted. */
  readonly size: number;
  /** Asks for most of the words instead of all of them: for a second try after nothing was found. */
  readonly relaxed?: boolean;
  /** Keys of this NIP-05 domain: events do not carry it, and whether it is theirs is not for them to say. */
  readonly authorsOfDomain?: (domain: string) => readonly string[];
}

/**
 * What a name, a title or a URL says weighs more, or less, than the text. What people say of themselves is short, and so
 * would come before what anybody wrote; those who are sought are sought by name.
 */
const TEXT_FIELDS = ["txt", "title^4", "name^8", "about^0.2", "url^0.5"];

/** What begins with fewer letters is a large part of everything, and means the first of those words alone. */
const STEM_LETTERS_MIN = 3;
/** Of words that begin alike, so many in the order of the dictionary: for short beginnings, and for the end of a phrase. */
const SHORT_EXPANSIONS_MAX = 64;
const PHRASE_EXPANSIONS_MAX = 512;

/** seq alone, as a doc value: a stored field, `_id` included, costs many times as much. */
const SEQ_ONLY = {
  _source: false,
  stored_fields: "_none_",
  docvalue_fields: ["seq"],
  track_total_hits: false,
};

/** What is hot, rising or disputed is younger than this. */
const LATELY_SECONDS = 7 * 86_400;

/**
 * The text score of OpenSearch alone: engagement, trust and age are weighed by the relay over the best few hundred, with
 * live counters. As features in the query they would make it look at every match of a common word.
 */
export function searchBody(query: SearchQuery, filter: Filter, options: SearchBodyOptions): Query {
  const sort = sortOf(query);
  return {
    size: options.size,
    ...SEQ_ONLY,
    ...(sort === undefined ? {} : { sort }),
    ...(query.options.distinctAuthor ? { collapse: { field: "pubkey" } } : {}),
    query: searchQuery(query, filter, options, sort === undefined),
  };
}

function searchQuery(query: SearchQuery, filter: Filter, options: SearchBodyOptions, scored = false): Query {
  const writer = new BodyWriter(options);
  const { filter: structural, must_not: excluded } = boolOf(filterQuery(filter, options));
  const conditions = [...structural, ...writer.conditions(query), ...writer.age(query)];
  const spam = query.options.includeSpam ? [] : [{ term: { spam: true } }];
  const hidden = [...excluded, ...spam, ...withoutText(query, filter)];
  const text = query.text === undefined ? [] : [writer.text(query.text, options.relaxed === true)];
  return scored
    ? { bool: { must: text, filter: conditions, must_not: hidden } }
    : { bool: { filter: [...text, ...conditions], must_not: hidden } };
}

/** Kinds that are no hits of this search (see mayBeHit); where words must be found, they are none by themselves. */
function withoutText(query: SearchQuery, filter: Filter): Query[] {
  if (namesEvents(query, filter) || hasPositiveText(query.text)) return [];
  const kinds = { terms: { kind: [...UNSEARCHABLE_KINDS].map(String) } };
  const pasted = pastedEvents(query).map(eventQuery);
  return [pasted.length === 0 ? kinds : { bool: { filter: [kinds], must_not: pasted } }];
}

/** People while somebody types their name: prefixes of names, whole names first, then those whom people trust. */
export function typeaheadBody(query: SearchQuery, filter: Filter, options: SearchBodyOptions): Query {
  const asked = positiveMatches(query.text)
    .map((match) => analysed(match.written))
    .join(" ");
  const { filter: structural, must_not: excluded } = boolOf(filterQuery(filter, options));
  return {
    size: options.size,
    ...SEQ_ONLY,
    query: {
      bool: {
        filter: [...structural, ...new BodyWriter(options).conditions(query)],
        must_not: excluded,
        must: [{ match: { "name.start": { query: asked, operator: "and" } } }],
        should: [
          { term: { "name.whole": { value: asked, boost: 10 } } },
          { match_phrase: { name: { query: asked, boost: 3 } } },
          { rank_feature: { field: "trust", boost: 5, saturation: { pivot: 8 } } },
        ],
      },
    },
  };
}

/** Words alone, all of which must be in a name: what typeaheadBody() can express. */
export function isPlainText({ text }: SearchQuery): boolean {
  const isPlain = (node: Node): boolean => node.type === "match" && !node.phrase;
  return text !== undefined && (text.type === "and" ? text.nodes.every(isPlain) : isPlain(text));
}

/** Would fewer of the words be fewer conditions? Two words stay two. */
export function canRelax({ text, sort }: SearchQuery): boolean {
  return (
    sort === "relevance" &&
    text?.type === "and" &&
    text.nodes.filter((node) => node.type === "match").length > 2
  );
}

/** A key that no field of the index answers; undefined when there is none. */
export function unindexedKey(query: SearchQuery): string | undefined {
  for (const condition of conditionsOf(query)) {
    if (condition.type === "tag" && tagField(condition.name) === undefined) return `tag:${condition.name}`;
  }
  return undefined;
}

function sortOf({ text, sort }: SearchQuery): Query[] | undefined {
  const newest = { created_at: "desc" };
  switch (sort) {
    case "relevance":
      return hasPositiveText(text) ? undefined : [newest];
    case "recent":
      return [newest];
    case "old":
      return [{ created_at: "asc" }];
    case "zaps":
      return [most("paid"), most("engaged"), newest];
    default:
      return [most("engaged"), newest];
  }
}

function most(field: string): Query {
  return { [field]: { order: "desc", missing: "_last" } };
}

class BodyWriter {
  private readonly options: SearchBodyOptions;

  constructor(options: SearchBodyOptions) {
    this.options = options;
  }

  text(node: Node, relaxed: boolean): Query {
    if (relaxed && node.type === "and") return this.mostOf(node.nodes);
    return this.node(node);
  }

  conditions(query: SearchQuery): Query[] {
    const groups = query.conditions.map((group) => {
      const any = anyOf(group.any.map((condition) => this.condition(condition)));
      return group.negated ? { bool: { must_not: [any] } } : any;
    });
    return query.lookups.length === 0 ? groups : [...groups, anyOf(query.lookups.map(lookupQuery))];
  }

  age({ sort }: SearchQuery): Query[] {
    if (sort !== "hot" && sort !== "rising" && sort !== "controversial") return [];
    const hour = Math.floor(this.options.nowSeconds / 3600) * 3600;
    return [{ range: { created_at: { gte: hour - LATELY_SECONDS } } }];
  }

  private node(node: Node): Query {
    switch (node.type) {
      case "match":
        return matchQuery(node);
      case "condition":
        return this.condition(node.condition);
      case "not":
        return { bool: { must_not: [this.node(node.node)] } };
      case "and":
        return this.all(node.nodes);
      case "or":
        return anyOf(node.nodes.map((each) => this.node(each)));
    }
  }

  private all(nodes: readonly Node[]): Query {
    const must: Query[] = [];
    const filter: Query[] = [];
    const unwanted: Query[] = [];
    for (const node of nodes) {
      if (node.type === "not") unwanted.push(this.node(node.node));
      else (hasPositiveText(node) ? must : filter).push(this.node(node));
    }
    return { bool: { must, filter, must_not: unwanted } };
  }

  /** Of up to five words one may be missing, of more of them four in ten; phrases and exclusions stay as they are. */
  private mostOf(nodes: readonly Node[]): Query {
    const isWord = (node: Node): node is Match => node.type === "match" && !node.phrase;
    const words = nodes.filter(isWord).map(matchQuery);
    const rest = this.all(nodes.filter((node) => !isWord(node)));
    return { bool: { must: [rest], should: words, minimum_should_match: "2<-1 5<60%" } };
  }

  private condition(condition: Condition): Query {
    switch (condition.type) {
      case "author":
        return { term: { pubkey: condition.pubkey } };
      case "kind":
        return { term: { kind: String(condition.kind) } };
      case "since":
        return { range: { created_at: { gte: condition.seconds } } };
      case "until":
        return { range: { created_at: { lte: condition.seconds } } };
      case "has":
        return { term: { has: condition.what } };
      case "hashtag":
        return { term: { hashtag: condition.value } };
      case "site":
        return { term: { site: condition.host } };
      case "domain":
        return this.domain(condition.domain);
      case "language":
        return { term: { lang: condition.code } };
      case "sentiment":
        return { term: { sentiment: condition.value } };
      case "protocol":
        return { term: { proto: condition.value } };
      case "client":
        return { term: { client: condition.value } };
      case "pow":
        return condition.bits === 0 ? { match_all: {} } : { range: { pow: { gte: condition.bits } } };
      case "tag":
        return tagField(condition.name) ?? { match_none: {} };
      case "nsfw":
        return { term: { nsfw: true } };
      case "lookup":
        return lookupQuery(condition.lookup);
    }
  }

  private domain(domain: string): Query {
    const authors = this.options.authorsOfDomain?.(domain) ?? [];
    return authors.length === 0 ? { match_none: {} } : { terms: { pubkey: authors } };
  }
}

/** A word that the analyzers take apart (3.14, 日本語) has to stand together, as in the relay's own index. */
function matchQuery(match: Match): Query {
  const parted = partedAfterDigits(match.written);
  if (parted === match.written) return writtenQuery(match, match.tokens.length > 1);
  return anyOf([
    writtenQuery(match, match.tokens.length > 1),
    writtenQuery({ ...match, written: parted }, true),
  ]);
}

function writtenQuery(match: Match, isParted: boolean): Query {
  const asked = { query: analysed(match.written), fields: TEXT_FIELDS };
  const word = { multi_match: { ...asked, type: "best_fields", operator: "and" } };
  if (!match.prefix && !match.phrase && !isParted) return word;
  if (match.prefix && !isParted && match.tokens[0]!.length >= STEM_LETTERS_MIN) {
    // However many words go on from it; the word itself comes first.
    const open = { multi_match: { ...asked, type: "bool_prefix", operator: "and" } };
    return { bool: { must: [open], should: [word] } };
  }
  // A run of three characters takes three places in the index, and two pairs when it is asked for. Where something follows
  // it, the places decide, so it is asked for as it is indexed.
  const phrase = isRunFollowed(match.tokens) ? { ...asked, analyzer: "prose" } : asked;
  const max_expansions = isParted ? PHRASE_EXPANSIONS_MAX : SHORT_EXPANSIONS_MAX;
  return match.prefix
    ? { multi_match: { ...phrase, type: "phrase_prefix", max_expansions } }
    : { multi_match: { ...phrase, type: "phrase" } };
}

/** Of 64 characters that may be a key as well, the one event. */
function eventQuery(lookup: Lookup): Query {
  return lookup.type === "hex" ? { term: { id: lookup.value } } : lookupQuery(lookup);
}

function lookupQuery(lookup: Lookup): Query {
  switch (lookup.type) {
    case "pubkey":
      return { term: { pubkey: lookup.pubkey } };
    case "event":
      return { term: { id: lookup.id } };
    case "hex":
      return anyOf([{ term: { id: lookup.value } }, { term: { pubkey: lookup.value } }]);
    case "address": {
      const { kind, pubkey, identifier } = lookup.address;
      const parts: Query[] = [{ term: { kind: String(kind) } }, { term: { pubkey } }];
      if (!isReplaceableKind(kind)) parts.push(identifierQuery(identifier));
      return { bool: { filter: parts } };
    }
  }
}

/** No `d` tag at all is the empty identifier too. */
function identifierQuery(identifier: string): Query {
  const isIt = { term: { "t.d": tagTerm(identifier) } };
  return identifier === "" ? anyOf([isIt, { bool: { must_not: [{ exists: { field: "t.d" } }] } }]) : isIt;
}

/** Tags without a value count too, but the index has only values: `content-warning` is known by what it means. */
function tagField(name: string): Query | undefined {
  if (isIndexedTagName(name)) return { exists: { field: `t.${name}` } };
  return name === "content-warning" ? { term: { nsfw: true } } : undefined;
}

function anyOf(queries: readonly Query[]): Query {
  if (queries.length === 0) return { match_none: {} };
  return queries.length === 1 ? queries[0]! : { bool: { should: queries, minimum_should_match: 1 } };
}

function boolOf(query: Query): { filter: Query[]; must_not: Query[] } {
  return (query as { bool: { filter: Query[]; must_not: Query[] } }).bool;
}
