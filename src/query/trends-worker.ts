// Worker: counts, ranks and signs trends on connections of its own, so that neither publishing nor searching waits for it.

import { BACKGROUND_NICE, stepBehind } from "../channel/background-thread.ts";
import { type RelayKey, signEvent } from "../ffi/relay-key.ts";
import type { HotReader } from "../hot/contract.ts";
import { EngagementReader } from "../hot/engagement-reader.ts";
import { fulltextNumber, openFulltextForTrust } from "../hot/fulltext-database.ts";
import { createReader } from "../hot/reader.ts";
import { TrendReader } from "../hot/trend-reader.ts";
import { eventFromJson } from "../nostr/event.ts";
import { Kind } from "../nostr/kind.ts";
import type { OpenedColdTrends } from "./trends-cold.ts";
import { trendsAnswer } from "./trends-answer.ts";
import { TrendBoard } from "./trends-board.ts";
import { longWindows } from "./trends-long.ts";
import { trendEvents } from "./trends-labels.ts";
import type { TrendsCold, TrendsReply, TrendsRequest, TrendsStart } from "./trends-protocol.ts";

declare const self: Worker;

stepBehind(BACKGROUND_NICE);

interface Ground {
  readonly start: TrendsStart;
  /** See fulltextNumber(). */
  readonly file: number | undefined;
  readonly reader: HotReader;
  readonly trends: TrendReader;
  readonly board: TrendBoard;
  readonly cold: OpenedColdTrends | undefined;
}

/** Keys that one question to OpenSearch names. */
const TRUSTED_MAX = 30_000;

let given: TrendsStart | undefined;
let openColdTrends: ((cold: TrendsCold) => OpenedColdTrends) | undefined;
let ground: Ground | undefined;

self.onmessage = (message: MessageEvent<TrendsRequest>) => {
  const request = message.data;
  if (request.type === "start") given = request.start;
  else if (request.type === "stop") stop();
  else void serve(request);
};

type Job = Extract<TrendsRequest, { readonly job: number }>;

async function serve(request: Job): Promise<void> {
  const { job, nowSeconds } = request;
  try {
    if (ground !== undefined && ground.file !== fulltextNumber(given!.folder)) close();
    if (given!.cold !== undefined) openColdTrends ??= (await import("./trends-cold.ts")).openColdTrends;
    const { board, start } = (ground ??= open(given!));
    if (request.type === "ask")
      reply({ type: "answer", job, json: await trendsAnswer(board, request.ask, nowSeconds) });
    else {
      const isDue = nowSeconds - lastRound(board, start.key, nowSeconds) >= request.pauseSeconds;
      const drafts = isDue ? await trendEvents(board, start.relayUrl, nowSeconds) : [];
      reply({ type: "events", job, events: drafts.map((draft) => signEvent(start.key, draft).json) });
    }
  } catch (error) {
    // The full-text thread may have made its file anew since: the next question opens what is there then.
    close();
    reply({ type: "failed", job, reason: error instanceof Error ? error.message : String(error) });
  }
}

/** Throws while the full-text thread has not made its file yet; the next question tries again. */
function open(start: TrendsStart): Ground {
  const file = fulltextNumber(start.folder);
  const database = openFulltextForTrust(start.folder);
  const reader = createReader(start.path, { tagSeed: start.tagSeed });
  const trends = new TrendReader(database);
  const cold = start.cold === undefined ? undefined : openColdTrends?.(start.cold);
  const board = new TrendBoard({
    trends,
    reader,
    engagement: new EngagementReader(database),
    seeds: start.seeds,
    ...(cold === undefined ? {} : { long: longWindows(cold.trends, () => trends.trustedKeys(TRUSTED_MAX)) }),
  });
  return { start, file, reader, trends, board, cold };
}

/** created_at of the newest labels of this relay. */
function lastRound(board: TrendBoard, key: RelayKey, nowSeconds: number): number {
  const hit = board.first({ authors: [key.pubkey], kinds: [Kind.label], tags: [], until: nowSeconds });
  return hit === undefined ? Number.NEGATIVE_INFINITY : eventFromJson(hit.json).created_at;
}

function close(): void {
  const opened = ground;
  ground = undefined;
  opened?.trends.close();
  opened?.reader.close();
  void opened?.cold?.close();
}

function stop(): void {
  close();
  reply({ type: "stopped" });
}

function reply(message: TrendsReply): void {
  self.postMessage(message);
}
