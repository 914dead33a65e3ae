// Crowds of long windows, counted by OpenSearch: distinct trusted people for each subject, in the window and before it.

import { TREND_TEXT_KINDS } from "../search/trend-kinds.ts";
import { searchChosen } from "./chosen-search.ts";
import type { IndexChoice } from "./index-choice.ts";
import type { Outcome, SearchAnswer, SearchDoor } from "./search-door.ts";
import { exclusions, type Query } from "./structural-query.ts";

/** `link` holds web addresses of every sort: whoever asks tells pages from pictures. */
export type ColdTrendField = "hashtag" | "link" | "person" | "note";

export interface ColdTrendWindow {
  /** Unix seconds; the window is from `since` up to and without `until`. */
  readonly since: number;
  readonly until: number;
  /** Seconds of one step of the series. */
  readonly stepSeconds: number;
  /** Subjects wanted. */
  readonly limit: number;
  /**
   * Hex keys: nobody else counts. They restrict the query and not its result, or a crowd that nobody trusts would fill
   * the candidates before it is taken away.
   */
  readonly trusted: readonly string[];
}

export interface ColdCrowd {
  readonly subject: string;
  /** Distinct trusted people; exact up to a thousand. */
  readonly people: number;
  readonly uses: number;
  /** Distinct trusted people in a window of the same length before this one. */
  readonly usual: number;
  /** People of each step, oldest first. */
  readonly series: readonly number[];
  /** Notes: people by what they did, and millisatoshis. */
  readonly acts: Readonly<Record<string, number>>;
  readonly msats: number;
}

const TEXT_KINDS = [...TREND_TEXT_KINDS].map(String);
const MENTION_KINDS = [...TEXT_KINDS, "6", "7", "16"];
const ACTIONS = ["reaction", "repost", "reply", "zap"];
const FIELD: Readonly<Record<ColdTrendField, string>> = {
  hashtag: "hashtag",
  link: "link",
  person: "t.p",
  note: "ref",
};
/** Keys of one query: OpenSearch takes 65,536 terms. */
const TRUSTED_MAX = 50_000;
const PEOPLE_MIN = 3;
const PRECISION = 1000;
/** Subjects whose steps are asked for: with a week of hours, a quarter of the buckets that one answer may hold. */
const SERIES_MAX = 100;

export class ColdTrends {
  private readonly door: SearchDoor;
  private readonly choice: IndexChoice;

  constructor(door: SearchDoor, choice: IndexChoice) {
    this.door = door;
    this.choice = choice;
  }

  /** Subjects with the most trusted people, best first. */
  async crowds(field: ColdTrendField, window: ColdTrendWindow): Promise<Outcome<readonly ColdCrowd[]>> {
    const found = await this.ask(field, window, {
      subjects: {
        terms: {
          ...termsOf(field),
          size: window.limit,
          shard_size: window.limit * 4,
          min_doc_count: PEOPLE_MIN,
        },
        aggs: { people: peopleAgg(field), ...actAggs(field) },
      },
    });
    if (found.type !== "answered") return found;
    const candidates = bucketsOf(found.value).filter((bucket) => valueOf(bucket["people"]) >= PEOPLE_MIN);
    candidates.sort((a, b) => valueOf(b["people"]) - valueOf(a["people"]));
    return this.looked(field, window, candidates.slice(0, window.limit), found.isPartial);
  }

  /**
   * The same subjects over time, and in the window before. Asked for by name once they are few: steps of every subject
   * that a shard considers would be more buckets than OpenSearch makes.
   */
  private async looked(
    field: ColdTrendField,
    window: ColdTrendWindow,
    candidates: readonly Bucket[],
    isPartial: boolean,
  ): Promise<Outcome<readonly ColdCrowd[]>> {
    if (candidates.length === 0) return { type: "answered", isPartial, value: [] };
    const named = (few: readonly Bucket[], aggs: Query): Query => ({
      subjects: {
        terms: { ...termsOf(field), size: few.length, include: few.map(({ key }) => key) },
        aggs,
      },
    });
    const before = { ...window, since: 2 * window.since - window.until, until: window.since };
    const [usual, series] = await Promise.all([
      this.ask(field, before, named(candidates, { people: peopleAgg(field) })),
      this.ask(field, window, named(candidates.slice(0, SERIES_MAX), { series: seriesAgg(field, window) })),
    ]);
    if (usual.type !== "answered") return usual;
    if (series.type !== "answered") return series;
    const past = new Map(bucketsOf(usual.value).map((bucket) => [bucket.key, bucket]));
    const steps = new Map(bucketsOf(series.value).map((bucket) => [bucket.key, bucket]));
    return {
      type: "answered",
      isPartial: isPartial || usual.isPartial || series.isPartial,
      value: candidates.map((bucket) => ({
        subject: bucket.key,
        people: valueOf(bucket["people"]),
        uses: bucket.doc_count,
        usual: valueOf(past.get(bucket.key)?.["people"]),
        series: seriesOf(steps.get(bucket.key)?.["series"], window),
        acts: Object.fromEntries(bucketsIn(bucket["acts"]).map((act) => [act.key, valueOf(act["people"])])),
        msats: valueOf(bucket["msats"]),
      })),
    };
  }

  private async ask(
    field: ColdTrendField,
    { since, until, trusted }: ColdTrendWindow,
    aggs: Query,
  ): Promise<Outcome<SearchAnswer>> {
    const actor = actorField(field);
    const filter: Query[] = [
      { range: { created_at: { gte: since, lt: until } } },
      { terms: { [actor]: trusted.slice(0, TRUSTED_MAX) } },
      field === "note"
        ? { terms: { action: ACTIONS } }
        : { terms: { kind: field === "person" ? MENTION_KINDS : TEXT_KINDS } },
    ];
    const query = {
      bool: { filter, must_not: [...exclusions({ nowSeconds: until }), { term: { nsfw: true } }] },
    };
    const body = { size: 0, track_total_hits: false, query, aggs };
    return searchChosen(this.door, this.choice, [{ tags: [], since, until }], body);
  }
}

function termsOf(field: ColdTrendField): Query {
  // Ordinals of all keys of an index are built for a narrow window otherwise.
  return { field: FIELD[field], execution_hint: "map" };
}

function actAggs(field: ColdTrendField): Query {
  if (field !== "note") return {};
  return {
    acts: { terms: { field: "action", size: 10 }, aggs: { people: peopleAgg(field) } },
    msats: { sum: { field: "msats" } },
  };
}

function seriesAgg(field: ColdTrendField, { since, stepSeconds }: ColdTrendWindow): Query {
  return {
    date_histogram: {
      field: "created_at",
      fixed_interval: `${stepSeconds}s`,
      offset: `${since % stepSeconds}s`,
      min_doc_count: 1,
    },
    aggs: { people: { cardinality: { field: actorField(field), precision_threshold: 100 } } },
  };
}

function peopleAgg(field: ColdTrendField): Query {
  return { cardinality: { field: actorField(field), precision_threshold: PRECISION } };
}

/** Of a zap the payer counts and not the wallet that signed its receipt. */
function actorField(field: ColdTrendField): string {
  return field === "note" ? "actor" : "pubkey";
}

interface Bucket<Key = string> {
  readonly key: Key;
  readonly doc_count: number;
  readonly [name: string]: unknown;
}

function bucketsOf(answer: SearchAnswer): Bucket[] {
  return bucketsIn(answer.aggregations?.["subjects"]);
}

function bucketsIn<Key = string>(aggregation: unknown): Bucket<Key>[] {
  return (aggregation as { readonly buckets?: Bucket<Key>[] } | undefined)?.buckets ?? [];
}

function valueOf(aggregation: unknown): number {
  return (aggregation as { readonly value?: number } | undefined)?.value ?? 0;
}

/** Steps without anything are left out of the answer; keys are milliseconds. */
function seriesOf(aggregation: unknown, { since, until, stepSeconds }: ColdTrendWindow): number[] {
  const series = new Array<number>(Math.ceil((until - since) / stepSeconds)).fill(0);
  for (const step of bucketsIn<number>(aggregation)) {
    const at = Math.floor((step.key / 1000 - since) / stepSeconds);
    if (at >= 0 && at < series.length) series[at] = valueOf(step["people"]);
  }
  return series;
}
