// The stored hits of one filter with a `search`: asked of a search engine at once, gated, and shown best first.

import type { Hit } from "../hot/contract.ts";
import type { Filter } from "../nostr/filter.ts";
import { isRefusal, type Refusal } from "../nostr/reason.ts";
import { type SearchCapabilities, unsupportedIn } from "../search/capability.ts";
import { parseSearch } from "../search/parse.ts";
import { mayRead } from "../policy/read.ts";
import type { SearchTask } from "./fulltext-protocol.ts";
import type { QueryContext, SearchPort } from "./planner.ts";
import type { RankedHits } from "./ranked-search.ts";
import type { HitSource, PullState } from "./source.ts";

/** Whatever answers searches: the full-text worker, or OpenSearch with the worker for the final order. */
export interface SearchEngine {
  search(task: SearchTask): Promise<RankedHits | Refusal>;
}

export interface SearchPortOptions {
  /** Milliseconds that one search may take. */
  readonly budgetMs: number;
  /** Events that are being erased (see QueryStores). */
  readonly hides: (hit: Hit) => boolean;
  /** A search without a limit (COUNT) looks at so many hits. */
  readonly hitsMax: number;
  readonly capabilities: SearchCapabilities;
}

/** More than asked for, because the reading gate may take some away. */
const SPARE_HITS = 20;

export function createSearchPort(engine: SearchEngine, options: SearchPortOptions): SearchPort {
  return {
    source: (filter, limit, context) => new SearchSource(engine, options, filter, limit, context),
  };
}

class SearchSource implements HitSource {
  readonly order = "rank";
  hasMore: boolean | undefined = undefined;
  error: Refusal | undefined = undefined;
  private readonly limit: number;
  private readonly context: QueryContext;
  private readonly hides: (hit: Hit) => boolean;
  private hits: readonly Hit[] | undefined;
  private head = 0;
  private closed = false;

  constructor(
    engine: SearchEngine,
    options: SearchPortOptions,
    filter: Filter,
    limit: number,
    context: QueryContext,
  ) {
    this.limit = Math.min(limit, options.hitsMax);
    this.context = context;
    this.hides = options.hides;
    const query = parseSearch(filter.search ?? "", { nowSeconds: context.now });
    if (isRefusal(query)) {
      this.fail(query);
      return;
    }
    const fault = unsupportedIn(query, options.capabilities);
    if (fault !== undefined) {
      this.fail(fault);
      return;
    }
    const task = {
      query,
      filter,
      limit: this.limit + SPARE_HITS,
      pageSize: this.limit,
      upToSeq: context.upToSeq,
      nowSeconds: context.now,
      budgetMs: options.budgetMs,
    };
    void engine.search(task).then((answer) => this.receive(answer));
  }

  pull(): PullState {
    if (this.error !== undefined) return "failed";
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

  private receive(answer: RankedHits | Refusal): void {
    if (this.closed) return;
    if (isRefusal(answer)) this.fail(answer);
    else {
      const { keys, now } = this.context;
      const readable = answer.hits.filter((hit) => mayRead(hit, keys, now) && !this.hides(hit));
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
