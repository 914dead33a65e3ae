// One search of the full-text index: which way it is answered, and the candidates in the order asked for.

import type { Database } from "bun:sqlite";
import { eventFromJson } from "../nostr/event.ts";
import { type Filter, matchesFilter } from "../nostr/filter.ts";
import { isExpired } from "../nostr/expiration.ts";
import { Kind } from "../nostr/kind.ts";
import { type Refusal, refuse } from "../nostr/reason.ts";
import { factsOf } from "../search/facts.ts";
import { type Oracles, SearchableEvent } from "../search/match.ts";
import { lookupFilters, narrowFilter, pastedEvents } from "../search/narrow.ts";
import { needsCounters } from "../search/order.ts";
import { type Condition, hasPositiveText, type SearchQuery } from "../search/query.ts";
import { isSearchableKind } from "../search/text-of-event.ts";
import type { Hit, HotReader, LogEntry, ScanState } from "./contract.ts";
import type { EngagementReader } from "./engagement-reader.ts";
import { CandidateMaker, type Ordered } from "./fulltext-candidates.ts";
import type { Candidate, FulltextAnswer, FulltextCount, FulltextOptions } from "./fulltext-contract.ts";
import { type Expression, expressionOf, type Facets, singleFacet } from "./fulltext-expression.ts";
import { authorFacet, facetOf } from "./fulltext-facets.ts";
import { readCursor } from "./fulltext-feed.ts";
import { leadingHits } from "./fulltext-leaders.ts";
import { type FulltextPlan, planFulltext } from "./fulltext-plan.ts";
import { inTurns } from "./in-turns.ts";
import { authorKey } from "./keys.ts";
import {
  countRows,
  type FulltextRow,
  type FulltextTable,
  lookedFrom,
  type RowQuery,
  selectRows,
  TEXT_COLUMNS,
} from "./fulltext-rows.ts";
import type { TrustedTargets } from "./trusted-targets.ts";

/** Rows of the index that one search looks at: words that are very common are searched in what is newest. */
const ROWS_MAX = 20_000;
/** Fewer where the text alone decides: of so many that have a common word, the best few hundred say it as well as any. */
const SCORED_ROWS_MAX = 10_000;
/** Times the hits wanted, where some of what the index found may fall out. */
const UNCHECKED_ROOM = 4;
/** Events that a selective filter may yield before the index is asked instead. */
const SELECTIVE_MAX = 2000;
/** Log entries after the index's cursor that are matched in memory. */
const GAP_MAX = 2000;
const AUTHORS_OF_DOMAIN_MAX = 200;
/** Rows that a count goes through, in some 0.1 s: nobody else is answered meanwhile. */
const COUNTED_ROWS_MAX = 1_000_000;

export interface SearchGround {
  readonly database: Database;
  readonly reader: HotReader;
  readonly engagement: EngagementReader;
  readonly trustedTargets: TrustedTargets;
  readonly oracles: Oracles;
}

interface Found {
  readonly candidates: readonly Ordered[];
  readonly complete: boolean;
}

interface TableExpression {
  readonly table: FulltextTable;
  readonly expression: Expression;
}

interface TableRows {
  readonly table: FulltextTable;
  readonly rows: readonly FulltextRow[];
  readonly complete: boolean;
  /** The expression may have found too much. */
  readonly unchecked: boolean;
}

export class FulltextSearch {
  private readonly ground: SearchGround;
  private readonly query: SearchQuery;
  private readonly filter: Filter;
  private readonly options: FulltextOptions;
  private readonly plan: FulltextPlan;
  private readonly candidates: CandidateMaker;
  /** Up to this seq the index has followed the log. */
  private readonly cursor: number;
  private unread: readonly LogEntry[] | undefined;

  constructor(ground: SearchGround, query: SearchQuery, filter: Filter, options: FulltextOptions) {
    this.ground = ground;
    this.query = query;
    this.filter = filter;
    this.options = options;
    this.plan = planFulltext(query, filter);
    this.candidates = new CandidateMaker(ground, query, options.nowSeconds);
    this.cursor = readCursor(ground.database);
  }

  answer(): FulltextAnswer | Refusal {
    if (this.plan.kinds?.size === 0) return { candidates: [], complete: true };
    const selective = this.selective();
    if (selective?.complete === true || this.query.lookups.length > 0) return this.best(selective!);
    const tables = this.tables();
    if (this.isBeyondIndex || tables.some(({ expression }) => expression.type === "everything")) {
      return this.withoutIndex();
    }
    const found = tables.map((each) => this.searchTable(each));
    const top = highestScore(found);
    const indexed = found.flatMap(({ table, rows, unchecked }) =>
      rows.map((row) => this.candidates.fromRow(row, row.score / top, table, unchecked)),
    );
    const gap = this.gap();
    return this.best({
      candidates: [...indexed, ...this.datedLater(tables, indexed), ...gap.candidates],
      complete: gap.complete && found.every(({ complete }) => complete),
    });
  }

  /**
   * Of a very common word the hits are looked at that came last, and where old history was imported they are not those of
   * the latest dates. So what came before them is walked through by date, until it is older than what they have.
   */
  private datedLater(tables: readonly TableExpression[], indexed: readonly Ordered[]): readonly Ordered[] {
    const { limit } = this.options;
    if (this.query.sort !== "recent" || indexed.length < limit) return [];
    const froms = tables.flatMap(({ table, expression }) =>
      expression.type === "match"
        ? [lookedFrom(this.ground.database, this.rowQuery(table, expression.text), ROWS_MAX)]
        : [],
    );
    const from = Math.max(0, ...froms);
    if (from === 0) return [];
    const dates = indexed.map(({ createdAt }) => createdAt).sort((a, b) => b - a);
    const room = indexed.some(({ unchecked }) => unchecked) ? UNCHECKED_ROOM : 1;
    const oldest = dates[Math.min(limit * room, dates.length) - 1]!;
    const narrowed = narrowFilter(this.query, this.filter);
    const since = Math.max(narrowed.since ?? 0, oldest);
    const known = new Set(indexed.map(({ seq }) => seq));
    return this.walk({ ...narrowed, since }, Number.POSITIVE_INFINITY, limit, from).candidates.filter(
      ({ seq }) => !known.has(seq),
    );
  }

  count(): FulltextCount {
    if (this.plan.kinds?.size === 0) return { count: 0, exact: true };
    const selective = this.selective();
    if (selective?.complete === true) return { count: selective.candidates.length, exact: true };
    const tables = this.tables();
    const isExact = ({ expression }: TableExpression): boolean =>
      expression.type === "nothing" || (expression.type === "match" && expression.exact);
    if (this.plan.check || this.isBeyondIndex || !tables.every(isExact)) {
      const walked = this.walk(narrowFilter(this.query, this.filter), ROWS_MAX);
      return { count: walked.candidates.length, exact: walked.complete };
    }
    const counts = tables.map((each) => this.countTable(each));
    const gap = this.gap();
    return {
      count: counts.reduce((sum, count) => sum + count, gap.candidates.length),
      exact: gap.complete && counts.every((count) => count < COUNTED_ROWS_MAX),
    };
  }

  private countTable({ table, expression }: TableExpression): number {
    if (expression.type !== "match") return 0;
    const query = this.rowQuery(table, expression.text);
    const { database } = this.ground;
    const count = countRows(database, query, COUNTED_ROWS_MAX);
    const gone = this.removedSince();
    if (gone.length === 0) return count;
    const where = [query.where, `${table}.rowid IN (${gone.join(", ")})`].filter(Boolean).join(" AND ");
    return count - countRows(database, { ...query, where }, gone.length);
  }

  /** What has left the store since the index last read the log stands in the index still. */
  private removedSince(): number[] {
    return this.unindexed.flatMap((entry) => (entry.type === "removed" ? [entry.eventSeq] : []));
  }

  /** What the index has not taken in yet, or the beginning of that; read once for the whole search. */
  private get unindexed(): readonly LogEntry[] {
    if (this.cursor >= this.options.upToSeq) return [];
    this.unread ??= this.ground.reader.log(this.cursor, GAP_MAX);
    return this.unread;
  }

  /** Where ids, pasted identifiers or rare tags already say nearly everything, the filter's own indexes are asked first. */
  private selective(): Found | undefined {
    const { query, filter } = this;
    const narrowed = narrowFilter(query, filter);
    if (query.lookups.length > 0) return this.lookUp(narrowed);
    const isSelective = filter.ids !== undefined || filter.tags.some((tag) => tag.name !== "t");
    return isSelective ? this.walk(narrowed, SELECTIVE_MAX) : undefined;
  }

  private lookUp(narrowed: Filter): Found {
    const found = new Map<number, Ordered>();
    let complete = true;
    for (const filter of lookupFilters(this.query.lookups, narrowed)) {
      // The profile of somebody who was looked up is wanted before everything that they wrote.
      const steps = filter.kinds === undefined ? [{ ...filter, kinds: [Kind.metadata] }, filter] : [filter];
      for (const step of steps) {
        const part = this.walk(step, SELECTIVE_MAX);
        for (const candidate of part.candidates) found.set(candidate.seq, candidate);
        if (step === filter) complete &&= part.complete;
      }
    }
    return { candidates: [...found.values()], complete };
  }

  /** The index holds no event of kinds without a text, and conditions alone may ask for those, or name them. */
  private get isBeyondIndex(): boolean {
    const { kinds } = this.plan;
    if (hasPositiveText(this.query.text)) return false;
    if (kinds === undefined) return pastedEvents(this.query).length > 0;
    return !kinds.values().every(isSearchableKind);
  }

  /** No words to look for: a filter with an order. */
  private withoutIndex(): FulltextAnswer | Refusal {
    const { sort } = this.query;
    if (sort === "old" && this.options.fresh === undefined) {
      return refuse(
        "unsupported",
        "sort:old needs words to search for, or ids; this relay lists newest first",
      );
    }
    if (!needsCounters(sort))
      return this.best(
        this.walk(narrowFilter(this.query, this.filter), Number.POSITIVE_INFINITY, this.options.limit),
      );
    const hits = leadingHits(this.ground, sort, narrowFilter(this.query, this.filter), this.options);
    return this.best({
      candidates: hits.filter((hit) => this.meets(hit)).map((hit) => this.candidates.fromHit(hit)),
      complete: false,
    });
  }

  private searchTable({ table, expression }: TableExpression): TableRows {
    if (expression.type !== "match") return { table, rows: [], complete: true, unchecked: false };
    const { deadlineMs, limit } = this.options;
    const query = this.rowQuery(table, expression.text);
    const unchecked = this.plan.check || !expression.exact;
    // What may still fall out leaves room for what comes after it.
    const budget = {
      deadlineMs,
      rowsMax: query.scored && !query.counters ? SCORED_ROWS_MAX : ROWS_MAX,
      wanted: unchecked ? Number.POSITIVE_INFINITY : limit,
    };
    return { table, unchecked, ...selectRows(this.ground.database, query, budget) };
  }

  /** What was stored after the index last read the log: matched as if it were new. */
  private gap(): Found {
    return this.storedAfter(Math.max(this.cursor, this.afterSeq), this.filter);
  }

  private storedAfter(cursor: number, filter: Filter): Found {
    if (cursor >= this.options.upToSeq) return { candidates: [], complete: true };
    const entries = cursor === this.cursor ? this.unindexed : this.ground.reader.log(cursor, GAP_MAX);
    const candidates: Ordered[] = [];
    for (const entry of entries) {
      if (entry.type === "stored" && entry.seq <= this.options.upToSeq && this.meets(entry, filter)) {
        candidates.push(this.candidates.fromHit(entry));
      }
    }
    const last = entries.at(-1)?.seq ?? cursor;
    return { candidates, complete: entries.length < GAP_MAX || last >= this.options.upToSeq };
  }

  /**
   * Reads what the filter yields, newest first, and checks each event that came before `beforeSeq`; stops after `enough`
   * that meet the query.
   */
  private walk(
    filter: Filter,
    eventsMax: number,
    enough = Number.POSITIVE_INFINITY,
    beforeSeq = Number.POSITIVE_INFINITY,
  ): Found {
    const { upToSeq, deadlineMs, fresh } = this.options;
    if (fresh !== undefined) {
      // What was stored a moment ago may be dated long ago. Only where the log since then is long, dates bound the walk.
      const told = this.storedAfter(fresh.afterSeq, filter);
      if (told.complete) return told;
    }
    const candidates: Ordered[] = [];
    let events = 0;
    const scan = this.ground.reader.scan(this.walked(filter), { upToSeq });
    const state: ScanState = scan.run(
      (hit) => {
        const isAsked = hit.seq > this.afterSeq && hit.seq < beforeSeq;
        if (isAsked && this.meets(hit)) candidates.push(this.candidates.fromHit(hit));
        return ++events < eventsMax && candidates.length < enough;
      },
      { deadlineMs },
    );
    return { candidates, complete: state === "exhausted" && fresh === undefined };
  }

  private walked(filter: Filter): Filter {
    const { fresh } = this.options;
    return fresh === undefined
      ? filter
      : { ...filter, since: Math.max(filter.since ?? 0, fresh.sinceSeconds) };
  }

  private get afterSeq(): number {
    return this.options.fresh?.afterSeq ?? 0;
  }

  /** In order, checked where the index could not be trusted, and no more than asked for. */
  private best({ candidates, complete }: Found): FulltextAnswer {
    const byKey = candidates.toSorted((a, b) => b.key - a.key || b.createdAt - a.createdAt || b.seq - a.seq);
    // A crowd that fills the one list does not come into the other.
    const byTrusted = byKey.filter((each) => each.trustedKey > 0).sort((a, b) => b.trustedKey - a.trustedKey);
    const sorted = inTurns(byTrusted, byKey, Number.POSITIVE_INFINITY);
    const chosen: Candidate[] = [];
    for (const { key: _k, trustedKey: _t, unchecked, ...candidate } of sorted) {
      if (chosen.length >= this.options.limit || performance.now() > this.options.deadlineMs) {
        return { candidates: chosen, complete: false };
      }
      if (!unchecked || this.ground.reader.getMany([candidate.seq]).some((hit) => this.meets(hit))) {
        chosen.push(candidate);
      }
    }
    return { candidates: chosen, complete };
  }

  private tables(): TableExpression[] {
    const { kinds, groups } = this.plan;
    const tables: FulltextTable[] = [];
    if (kinds === undefined || kinds.size > 1 || !kinds.has(Kind.metadata)) tables.push("note");
    if (kinds === undefined || kinds.has(Kind.metadata)) tables.push("profile");
    return tables.map((table) => {
      const facetsFor = (condition: Condition) => this.facetsFor(table, condition);
      return { table, expression: expressionOf(this.query.text, groups, TEXT_COLUMNS[table], facetsFor) };
    });
  }

  /** A note carries no domain: the authors are looked up whose profile claims it, or to whom it was confirmed. */
  private facetsFor(table: FulltextTable, condition: Condition): Facets | undefined {
    if (condition.type !== "domain") return singleFacet(condition);
    const { authorsOfDomain } = this.ground.oracles;
    if (authorsOfDomain === undefined && table === "profile") return singleFacet(condition);
    const known = authorsOfDomain?.(condition.domain, AUTHORS_OF_DOMAIN_MAX).map(authorKey);
    const authors = known ?? this.claimants(condition);
    if (authors.length >= AUTHORS_OF_DOMAIN_MAX) return undefined;
    const newcomers = known === undefined ? this.newClaimants(condition.domain) : [];
    // Of those whom the index knows some may have another profile by now.
    const exact = known !== undefined || this.cursor >= this.options.upToSeq;
    return { words: [...authors, ...newcomers].map(authorFacet), exact };
  }

  /** Authors of profiles that the index has not taken in yet. */
  private newClaimants(domain: string): number[] {
    return this.unindexed.flatMap((entry) => {
      if (entry.type !== "stored" || entry.kind !== Kind.metadata) return [];
      const event = eventFromJson(entry.json);
      return factsOf(event).domain === domain ? [authorKey(event.pubkey)] : [];
    });
  }

  private claimants(condition: Condition): number[] {
    return this.ground.database
      .query<{ author: number }, [string, number]>(
        "SELECT DISTINCT doc.author AS author FROM profile CROSS JOIN doc ON doc.seq = profile.rowid WHERE profile MATCH ? LIMIT ?",
      )
      .all(`facet : "${facetOf(condition)!}"`, AUTHORS_OF_DOMAIN_MAX)
      .map(({ author }) => author);
  }

  private rowQuery(table: FulltextTable, expression: string): RowQuery {
    return {
      table,
      expression,
      where: this.plan.where,
      afterSeq: this.afterSeq,
      upToSeq: this.options.upToSeq,
      nowSeconds: this.options.nowSeconds,
      oldestFirst: this.query.sort === "old",
      scored: this.query.sort === "relevance",
      counters: table === "profile" || needsCounters(this.query.sort),
      trusted: table === "note" && needsCounters(this.query.sort),
    };
  }

  private meets(hit: Hit, filter = this.filter): boolean {
    if (isExpired(hit.expiresAt, this.options.nowSeconds)) return false;
    const event = eventFromJson(hit.json);
    return (
      matchesFilter(filter, event) &&
      new SearchableEvent(event, this.ground.oracles).matches(this.query, this.filter)
    );
  }
}

function highestScore(found: readonly TableRows[]): number {
  let highest = Number.MIN_VALUE;
  for (const { rows } of found) for (const row of rows) highest = Math.max(highest, row.score);
  return highest;
}
