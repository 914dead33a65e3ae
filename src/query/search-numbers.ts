// How many events a search finds: the hot index knows, and the cold store where events have left the hot one.

import type { ColdSearch } from "../cold/search.ts";
import type { FulltextCount } from "../hot/fulltext-contract.ts";
import { isRefusal, type Refusal } from "../nostr/reason.ts";
import { PRIVATE_KIND_NUMBERS } from "../policy/private-kinds.ts";
import { conditionsOf } from "../search/query.ts";
import type { FulltextService } from "./fulltext-service.ts";
import type { SearchTask } from "./fulltext-protocol.ts";

export interface SearchNumbersOptions {
  readonly hot: Pick<FulltextService, "count">;
  /** Where events may have left the hot store; undefined while it has everything. */
  readonly past: SearchedPast | undefined;
}

export interface SearchedPast {
  /** Undefined where there is no cold store any more. */
  readonly cold: Pick<ColdSearch, "count"> | undefined;
  /** As TieredSearch asks it. */
  readonly visibleSeq: () => number | undefined;
}

export class SearchNumbers {
  private readonly options: SearchNumbersOptions;

  constructor(options: SearchNumbersOptions) {
    this.options = options;
  }

  /** Not gated: for searches whose matches are public (see isCountableUnseen). */
  async count(task: SearchTask): Promise<FulltextCount | Refusal> {
    const { hot, past } = this.options;
    if (past === undefined) return hot.count(task);
    const afterSeq = past.visibleSeq();
    const shown = afterSeq === undefined ? undefined : await countCold(past, task);
    // What OpenSearch shows may have been deleted since, and the hot index alone lacks what has left.
    if (afterSeq === undefined || shown === undefined) return near(await hot.count(task));
    const sinceSeconds = task.nowSeconds - FRESH_SECONDS;
    return near(await hot.count({ ...task, fresh: { afterSeq, sinceSeconds } }), shown);
  }
}

/** Undefined where it does not answer, and for domains: whose they are, the hot index alone knows. */
async function countCold({ cold }: SearchedPast, task: SearchTask): Promise<number | undefined> {
  const { query, filter, nowSeconds } = task;
  if (cold === undefined || conditionsOf(query).some(({ type }) => type === "domain")) return undefined;
  const answer = await cold.count(query, filter, { nowSeconds, excludedKinds: PRIVATE_KIND_NUMBERS });
  return isRefusal(answer) || answer.type !== "answered" ? undefined : answer.value;
}

/** How far back the hot store is walked where its log since then is long (see FreshPart). */
const FRESH_SECONDS = 60;

function near(answer: FulltextCount | Refusal, shown = 0): FulltextCount | Refusal {
  return isRefusal(answer) ? answer : { count: shown + answer.count, exact: false };
}
