// Worker: owns the full-text file. Follows the log in small batches, and answers searches in between.

import { createReader } from "../hot/reader.ts";
import type { HotReader } from "../hot/contract.ts";
import { emptyFulltext, openFulltext } from "../hot/fulltext-database.ts";
import { FulltextFeed } from "../hot/fulltext-feed.ts";
import { FulltextFollower } from "../hot/fulltext-follower.ts";
import { FulltextReader } from "../hot/fulltext-reader.ts";
import { asStoreError, faultText } from "../hot/store-error.ts";
import { Directory } from "../identity/directory.ts";
import { verifiedDomains } from "./verified-domains.ts";
import { isRefusal, refuse } from "../nostr/reason.ts";
import { loadDetectors } from "./detectors.ts";
import type { FulltextReply, FulltextRequest, FulltextStart, SearchTask } from "./fulltext-protocol.ts";
import { RankedSearch } from "./ranked-search.ts";

declare const self: Worker;

interface Ground {
  readonly database: ReturnType<typeof openFulltext>;
  readonly reader: HotReader;
  readonly follower: FulltextFollower;
  readonly search: RankedSearch;
  readonly directory: Directory | undefined;
}

let ground: Promise<Ground> | undefined;

self.onmessage = (message: MessageEvent<FulltextRequest>) => {
  const request = message.data;
  if (request.type === "start") {
    ground = open(request.start);
    const { folder } = request.start;
    ground.catch((error: unknown) =>
      reply({ type: "failed", reason: faultText(asStoreError(error, folder)) }),
    );
    return;
  }
  void ground?.then(
    (opened) => serve(opened, request),
    () => {},
  );
};

async function open({ folder, path, tagSeed, detect, verifyDomains, seeds }: FulltextStart): Promise<Ground> {
  const detectors = await loadDetectors(detect);
  const database = openFulltext(folder);
  const reader = createReader(path, { tagSeed });
  const feed = new FulltextFeed(database, detectors);
  const follower = new FulltextFollower(reader, feed, {
    now: () => Math.floor(Date.now() / 1000),
    onProgress: (cursor) => reply({ type: "progress", cursor }),
  });
  // A hot store that was restored from an older backup: what the index knows of later events is wrong.
  if (follower.isAheadOfLog()) emptyFulltext(database);
  reply({ type: "progress", cursor: feed.cursor() });
  follower.restart();
  const directory = verifyDomains ? new Directory(folder) : undefined;
  const oracles = { ...detectors, ...(directory === undefined ? {} : verifiedDomains(directory)) };
  const search = new RankedSearch(new FulltextReader(database, reader, oracles, seeds), reader);
  return { database, reader, follower, search, directory };
}

function serve({ database, reader, follower, search, directory }: Ground, request: FulltextRequest): void {
  switch (request.type) {
    case "committed":
      return follower.wake(request.busy);
    case "rebuild":
      emptyFulltext(database);
      reply({ type: "progress", cursor: 0 });
      return follower.restart();
    case "stop":
      follower.stop();
      reader.close();
      database.close();
      directory?.close();
      return reply({ type: "stopped" });
    case "search":
    case "count":
    case "order":
      return reply(answer(search, request));
    case "start":
      // The first message of all, and taken before anything is served.
      return;
  }
}

type Job = Extract<FulltextRequest, { readonly job: number }>;

function answer(search: RankedSearch, request: Job): FulltextReply {
  const { job, task } = request;
  const { query, filter } = task;
  try {
    if (request.type === "order") {
      const hits = search.order(query, filter, request.candidates, task).slice(0, task.limit);
      return { type: "hits", job, hits, complete: hits.length < task.limit };
    }
    if (request.type === "search") {
      const found = search.search(query, filter, optionsOf(task));
      return isRefusal(found) ? { type: "refused", job, refusal: found } : { type: "hits", job, ...found };
    }
    const count = search.count(query, filter, optionsOf(task));
    return isRefusal(count) ? { type: "refused", job, refusal: count } : { type: "count", job, count };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { type: "refused", job, refusal: refuse("error", `the search failed (${reason}); ask again`) };
  }
}

function optionsOf({ limit, upToSeq, nowSeconds, budgetMs }: SearchTask) {
  return { limit, upToSeq, nowSeconds, deadlineMs: performance.now() + budgetMs };
}

function reply(message: FulltextReply): void {
  self.postMessage(message);
}
