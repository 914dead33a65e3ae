// What main thread and cold indexer worker say to each other.

import type { ColdAddress } from "../cold/client.ts";
import type { ColdStatus } from "../cold/contract.ts";
import type { LayoutOptions } from "../cold/index-layout.ts";
import type { JobKind } from "../cold/ledger.ts";
import type { BackendOptions } from "../ffi/backend.ts";
import type { SearchCapabilities } from "../search/capability.ts";

export interface ColdFeedStart {
  /** Data folder: the cold store's ledger and the engagement counters stand there. */
  readonly folder: string;
  /** The hot store's database, and the secret of its tag keys. */
  readonly path: string;
  readonly tagSeed: bigint;
  readonly address: ColdAddress;
  readonly layout: LayoutOptions;
  readonly bulkBytes: number;
  readonly bulkEvents: number;
  /** May the hot store let events go that the cold store has? Once true, it is remembered. */
  readonly mayEvict: boolean;
  readonly detect: SearchCapabilities;
  /** How what payers of zaps signed is checked. */
  readonly signatures: BackendOptions;
  /** The operator's keys, from which trust begins. */
  readonly seeds: readonly string[];
}

export type ColdFeedRequest =
  | { readonly type: "start"; readonly start: ColdFeedStart }
  | { readonly type: "committed" }
  | { readonly type: "job"; readonly kind: JobKind }
  | { readonly type: "stop" };

export type ColdFeedReply =
  | { readonly type: "status"; readonly status: ColdStatus }
  /** Everything up to this seq is resolved, and no rebuild needs the log from before it. */
  | { readonly type: "progress"; readonly cursor: number }
  | { readonly type: "stopped" };
