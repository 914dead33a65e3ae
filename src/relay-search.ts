// Search as the relay runs it: an index in a file of its own on a thread of its own, OpenSearch beside it, live matching.

import type { Config } from "./config/settings.ts";
import { claimedDomainOf } from "./hot/claimed-domain.ts";
import type { Hit } from "./hot/contract.ts";
import { FULLTEXT_FOLLOWER } from "./hot/follower.ts";
import type { HotStore } from "./hot/hot-store.ts";
import { isRefusal } from "./nostr/reason.ts";
import { loadDetectors } from "./query/detectors.ts";
import { FulltextService } from "./query/fulltext-service.ts";
import type { History } from "./query/history.ts";
import type { SearchPort } from "./query/planner.ts";
import { SearchCache } from "./query/search-cache.ts";
import { createSearchMatcher, type SearchMatcher } from "./query/search-matcher.ts";
import { SearchNumbers } from "./query/search-numbers.ts";
import { type LinedUp, SearchLine } from "./query/search-line.ts";
import { createSearchPort } from "./query/search-source.ts";
import { TieredSearch } from "./query/tiered-search.ts";
import { verifiedDomains } from "./query/verified-domains.ts";
import type { ColdStore } from "./relay-cold.ts";
import type { Identity } from "./relay-identity.ts";
import { noted } from "./relay-hot.ts";
import { searchCapabilities, trustSeeds, verifierChoice } from "./relay-options.ts";
import type { Oracles } from "./search/match.ts";
import type { Logger } from "./telemetry/logger.ts";

export interface RelaySearch {
  readonly service: FulltextService;
  readonly line: SearchLine;
  readonly port: SearchPort;
  readonly matcher: SearchMatcher;
}

export interface SearchGround {
  readonly config: Config;
  readonly hot: HotStore;
  readonly cold: ColdStore | undefined;
  /** Undefined while the hot store has everything. */
  readonly history: History | undefined;
  readonly identity: Identity | undefined;
  /** Is it being erased? */
  readonly hides: (hit: Hit) => boolean;
  readonly logger: Logger;
  /** Unix seconds. */
  readonly now: () => number;
}

/** What one search may take, and how many hits one without a limit looks at. */
const SEARCH_BUDGET_MS = 2000;
const SEARCH_HITS_MAX = 10_000;
/** One thread answers, and a second search keeps it busy meanwhile; OpenSearch answers many at once. */
const SEARCHES_AT_ONCE = 2;
const COLD_SEARCHES_AT_ONCE = 32;
/** Answers that a repeated search may use again. */
const SEARCH_FRESH_MS = 10_000;
const SEARCH_ANSWERS_MAX = 500;

/** Undefined where search is off. */
export async function startSearch(ground: SearchGround): Promise<RelaySearch | undefined> {
  const { config, hot, cold, history, hides, now } = ground;
  if (!config.search.enabled) return undefined;
  const capabilities = searchCapabilities(config);
  const oracles = await oraclesOf(ground);
  const service = startFulltext(ground);
  const engine = engineOf(service, ground);
  const numbers = new SearchNumbers({
    hot: service,
    past: history && { cold: cold?.search, visibleSeq: () => cold?.feed.visibleSeq },
  });
  const answers: LinedUp = {
    search: (task) => engine.search(task),
    count: (task) => numbers.count(task),
  };
  const line = new SearchLine(answers, {
    awayMax: cold === undefined ? SEARCHES_AT_ONCE : COLD_SEARCHES_AT_ONCE,
    waitingMax: config.limits.reader_queue,
  });
  const cache = new SearchCache(line, {
    reader: hot.reader,
    freshMs: SEARCH_FRESH_MS,
    answersMax: SEARCH_ANSWERS_MAX,
    oracles,
  });
  const port = createSearchPort(cache, {
    numbers: line,
    budgetMs: SEARCH_BUDGET_MS,
    hitsMax: SEARCH_HITS_MAX,
    hides,
    capabilities,
  });
  return { service, line, port, matcher: createSearchMatcher(now, capabilities, oracles) };
}

/** What a text alone does not say: its language and sentiment, and whose domain is whose. */
async function oraclesOf({ config, hot, identity }: SearchGround): Promise<Oracles> {
  const domains =
    identity === undefined
      ? { domainOf: (pubkey: string) => claimedDomainOf(hot.reader, pubkey) }
      : verifiedDomains(identity.directory);
  return { ...(await loadDetectors(searchCapabilities(config))), ...domains };
}

function startFulltext({ config, hot, identity, logger }: SearchGround): FulltextService {
  return new FulltextService({
    folder: config.data.dir,
    path: hot.path,
    tagSeed: hot.tagSeed,
    detect: searchCapabilities(config),
    verifyDomains: identity !== undefined,
    seeds: trustSeeds(config),
    signatures: verifierChoice(config),
    depthMax: config.limits.reader_queue,
    onProgress: (seq) => noted(hot.moveFollower(FULLTEXT_FOLLOWER, seq), "search", logger),
    onTrouble: (reason) => logger.error({ part: "search", reason }, "the full-text thread was restarted"),
    onHeldUp: (reason) => logger.error({ part: "search", reason }, "the full-text index stands still"),
  });
}

function engineOf(service: FulltextService, { cold, history }: SearchGround): Pick<LinedUp, "search"> {
  if (cold === undefined) return history === undefined ? service : withoutPast(service);
  return new TieredSearch({
    hot: service,
    cold: cold.search,
    visibleSeq: () => cold.feed.visibleSeq,
    history,
  });
}

/** Events have left for a cold store that is not set any more: the hot index cannot say that it has shown everything. */
function withoutPast(service: FulltextService): Pick<LinedUp, "search"> {
  return {
    search: async (task) => {
      const answer = await service.search(task);
      return isRefusal(answer) ? answer : { ...answer, complete: false };
    },
  };
}
