// What main thread and full-text worker say to each other.

import type { BackendOptions } from "../ffi/backend.ts";
import type { FreshPart, FulltextCount } from "../hot/fulltext-contract.ts";
import type { Filter } from "../nostr/filter.ts";
import type { Refusal } from "../nostr/reason.ts";
import type { SearchCapabilities } from "../search/capability.ts";
import type { SearchQuery } from "../search/query.ts";
import type { OrderedHits, RankedHits, ScoredSeq } from "./ranked-search.ts";

export interface FulltextStart {
  /** The data folder, where the full-text file is. */
  readonly folder: string;
  /** The hot store's file and the secret of its tag keys. */
  readonly path: string;
  readonly tagSeed: bigint;
  /** What is detected in texts, for about 120 MB of memory. */
  readonly detect: SearchCapabilities;
  /** `domain:` means what the directory in the data folder says, and not what profiles claim. */
  readonly verifyDomains: boolean;
  /** The operator's keys, from which trust begins. */
  readonly seeds: readonly string[];
  /** How what payers of zaps signed is checked. */
  readonly signatures: BackendOptions;
}

export interface SearchTask {
  readonly query: SearchQuery;
  readonly filter: Filter;
  /** Hits wanted: a page and some to spare. */
  readonly limit: number;
  readonly pageSize: number;
  readonly upToSeq: number;
  readonly nowSeconds: number;
  readonly budgetMs: number;
  readonly fresh?: FreshPart;
}

export type FulltextRequest =
  /** `isSuspect`: the thread before met damage, so the file is looked through before it is used. */
  | { readonly type: "start"; readonly start: FulltextStart; readonly isSuspect: boolean }
  /** `busy`: publishers need the processor more than the index does. */
  | { readonly type: "committed"; readonly busy: boolean }
  | { readonly type: "search" | "count"; readonly job: number; readonly task: SearchTask }
  /** Puts what another index found into the final order. */
  | {
      readonly type: "order";
      readonly job: number;
      readonly task: SearchTask;
      readonly candidates: readonly ScoredSeq[];
    }
  | { readonly type: "stop" };

export type FulltextReply =
  | ({ readonly type: "hits"; readonly job: number } & RankedHits)
  | ({ readonly type: "ordered"; readonly job: number } & OrderedHits)
  | { readonly type: "count"; readonly job: number; readonly count: FulltextCount }
  | { readonly type: "refused"; readonly job: number; readonly refusal: Refusal }
  /** seq up to which the index is complete, and after which its log is needed: less while another one is filled. */
  | { readonly type: "progress"; readonly cursor: number; readonly neededAfter: number }
  /** The disk is full: searches go on in what the index has, and the log is followed again once there is room. */
  | { readonly type: "held-up"; readonly reason: string }
  /** The file cannot be opened; this worker is of no use. */
  | { readonly type: "failed"; readonly reason: string; readonly isDamage: boolean }
  | { readonly type: "stopped" };
