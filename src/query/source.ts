// Where the hits of one filter come from: pulled one by one, from this thread, a reader worker, or the cold store.

import type { Hit } from "../hot/contract.ts";
import type { Refusal } from "../nostr/reason.ts";

export type PullState =
  /** peek() has a hit. */
  | "ready"
  /** Nothing more will come; `hasMore` says whether the filter's limit cut it off. */
  | "ended"
  /** Something is on its way from elsewhere: the wake callback will be called. */
  | "waiting"
  /** The deadline has passed: ask again in a later turn. */
  | "paused"
  /** It cannot go on; `error` says why. */
  | "failed";

/** Hits are gated and limited by the source: whatever it shows may be sent. */
export interface HitSource {
  /** `time`: newest first, so that sources can be merged. `rank`: best first (NIP-50), sent as they come. */
  readonly order: "time" | "rank";
  /** Makes sure that a hit is at hand, or says why not. Does at most what the deadline (performance.now()) allows. */
  pull(deadlineMs: number): PullState;
  /** The hit at hand; only after pull() said `ready`. */
  peek(): Hit;
  shift(): void;
  /** After `ended`: undefined when it is not known whether more matches exist than were shown. */
  readonly hasMore: boolean | undefined;
  readonly error: Refusal | undefined;
  close(): void;
}
