// What the main thread and the writer thread say to each other.

import type { PackedBatch } from "./batch-codec.ts";
import type { RemovalReason } from "./contract.ts";
import type { Synchronous } from "./database.ts";
import type { StoreFault } from "./store-error.ts";
import type { AppliedBatch, Commit } from "./writer.ts";

export interface OpenWriter {
  readonly path: string;
  readonly synchronous: Synchronous;
  readonly cacheBytes: number;
  /** Normalised URLs of this relay. */
  readonly ownUrls: readonly string[];
  /** How often the writer looks around when it is idle: for other processes' commits, expired events, things to prune. */
  readonly tickMs: number;
}

/** What an operator, or a follower of the log, asks of the writer. */
export type WriterAct =
  | { readonly act: "banEvent"; readonly id: string; readonly reason: string }
  | { readonly act: "unbanEvent"; readonly id: string }
  | { readonly act: "banPubkey"; readonly pubkey: string; readonly reason: string }
  | { readonly act: "unbanPubkey"; readonly pubkey: string }
  | { readonly act: "removeMany"; readonly seqs: readonly number[]; readonly reason: RemovalReason }
  | { readonly act: "moveFollower"; readonly name: string; readonly seq: number }
  | { readonly act: "dropFollower"; readonly name: string }
  | { readonly act: "pruneRemovals" };

export type WriterRequest =
  | { readonly type: "open"; readonly open: OpenWriter }
  | { readonly type: "apply"; readonly batch: PackedBatch }
  | { readonly type: "act"; readonly ticket: number; readonly act: WriterAct }
  | { readonly type: "stop" };

/** The writer tells every commit in the order it made them. */
export type WriterReply =
  | { readonly type: "opened"; readonly tagSeed: bigint; readonly lastSeq: number }
  | {
      readonly type: "refused";
      readonly fault: StoreFault | undefined;
      readonly message: string;
      readonly hint: string;
    }
  | { readonly type: "applied"; readonly applied: AppliedBatch }
  | {
      readonly type: "acted";
      readonly ticket: number;
      readonly commit: Commit | undefined;
      readonly error: string;
    }
  /** A commit of its own accord: something expired, or a vanished key's rows went. */
  | { readonly type: "swept"; readonly commit: Commit }
  /** Another process has committed up to here. */
  | { readonly type: "foreign"; readonly lastSeq: number }
  /** Housekeeping failed; it will be tried again. */
  | { readonly type: "trouble"; readonly text: string }
  | { readonly type: "stopped" };
