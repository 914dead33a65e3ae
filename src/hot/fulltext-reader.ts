// Answers searches (NIP-50) from the full-text index of SQLite, composed with every key of the filter.

import type { Database } from "bun:sqlite";
import type { Filter } from "../nostr/filter.ts";
import { isRefusal, type Refusal } from "../nostr/reason.ts";
import { unsupportedIn } from "../search/capability.ts";
import type { Oracles } from "../search/match.ts";
import { asAsked } from "../search/narrow.ts";
import { relaxations, type SearchQuery } from "../search/query.ts";
import { claimedDomainOf } from "./claimed-domain.ts";
import type { HotReader } from "./contract.ts";
import { EngagementReader } from "./engagement-reader.ts";
import type { FulltextAnswer, FulltextCount, FulltextOptions } from "./fulltext-contract.ts";
import { readCursor } from "./fulltext-feed.ts";
import { RankingFactsReader } from "./ranking-facts.ts";
import { TrustedEngagement } from "./trusted-engagement.ts";
import { TalkedAbout } from "./talked-about.ts";
import { TrustedTargets } from "./trusted-targets.ts";
import { FulltextSearch, type SearchGround } from "./fulltext-search.ts";

export class FulltextReader {
  readonly engagement: EngagementReader;
  readonly trusted: TrustedEngagement;
  readonly trustedTargets: TrustedTargets;
  readonly facts: RankingFactsReader;
  readonly talkedAbout: TalkedAbout;
  private readonly database: Database;
  private readonly reader: HotReader;
  private readonly ground: SearchGround;

  /** `database` is of openFulltext(), `reader` reads the store that it follows, `seeds` are the operator's keys. */
  constructor(database: Database, reader: HotReader, oracles: Oracles = {}, seeds: readonly string[] = []) {
    this.database = database;
    this.reader = reader;
    this.engagement = new EngagementReader(database);
    this.facts = new RankingFactsReader(database);
    this.trusted = new TrustedEngagement(database, seeds);
    this.trustedTargets = new TrustedTargets(database, this.trusted);
    this.ground = {
      database,
      reader,
      engagement: this.engagement,
      trustedTargets: this.trustedTargets,
      oracles: { domainOf: (pubkey) => claimedDomainOf(reader, pubkey), ...oracles },
    };
    this.talkedAbout = new TalkedAbout(this.ground);
  }

  /** seq up to which the index has followed the log; later events are matched in memory. */
  cursor(): number {
    return readCursor(this.database);
  }

  /** Best candidates first. `limit` and `search` of the filter are not looked at. Refuses what it has no means for. */
  search(query: SearchQuery, filter: Filter, options: FulltextOptions): FulltextAnswer | Refusal {
    const fault = this.unsupported(query);
    if (fault !== undefined) return fault;
    const asked = asAsked(query, filter);
    const ask = (each: SearchQuery): FulltextAnswer | Refusal =>
      new FulltextSearch(this.ground, each, filter, options).answer();
    const answer = ask(asked);
    if (options.relax !== true || isRefusal(answer) || answer.candidates.length > 0) return answer;
    for (const weaker of relaxations(asked)) {
      const second = ask(weaker);
      if (isRefusal(second) || second.candidates.length > 0) return second;
    }
    return answer;
  }

  /** How many stored events meet query and filter, every word of it. */
  count(
    query: SearchQuery,
    filter: Filter,
    options: Omit<FulltextOptions, "limit">,
  ): FulltextCount | Refusal {
    const unlimited = { ...options, limit: Number.POSITIVE_INFINITY };
    return (
      this.unsupported(query) ??
      new FulltextSearch(this.ground, asAsked(query, filter), filter, unlimited).count()
    );
  }

  private unsupported(query: SearchQuery): Refusal | undefined {
    const { languageOf, sentimentOf } = this.ground.oracles;
    return unsupportedIn(query, {
      languages: languageOf !== undefined,
      sentiments: sentimentOf !== undefined,
    });
  }
}
