// Which indexes are followed from a start on, or why none are.

import type { LayoutMeta } from "./index-layout.ts";
import type { Indexer } from "./indexer.ts";
import type { Generation } from "./indexes.ts";
import type { Ledger } from "./ledger.ts";
import { isOfLog } from "./lineage.ts";

export interface TakenUp {
  readonly generation: Generation;
  /** seq up to which they have been filled. */
  readonly cursor: number;
}

export interface Declined {
  /** For an operator, with what to do. */
  readonly reason: string;
  /** What readers see nevertheless. */
  readonly generation?: Generation;
}

type Ground = Pick<Indexer, "indexes" | "pace" | "parts">;

/** Finds the indexes of this store, or makes the first ones. Undefined when the signal aborted before that. */
export async function takeUp(ground: Ground, signal: AbortSignal): Promise<TakenUp | Declined | undefined> {
  const { indexes, pace, parts } = ground;
  const { ledger, log, store } = parts;
  const opened = await pace.persevere(signal, () => openedOrMade(ground));
  if (opened === undefined) return undefined;
  if (opened === "gone") {
    return {
      reason: `events have left the hot store for indexes, and there are none under ${indexes.alias}: set the index prefix that they were under, restore them from a snapshot, or give those events up with a reindex`,
    };
  }
  const { generation, isNew } = opened;
  if (generation.meta.store !== store) {
    return {
      reason: `the indexes ${indexes.alias}-* were filled from another database: choose another index prefix, or fill them anew with a reindex`,
    };
  }
  const cursor = recorded(ledger, generation.meta) ?? 0;
  const isOurs = isNew || (await pace.persevere(signal, () => isLogIn(ground, generation)));
  if (isOurs === undefined) return undefined;
  if (!isOurs || cursor > log.lastSeq()) {
    const reason =
      "the indexes hold what the database does not know of, which must be an older copy: fill them anew with a reindex";
    return { reason, generation };
  }
  return { generation, cursor };
}

/** "gone" where new ones would take over from those that hold what has left: searches and counts would never tell. */
async function openedOrMade({
  indexes,
  parts: { ledger, log, store },
}: Ground): Promise<{ readonly generation: Generation; readonly isNew: boolean } | "gone"> {
  const active = await indexes.active((meta) => recorded(ledger, meta) !== undefined);
  // Also one that a slow cluster opened behind the one that is followed: each event would be seen twice.
  await indexes.discardAfter(active);
  if (active !== undefined) return { generation: active, isNew: false };
  if (log.evictedAfter(0, 1).length > 0) return "gone";
  return { generation: await indexes.create(store, true), isNew: true };
}

async function isLogIn({ indexes, parts }: Ground, generation: Generation): Promise<boolean> {
  await indexes.refresh(generation);
  return isOfLog(parts.client, indexes.patternOf(generation), parts.log);
}

/** A cursor says something about the indexes that it was written for, and nothing about others. */
function recorded(ledger: Pick<Ledger, "progress" | "rebuild">, { built }: LayoutMeta): number | undefined {
  return [ledger.progress(), ledger.rebuild()].find((progress) => progress?.built === built)?.cursor;
}
