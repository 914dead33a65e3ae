// The stored hits of one filter with a `search`: asked of a search engine at once, gated, and shown best first or counted.

import type { Hit } from "../hot/contract.ts";
import type { FulltextCount } from "../hot/fulltext-contract.ts";
import type { Filter } from "../nostr/filter.ts";
import { isRefusal, type Refusal } from "../nostr/reason.ts";
import { type SearchCapabilities, unsupportedIn } from "../search/capability.ts";
import { parseSearch } from "../search/parse.ts";
import { conditionsOf, hasPositiveText, type SearchQuery } from "../search/query.ts";
import { privateReadersOf } from "../policy/private-kinds.ts";
import { mayRead } from "../policy/read.ts";
import { HitCount } from "./count-source.ts";
import type { SearchTask } from "./fulltext-protocol.ts";
import type { QueryContext, SearchPort } from "./planner.ts";
import { firstOfAuthors, type RankedHits } from "./ranked-search.ts";
import { isCountableUnseen, SearchCount } from "./search-count.ts";
import type { Asker } from "./search-line.ts";
import type { HitSource, PullState } from "./source.ts";

/** Whatever answers searches: the full-text worker, or OpenSearch with the worker for the final order. */
export interface SearchEngine {
  search(task: SearchTask, asker: Asker): Promise<RankedHits | Refusal>;
}

/** Tells how many events a search finds. */
export interface SearchCounter {
  count(task: SearchTask, asker: Asker): Promise<FulltextCount | Refusal>;
}

export interface SearchPortOptions {
  readonly numbers: SearchCounter;
  /** Milliseconds that one search may take. */
  readonly budgetMs: number;
  /** Events that are being erased (see QueryStores). */
  readonly hides: (hit: Hit) => boolean;
  /** A search without a limit looks at so many hits. */
  readonly hitsMax: number;
  readonly capabilities: SearchCapabilities;
}

/**
 * More than asked for, because the reading gate may take some away, and what was just deleted may still be indexed; where
 * that takes more, so many times as many are asked for.
 */
const SPARE_HITS = 20;
const ASKED_AGAIN = 8;
/** COUNT looks at so many hits one by one before it asks for a number: it shows them in milliseconds. */
const COUNTED_HITS_MAX = 500;

export function createSearchPort(engine: SearchEngine, options: SearchPortOptions): SearchPort {
  const source = (filter: Filter, limit: number, context: QueryContext): SearchSource =>
    new SearchSource(engine, options, taskOf(filter, limit, context, options), context);
  return {
    source,
    count: (filter, context) => {
      const task = taskOf(filter, COUNTED_HITS_MAX, context, options);
      if (isRefusal(task) || !isCountableUnseen(task.query))
        return new HitCount(source(filter, Number.POSITIVE_INFINITY, context));
      const hits = new SearchSource(engine, options, task, context);
      return new SearchCount(hits, () => options.numbers.count(task, hits.asker), context.wake);
    },
  };
}

interface GatedTask extends SearchTask {
  /** Is one hit of each author chosen here, past the gate, and not by the engine? */
  readonly choosesAuthors: boolean;
}

/** A refusal where the search cannot be read, or is for something that this relay has no means for. */
function taskOf(
  filter: Filter,
  limit: number,
  { now: nowSeconds, upToSeq }: QueryContext,
  { hitsMax, budgetMs, capabilities }: SearchPortOptions,
): GatedTask | Refusal {
  const query = parseSearch(filter.search ?? "", { nowSeconds });
  if (isRefusal(query)) return query;
  const fault = unsupportedIn(query, capabilities);
  if (fault !== undefined) return fault;
  const pageSize = Math.min(limit, hitsMax);
  const choosesAuthors = choosesPastGate(query, filter);
  return {
    query: choosesAuthors ? everyHit(query) : query,
    choosesAuthors,
    filter,
    limit: pageSize + SPARE_HITS,
    pageSize,
    upToSeq,
    nowSeconds,
    budgetMs,
  };
}

/** Is one hit of each author wanted, where an engine might choose one that the asker may not read? Texts are public. */
function choosesPastGate(query: SearchQuery, filter: Filter): boolean {
  if (!query.options.distinctAuthor || hasPositiveText(query.text)) return false;
  const named = conditionsOf(query).flatMap((each) => (each.type === "kind" ? [each.kind] : []));
  return [...named, ...(filter.kinds ?? [])].some((kind) => privateReadersOf(kind) !== undefined);
}

function everyHit(query: SearchQuery): SearchQuery {
  return { ...query, options: { ...query.options, distinctAuthor: false } };
}

class SearchSource implements HitSource {
  readonly order = "rank";
  hasMore: boolean | undefined = undefined;
  error: Refusal | undefined = undefined;
  readonly asker: Asker;
  private readonly engine: SearchEngine;
  private readonly options: SearchPortOptions;
  private readonly limit: number;
  private readonly context: QueryContext;
  private unasked: GatedTask | undefined;
  private hits: readonly Hit[] | undefined;
  private head = 0;
  private closed = false;

  constructor(
    engine: SearchEngine,
    options: SearchPortOptions,
    task: GatedTask | Refusal,
    context: QueryContext,
  ) {
    this.engine = engine;
    this.options = options;
    this.context = context;
    this.asker = { client: context.client, isGone: () => this.closed };
    this.limit = isRefusal(task) ? 0 : task.pageSize;
    if (isRefusal(task)) this.fail(task);
    else this.unasked = task;
  }

  /** Asks when it is first looked at: nothing is searched for a reader that takes nothing. */
  pull(): PullState {
    if (this.error !== undefined) return "failed";
    const task = this.unasked;
    this.unasked = undefined;
    if (task !== undefined && !this.closed) this.ask(task);
    if (this.hits === undefined) return this.closed ? "ended" : "waiting";
    return this.head < this.hits.length ? "ready" : "ended";
  }

  peek(): Hit {
    return this.hits![this.head]!;
  }

  shift(): void {
    this.head++;
  }

  close(): void {
    this.closed = true;
    this.hits = [];
  }

  private ask(task: GatedTask): void {
    void this.engine.search(task, this.asker).then((answer) => this.receive(answer, task));
  }

  private receive(answer: RankedHits | Refusal, task: GatedTask): void {
    if (this.closed) return;
    if (isRefusal(answer)) this.fail(answer);
    else {
      const { keys, now } = this.context;
      const { hides, hitsMax } = this.options;
      const gated = answer.hits.filter((hit) => mayRead(hit, keys, now) && !hides(hit));
      const readable = task.choosesAuthors ? firstOfAuthors(gated) : gated;
      const isThinned = answer.isThinned === true || readable.length < answer.hits.length;
      const isShort = readable.length < this.limit && isThinned && !answer.complete;
      const limitMax = hitsMax + SPARE_HITS;
      if (isShort && task.limit < limitMax)
        return this.ask({ ...task, limit: Math.min(task.limit * ASKED_AGAIN, limitMax) });
      this.hits = readable.slice(0, this.limit);
      this.hasMore = readable.length > this.limit ? true : answer.complete ? false : undefined;
    }
    this.context.wake();
  }

  private fail(refusal: Refusal): void {
    this.hits = [];
    this.error = refusal;
  }
}
