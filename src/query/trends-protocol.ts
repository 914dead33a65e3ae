// What main thread and trends worker say to each other, and what can be asked about trends.

import type { ColdAddress } from "../cold/client.ts";
import type { RelayKey } from "../ffi/relay-key.ts";

export const TREND_SUBJECTS = ["hashtags", "notes", "people", "links", "media"] as const;
export type TrendSubject = (typeof TREND_SUBJECTS)[number];

/** Hours of each window. */
export const TREND_WINDOWS = { "1h": 1, "4h": 4, "24h": 24, "7d": 168, "30d": 720 } as const;
export type TrendWindowName = keyof typeof TREND_WINDOWS;

export interface TrendsAsk {
  /** `api` is this relay's own shape, `band` the one that clients know from nostr.band. */
  readonly shape: "api" | "band";
  readonly what: TrendSubject;
  readonly window: TrendWindowName;
  /** Notes only: ISO 639-1 of the author's label; "" for all. */
  readonly language: string;
}

export interface TrendsStart {
  /** The data folder, where the full-text file is. */
  readonly folder: string;
  /** The hot store's file and the secret of its tag keys. */
  readonly path: string;
  readonly tagSeed: bigint;
  /** Hex keys of the operator: where trust begins. */
  readonly seeds: readonly string[];
  readonly key: RelayKey;
  /** First URL of this relay, for hints; "" for none. */
  readonly relayUrl: string;
  /** OpenSearch, for windows that SQLite does not reach back to. */
  readonly cold?: TrendsCold;
}

export interface TrendsCold {
  readonly address: ColdAddress;
  /** Alias of the indexes that searches ask. */
  readonly alias: string;
  readonly searchMs: number;
}

export type TrendsRequest =
  | { readonly type: "start"; readonly start: TrendsStart }
  | { readonly type: "ask"; readonly job: number; readonly ask: TrendsAsk; readonly nowSeconds: number }
  /** Signed events about the trends of this moment; none when the last ones are younger than `pauseSeconds`. */
  | {
      readonly type: "round";
      readonly job: number;
      readonly nowSeconds: number;
      readonly pauseSeconds: number;
    }
  | { readonly type: "stop" };

export type TrendsReply =
  | { readonly type: "answer"; readonly job: number; readonly json: string }
  /** Texts of signed events. */
  | { readonly type: "events"; readonly job: number; readonly events: readonly string[] }
  | { readonly type: "failed"; readonly job: number; readonly reason: string }
  | { readonly type: "stopped" };
