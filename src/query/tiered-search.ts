// Searches over both stores: OpenSearch for all that was ever stored, the hot index for the last moments and as fallback.

import type { ColdSearch } from "../cold/search.ts";
import type { Hit } from "../hot/contract.ts";
import { pubkeyOfJson } from "../nostr/event-json.ts";
import { Kind } from "../nostr/kind.ts";
import { isRefusal, type Refusal } from "../nostr/reason.ts";
import { dateOrder } from "../search/order.ts";
import { conditionsOf, type SearchQuery } from "../search/query.ts";
import { admitCold } from "./cold-source.ts";
import type { FulltextService } from "./fulltext-service.ts";
import type { SearchTask } from "./fulltext-protocol.ts";
import type { History } from "./history.ts";
import { candidatesFor, firstOfAuthors, type RankedHits, type ScoredSeq } from "./ranked-search.ts";
import type { LinedUp } from "./search-line.ts";

export interface TieredSearchOptions {
  /** The index of the hot store; it also puts hits of either store into their final order. */
  readonly hot: Pick<FulltextService, "search" | "order">;
  readonly cold: Pick<ColdSearch, "search">;
  /** Everything up to this seq shows in searches of the cold store; undefined where it may hold another log's events. */
  readonly visibleSeq: () => number | undefined;
  /** Where events may have left the hot store: hits that it no longer holds are fetched and admitted through this. */
  readonly history: Pick<History, "cold" | "evictions" | "isWhole"> | undefined;
}

/** Authors of one domain that a search looks at; with more, the answer is not whole. */
const AUTHORS_OF_DOMAIN_MAX = 5000;
/** How far back the hot store is walked for what OpenSearch does not show yet, where no words lead to it. */
const FRESH_SECONDS = 60;
/** A hit of the last moments has no score of OpenSearch's; it starts in the middle. */
const FRESH_SCORE = 0.5;

export class TieredSearch implements Pick<LinedUp, "search"> {
  private readonly options: TieredSearchOptions;

  constructor(options: TieredSearchOptions) {
    this.options = options;
  }

  async search(task: SearchTask): Promise<RankedHits | Refusal> {
    const { hot, cold } = this.options;
    if (livesOnCounters(task.query)) return hot.search(task);
    const visibleSeq = this.options.visibleSeq();
    if (visibleSeq === undefined) return this.withoutCold(task);
    const { query, filter, nowSeconds, upToSeq } = task;
    const size = candidatesFor(query, task.limit);
    const domains = await this.authorsOf(domainsIn(query), task);
    const authorsOfDomain = (domain: string): readonly string[] => domains.authors.get(domain) ?? [];
    const [answer, fresh] = await Promise.all([
      cold.search(query, filter, { size, nowSeconds, upToSeq, authorsOfDomain }),
      this.fresh(task, visibleSeq),
    ]);
    if (isRefusal(answer)) return answer;
    if (answer.type !== "answered") return this.withoutCold(task);
    // What nearly has the words is for when nothing has them, and OpenSearch has not seen the last moments.
    const isOutdone = answer.value.isWeaker === true && fresh.hits.length > 0;
    const candidates = withFresh(isOutdone ? [] : answer.value.candidates, fresh.hits);
    const ordered = await hot.order(task, candidates);
    if (isRefusal(ordered)) return ordered;
    const evicted = await this.evicted(ordered.absent, task.limit);
    const hits = merged(query, candidates, ordered.hits, evicted.hits);
    const parts = [answer.value, fresh, ordered, evicted, domains];
    return {
      hits: hits.slice(0, task.limit),
      complete:
        parts.every(({ complete }) => complete) &&
        !answer.isPartial &&
        hits.length <= task.limit &&
        this.options.history?.isWhole() !== false,
      isThinned: fresh.isThinned === true || ordered.absent.length > evicted.hits.length,
    };
  }

  /** What OpenSearch does not show yet. */
  private async fresh(task: SearchTask, afterSeq: number): Promise<RankedHits> {
    if (afterSeq >= task.upToSeq) return { hits: [], complete: true };
    const fresh = { afterSeq, sinceSeconds: task.nowSeconds - FRESH_SECONDS };
    const answer = await this.options.hot.search({ ...task, fresh });
    return isRefusal(answer) ? { hits: [], complete: false } : answer;
  }

  /** The hot index alone cannot say that it has shown everything. */
  private async withoutCold(task: SearchTask): Promise<RankedHits | Refusal> {
    const answer = await this.options.hot.search(task);
    return isRefusal(answer) ? answer : { ...answer, complete: false };
  }

  /** Whose domain it is, the hot index knows: every profile stands in it. */
  private async authorsOf(
    domains: ReadonlySet<string>,
    task: SearchTask,
  ): Promise<{ authors: ReadonlyMap<string, readonly string[]>; complete: boolean }> {
    const authors = new Map<string, readonly string[]>();
    let complete = true;
    for (const domain of domains) {
      const found = await this.options.hot.search(profilesOf(domain, task));
      if (isRefusal(found)) complete = false;
      else {
        authors.set(
          domain,
          found.hits.map((hit) => pubkeyOfJson(hit.json)),
        );
        complete &&= found.complete;
      }
    }
    return { authors, complete };
  }

  /** Hits that only the cold store still has, and may still show; about `limit` of them. */
  private async evicted(absent: readonly number[], limit: number): Promise<RankedHits> {
    const { history } = this.options;
    const hits: Hit[] = [];
    if (history === undefined) return { hits, complete: true };
    // Many may have been deleted, which OpenSearch need not know yet: then others take their place.
    for (let at = 0; at < absent.length; at += limit) {
      if (hits.length >= limit) return { hits, complete: false };
      const found = await history.cold.bySeqs(absent.slice(at, at + limit));
      if (found.type !== "answered") return { hits, complete: false };
      hits.push(...admitCold(history, found.value));
      if (found.isPartial) return { hits, complete: false };
    }
    return { hits, complete: true };
  }
}

/** Without words, an order by what people did is the counters' own, and they stand in the hot index. */
function livesOnCounters({ text, sort }: SearchQuery): boolean {
  return text === undefined && sort !== "relevance" && sort !== "recent" && sort !== "old";
}

function domainsIn(query: SearchQuery): Set<string> {
  return new Set(
    conditionsOf(query).flatMap((condition) => (condition.type === "domain" ? [condition.domain] : [])),
  );
}

function profilesOf(domain: string, task: SearchTask): SearchTask {
  return {
    ...task,
    query: {
      text: undefined,
      lookups: [],
      conditions: [{ any: [{ type: "domain", domain }], negated: false }],
      sort: "recent",
      options: { includeSpam: true, autocomplete: false, distinctAuthor: false },
    },
    filter: { kinds: [Kind.metadata], tags: [] },
    limit: AUTHORS_OF_DOMAIN_MAX,
  };
}

function withFresh(candidates: readonly ScoredSeq[], fresh: readonly Hit[]): ScoredSeq[] {
  const known = new Set(candidates.map(({ seq }) => seq));
  const added = fresh.filter((hit) => !known.has(hit.seq));
  return [...candidates, ...added.map(({ seq }) => ({ seq, textScore: FRESH_SCORE }))];
}

/**
 * The final order knows only what hot holds. An evicted hit takes the place of its date among them, or the one that
 * OpenSearch gave it: it stands before the first hit that OpenSearch liked less.
 */
function merged(
  { sort, options }: SearchQuery,
  candidates: readonly ScoredSeq[],
  ordered: readonly Hit[],
  evicted: readonly Hit[],
): readonly Hit[] {
  if (evicted.length === 0) return ordered;
  const byDate = dateOrder(sort);
  const all =
    byDate === undefined ? byScore(candidates, ordered, evicted) : [...ordered, ...evicted].sort(byDate);
  // What was stored a moment ago may be by somebody of whom OpenSearch has found something that has left.
  return options.distinctAuthor ? firstOfAuthors(all) : all;
}

function byScore(
  candidates: readonly ScoredSeq[],
  ordered: readonly Hit[],
  evicted: readonly Hit[],
): readonly Hit[] {
  const score = new Map(candidates.map(({ seq, textScore }) => [seq, textScore]));
  const scoreOf = (hit: Hit): number => score.get(hit.seq) ?? 0;
  const waiting = [...evicted].sort((a, b) => scoreOf(b) - scoreOf(a));
  const result: Hit[] = [];
  for (const hit of ordered) {
    while (waiting.length > 0 && scoreOf(waiting[0]!) > scoreOf(hit)) result.push(waiting.shift()!);
    result.push(hit);
  }
  return [...result, ...waiting];
}
