// Repeated searches: the seqs of a recent answer, used again only while nothing new matches and each hit still stands.

import { LRUCache } from "lru-cache";
import type { Hit, HotReader } from "../hot/contract.ts";
import { eventFromJson } from "../nostr/event.ts";
import { type Filter, matchesFilter } from "../nostr/filter.ts";
import { isRefusal, type Refusal } from "../nostr/reason.ts";
import { type Oracles, SearchableEvent } from "../search/match.ts";
import { asAsked } from "../search/narrow.ts";
import { conditionsOf } from "../search/query.ts";
import type { SearchTask } from "./fulltext-protocol.ts";
import type { RankedHits } from "./ranked-search.ts";
import type { Asker } from "./search-line.ts";
import type { SearchEngine } from "./search-source.ts";

export interface SearchCacheOptions {
  readonly reader: Pick<HotReader, "getMany" | "log">;
  /** How long an answer may be used again. */
  readonly freshMs: number;
  readonly answersMax: number;
  /** As those of the engine. */
  readonly oracles: Oracles;
}

interface Answer {
  readonly seqs: readonly number[];
  readonly complete: boolean;
  readonly upToSeq: number;
}

/** Answers to longer questions are not kept: a filter may be as long as a message. */
const KEY_CHARACTERS_MAX = 16_384;
/** Log entries looked through to tell whether an answer still holds; with more, it is asked anew. */
const ENTRIES_LOOKED_AT = 200;

/**
 * Keeps seqs, not events: whoever asks again gets hits that are stored now, through the reading gate like any other. A hit
 * that is gone, or an event stored since that matches, makes the search be asked anew.
 */
export class SearchCache implements SearchEngine {
  private readonly engine: SearchEngine;
  private readonly options: SearchCacheOptions;
  private readonly answers: LRUCache<string, Answer>;

  constructor(engine: SearchEngine, options: SearchCacheOptions) {
    this.engine = engine;
    this.options = options;
    this.answers = new LRUCache({ max: options.answersMax, ttl: options.freshMs });
  }

  async search(task: SearchTask, asker: Asker): Promise<RankedHits | Refusal> {
    // Whose domain it is, may change by events that do not match themselves.
    if (conditionsOf(task.query).some(({ type }) => type === "domain"))
      return this.engine.search(task, asker);
    const key = JSON.stringify([task.filter, task.limit]);
    const known = this.answers.get(key);
    if (known !== undefined && !this.hasNewMatch(task, known.upToSeq)) {
      const hits = this.options.reader.getMany(known.seqs);
      // One that is not there was deleted, or has left for the cold store.
      if (hits.length === known.seqs.length) return { hits, complete: known.complete };
    }
    const answer = await this.engine.search(task, asker);
    // Where an index is behind the store for a moment, the answer is worth no more than that.
    if (!isRefusal(answer) && answer.isThinned !== true && key.length <= KEY_CHARACTERS_MAX) {
      const seqs = answer.hits.map((hit) => hit.seq);
      this.answers.set(key, { seqs, complete: answer.complete, upToSeq: task.upToSeq });
    }
    return answer;
  }

  private hasNewMatch({ filter, query: written, upToSeq }: SearchTask, after: number): boolean {
    const query = asAsked(written, filter);
    const entries = this.options.reader.log(after, ENTRIES_LOOKED_AT);
    if (entries.length === ENTRIES_LOOKED_AT) return true;
    return entries.some((entry) => {
      if (entry.type !== "stored" || entry.seq > upToSeq || !mayMatchKind(filter, entry)) return false;
      const event = eventFromJson(entry.json);
      return (
        matchesFilter(filter, event) &&
        new SearchableEvent(event, this.options.oracles).matches(query, filter)
      );
    });
  }
}

/** The cheap part of a match, before JSON is parsed. */
function mayMatchKind({ kinds }: Filter, hit: Hit): boolean {
  return kinds === undefined || kinds.includes(hit.kind);
}
