// Worker: owns the full-text file. Follows the log in small batches, and answers searches in between.

import { join } from "node:path";
import { ANSWERING_NICE, stepBehind } from "../channel/background-thread.ts";
import { signatureCheck } from "../ffi/signature-check.ts";
import { createReader } from "../hot/reader.ts";
import type { HotReader } from "../hot/contract.ts";
import {
  closeReplaced,
  emptyFulltext,
  FULLTEXT_FILE,
  openFulltext,
  removeIfDamaged,
} from "../hot/fulltext-database.ts";
import { FulltextFeed, readCursor } from "../hot/fulltext-feed.ts";
import { FulltextFollower } from "../hot/fulltext-follower.ts";
import { FulltextRebuild, readRebuild, writeRebuild } from "../hot/fulltext-rebuild.ts";
import { FulltextReader } from "../hot/fulltext-reader.ts";
import { asStoreError, faultText, FULL_PAUSE_MS, isDamage, isDiskFull } from "../hot/store-error.ts";
import { Directory } from "../identity/directory.ts";
import type { Oracles } from "../search/match.ts";
import { verifiedDomains } from "./verified-domains.ts";
import type { SignatureCheck } from "../nostr/event.ts";
import { isRefusal, refuse } from "../nostr/reason.ts";
import { loadDetectors } from "./detectors.ts";
import type { FulltextReply, FulltextRequest, FulltextStart, SearchTask } from "./fulltext-protocol.ts";
import { RankedSearch } from "./ranked-search.ts";

declare const self: Worker;

stepBehind(ANSWERING_NICE);

/** What answers and follows, on the file that is the index now. */
interface Index {
  readonly database: ReturnType<typeof openFulltext>;
  readonly follower: FulltextFollower;
  readonly fulltext: FulltextReader;
  readonly search: RankedSearch;
}

/** What an index asks of its surroundings, and tells them. */
interface Ways {
  readonly rebuild: () => FulltextRebuild | undefined;
  /** It follows the log no further. */
  readonly onFault: (error: unknown) => void;
}

interface Ground {
  readonly start: FulltextStart;
  readonly reader: HotReader;
  readonly directory: Directory | undefined;
  readonly detectors: Oracles;
  readonly isSigned: SignatureCheck;
  readonly ways: Ways;
  index: Index;
  rebuild: FulltextRebuild | undefined;
}

/** How often a request to fill the index anew is looked for, and told how far it is. */
const REBUILD_LOOK_MS = 250;

const now = (): number => Math.floor(Date.now() / 1000);

let ground: Promise<Ground> | undefined;
let looking: Timer | undefined;
let waiting: Timer | undefined;

self.onmessage = (message: MessageEvent<FulltextRequest>) => {
  const request = message.data;
  if (request.type === "start") {
    ground = open(request.start, request.isSuspect);
    const { folder } = request.start;
    ground.catch((error: unknown) => fail(error, folder));
    return;
  }
  void ground?.then(
    (opened) => serve(opened, request),
    () => {},
  );
};

/** Damage to what is derived from the log is no fault that an operator has to mend. */
function fail(error: unknown, folder: string): void {
  const path = join(folder, FULLTEXT_FILE);
  const damaged = isDamage(error);
  const reason = damaged
    ? `${path} seems to be damaged: it is looked through, and filled anew if it is`
    : faultText(asStoreError(error, path));
  reply({ type: "failed", reason, isDamage: damaged });
}

/** Another thread makes the file anew under the same name: this one must not touch it any more. */
function giveUp({ index, start }: Ground, error: unknown): void {
  stopWork(index);
  closeReplaced(index.database);
  fail(error, start.folder);
}

async function open(start: FulltextStart, isSuspect: boolean): Promise<Ground> {
  const { folder, path, tagSeed, detect, verifyDomains, signatures } = start;
  if (isSuspect) removeIfDamaged(folder);
  const detectors = await loadDetectors(detect);
  const reader = createReader(path, { tagSeed });
  const directory = verifyDomains ? new Directory(folder) : undefined;
  const isSigned = signatureCheck(signatures);
  const parts = { start, reader, directory, detectors, isSigned };
  const ways: Ways = { rebuild: () => opened.rebuild, onFault: (error) => waitForRoom(opened, error) };
  const opened: Ground = { ...parts, ways, index: openIndex(parts, ways), rebuild: undefined };
  looking = setInterval(() => lookForRebuild(opened), REBUILD_LOOK_MS);
  return opened;
}

type Parts = Omit<Ground, "index" | "rebuild" | "ways">;

function openIndex(parts: Parts, ways: Ways): Index {
  const database = openFulltext(parts.start.folder);
  try {
    return indexOn(database, parts, ways);
  } catch (error) {
    closeReplaced(database);
    throw error;
  }
}

function indexOn(
  database: Index["database"],
  { start, reader, directory, detectors, isSigned }: Parts,
  { rebuild, onFault }: Ways,
): Index {
  const feed = new FulltextFeed(database, isSigned, detectors);
  const tell = (cursor: number): void =>
    reply({ type: "progress", cursor, neededAfter: Math.min(cursor, rebuild()?.state().done ?? cursor) });
  const follower = new FulltextFollower(reader, feed, { now, onProgress: tell, onFault });
  // A hot store that was restored from an older backup: what the index knows of later events is wrong.
  if (follower.isAheadOfLog()) emptyFulltext(database);
  follower.restart();
  const oracles = { ...detectors, ...(directory === undefined ? {} : verifiedDomains(directory)) };
  const fulltext = new FulltextReader(database, reader, oracles, start.seeds);
  fulltext.trustedTargets.run(now, () => follower.lag());
  fulltext.talkedAbout.run(now);
  // Not at once: where this is the first one, nobody knows of a second yet.
  queueMicrotask(() => tell(feed.cursor()));
  return { database, follower, fulltext, search: new RankedSearch(fulltext, reader) };
}

function lookForRebuild(opened: Ground): void {
  const { database } = opened.index;
  if (opened.rebuild !== undefined) return writeRebuild(database, opened.rebuild.state());
  const asked = readRebuild(database);
  // One that was running when a relay ended begins anew.
  if (asked === undefined || asked.state === "done" || asked.state === "failed") return;
  const { start, reader, detectors, isSigned } = opened;
  attempt(opened, asked.mark, () => {
    const rebuild = new FulltextRebuild(start.folder, asked.mark, reader, isSigned, detectors, now);
    opened.rebuild = rebuild;
    // From here on the log keeps what the new one has still to hear of.
    const cursor = readCursor(database);
    reply({ type: "progress", cursor, neededAfter: 0 });
    writeRebuild(database, rebuild.state());
    setImmediate(() => fill(opened, rebuild));
  });
}

/** Works half of the time, so that searches and the index that answers have the other half. */
function fill(opened: Ground, rebuild: FulltextRebuild): void {
  if (opened.rebuild !== rebuild) return;
  const startedMs = performance.now();
  attempt(opened, rebuild.mark, () => {
    if (rebuild.step()) adopt(opened, rebuild);
    else setTimeout(() => fill(opened, rebuild), performance.now() - startedMs);
  });
}

function adopt(opened: Ground, rebuild: FulltextRebuild): void {
  rebuild.finish();
  opened.rebuild = undefined;
  stopWork(opened.index);
  closeReplaced(opened.index.database);
  opened.index = openIndex(opened, opened.ways);
}

/** What the feed holds in memory may speak of rows that were not written: another one takes its place. */
function waitForRoom(opened: Ground, error: unknown): void {
  if (!isDiskFull(error)) throw error;
  const path = join(opened.start.folder, FULLTEXT_FILE);
  reply({ type: "held-up", reason: faultText(asStoreError(error, path)) });
  waiting = setTimeout(() => reopen(opened), FULL_PAUSE_MS);
}

function reopen(opened: Ground): void {
  const { index } = opened;
  try {
    opened.index = openIndex(opened, opened.ways);
  } catch (error) {
    return waitForRoom(opened, error);
  }
  stopWork(index);
  closeReplaced(index.database);
}

function stopWork({ follower, fulltext }: Index): void {
  clearTimeout(waiting);
  follower.stop();
  fulltext.trustedTargets.stop();
  fulltext.talkedAbout.stop();
}

/** A full disk or a broken text ends the attempt, and the index that is there goes on. */
function attempt(opened: Ground, mark: string, act: () => void): void {
  const { database } = opened.index;
  try {
    act();
  } catch (error) {
    opened.rebuild?.abandon();
    opened.rebuild = undefined;
    writeRebuild(database, {
      mark,
      state: "failed",
      done: 0,
      total: 0,
      reason: faultText(asStoreError(error, opened.start.folder)),
    });
  }
}

function serve(opened: Ground, request: FulltextRequest): void {
  switch (request.type) {
    case "committed":
      return opened.index.follower.wake(request.busy);
    case "stop":
      clearInterval(looking);
      opened.rebuild?.abandon();
      opened.rebuild = undefined;
      stopWork(opened.index);
      opened.reader.close();
      opened.index.database.close();
      opened.directory?.close();
      return reply({ type: "stopped" });
    case "search":
    case "count":
    case "order":
      return reply(answer(opened, request));
    case "start":
      // The first message of all, and taken before anything is served.
      return;
  }
}

type Job = Extract<FulltextRequest, { readonly job: number }>;

function answer(opened: Ground, request: Job): FulltextReply {
  const { search } = opened.index;
  const { job, task } = request;
  const { query, filter } = task;
  try {
    if (request.type === "order") {
      return { type: "ordered", job, ...search.order(query, filter, request.candidates, task) };
    }
    if (request.type === "search") {
      const found = search.search(query, filter, optionsOf(task));
      return isRefusal(found) ? { type: "refused", job, refusal: found } : { type: "hits", job, ...found };
    }
    const count = search.count(query, filter, optionsOf(task));
    return isRefusal(count) ? { type: "refused", job, refusal: count } : { type: "count", job, count };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (isDamage(error)) queueMicrotask(() => giveUp(opened, error));
    return { type: "refused", job, refusal: refuse("error", `the search failed (${reason}); ask again`) };
  }
}

function optionsOf({ limit, pageSize, upToSeq, nowSeconds, budgetMs, fresh }: SearchTask) {
  return { limit, pageSize, upToSeq, nowSeconds, fresh, deadlineMs: performance.now() + budgetMs };
}

function reply(message: FulltextReply): void {
  self.postMessage(message);
}
