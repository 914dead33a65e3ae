// Ranks what people talk about in a window that ends now: candidates by one scan, then each of them looked at closely.

import type { Database } from "bun:sqlite";
import { ACTION_CLASSES, type Engagement, NO_ENGAGEMENT } from "../search/engagement.ts";
import {
  ACT_WEIGHT,
  type Crowd,
  crowdWeight,
  decay,
  mayPlace,
  PEOPLE_MIN,
  sharesOf,
  type Standing,
  surpriseScore,
  velocityOf,
  WEIGHTS,
} from "../search/trend-score.ts";
import { CLASS_COLUMN, hourOf } from "./engagement-columns.ts";
import { FOLLOW_ACT, topicNumber, TREND_HOURS_KEPT, type TrendTopic } from "./trend-schema.ts";
import {
  crowdOf,
  type LevelRow,
  reckonTrust,
  standingOf,
  type TrustBasis,
  TrustLevel,
} from "./trend-trust.ts";

export interface TrendItem {
  readonly topic: TrendTopic;
  /** The hashtag, the link, the hex key, the hex id or the address. */
  readonly subject: string;
  /** Distinct people in the window, and by what is known of them. */
  readonly people: number;
  readonly crowd: Crowd;
  readonly uses: number;
  /** The crowd as a number of trusted people. */
  readonly weight: number;
  /** The same, as the seven days before would have it in a window of this length; undefined when they are not kept. */
  readonly usual: number | undefined;
  /** 1 is steady; see velocityOf(). */
  readonly velocity: number;
  readonly score: number;
  /** Distinct people of each hour, oldest first, up to the current one. */
  readonly hourly: readonly number[];
  /** Persons: new followers. */
  readonly followers: number;
  /** Notes: distinct people by what they did. */
  readonly engagement: Engagement;
}

export interface TrendWindow {
  readonly hours: number;
  readonly nowSeconds: number;
  readonly limit: number;
  /**
   * Notes and persons: the number (authorKey) of the author whose own acts do not count, or undefined for what may not
   * be shown. Everything is admitted without it.
   */
  readonly admit?: (subject: string) => { readonly author: number } | undefined;
}

/** Looked at closely: a subject further back by its crowd does not come to the front by its pace. */
const CANDIDATES_MAX = 100;
const BASELINE_HOURS = 7 * 24;
const HOURS_A_DAY = 24;
const HOUR_SECONDS = 3600;
/** Lists of notes show no more than so many of one author. */
const NOTES_OF_AUTHOR_MAX = 2;

interface CandidateRow {
  readonly key: number;
  readonly text: string;
}

interface HourRow {
  readonly hour: number;
  /** People who did something in this hour, also those who did it again later. */
  readonly present: number;
}

interface CountRow extends LevelRow, HourRow {
  readonly act: number;
  readonly uses: number;
  readonly msats: number;
}

/** Reads on a connection of its own, on whichever thread has time for it. */
export class TrendReader {
  private readonly database: Database;
  private basis: TrustBasis = "nobody";

  /** `database` must allow temporary tables; see openFulltextForTrust(). */
  constructor(database: Database) {
    this.database = database;
  }

  /** Looks anew at whom to trust. `seeds` are the operator's keys. */
  reckon(seeds: readonly string[], nowSeconds: number): TrustBasis {
    this.basis = reckonTrust(this.database, seeds, nowSeconds);
    return this.basis;
  }

  /** As of the last reckon(). */
  get trustBasis(): TrustBasis {
    return this.basis;
  }

  /** Hex keys that are trusted as of the last reckon(), as far as follow lists name them; none before a relay is settled. */
  trustedKeys(max: number): string[] {
    if (this.standing() !== "settled") return [];
    return this.database
      .query<{ pubkey: string }, [number, number]>(
        "SELECT a.pubkey AS pubkey FROM temp.trend_trust t JOIN author a ON a.key = t.key WHERE t.level = ? LIMIT ?",
      )
      .all(TrustLevel.trusted, max)
      .map(({ pubkey }) => pubkey);
  }

  /** Best first. Windows longer than TREND_HOURS_KEPT are cut to it. */
  ranking(topic: TrendTopic, window: TrendWindow): TrendItem[] {
    const hours = Math.min(window.hours, TREND_HOURS_KEPT);
    const from = before(hourOf(window.nowSeconds), hours);
    const items: TrendItem[] = [];
    for (const { key, text } of this.candidates(topic, from)) {
      const admitted = window.admit === undefined ? { author: undefined } : window.admit(text);
      if (admitted === undefined) continue;
      const item = this.measure(topic, { key, text }, { ...window, hours }, admitted.author ?? NO_AUTHOR);
      // What is only voted down does not trend.
      if (item !== undefined && (topic !== "note" || item.score > 0)) items.push(item);
    }
    items.sort((a, b) => b.score - a.score || (a.subject < b.subject ? -1 : 1));
    const placed =
      topic === "note" ? fewOfEach(items, (item) => window.admit?.(item.subject)?.author) : items;
    return placed.slice(0, window.limit);
  }

  close(): void {
    this.database.close();
  }

  /** Subjects with the heaviest crowds since that hour. */
  private candidates(topic: TrendTopic, from: number): CandidateRow[] {
    return this.database
      .query<CandidateRow, [number, number]>(
        (topic === "note" ? NOTE_CANDIDATES : CANDIDATES)[this.standing()],
      )
      .all(topicNumber(topic), from);
  }

  private measure(
    topic: TrendTopic,
    { key, text }: CandidateRow,
    { hours, nowSeconds }: TrendWindow,
    author: number,
  ): TrendItem | undefined {
    const number = topicNumber(topic);
    const hourNow = hourOf(nowSeconds);
    const from = before(hourNow, hours);
    const counts = this.database.query<CountRow, number[]>(COUNTS).all(number, key, from, author);
    // Where there is one thing to do, nobody stands in two rows of an hour and nobody has two latest hours.
    const hasOneAct = topic !== "note" && topic !== "person";
    const crowd = hasOneAct ? crowdOf(counts) : this.crowdOf(number, key, from, author);
    if (!mayPlace(crowd, this.standing())) return undefined;
    const hourly = hourlyOf(
      hasOneAct ? counts : this.database.query<HourRow, number[]>(HOURLY).all(number, key, from, author),
      { from, hourNow },
    );
    const begun = (nowSeconds % HOUR_SECONDS) / HOUR_SECONDS;
    const velocity = velocityOf(hourly, begun);
    const usual = this.usualOf(number, key, { from, hours: hours + begun, author, hourNow });
    const weight = crowdWeight(crowd, this.standing());
    return {
      topic,
      subject: text,
      people: crowd.trusted + crowd.known + crowd.fresh,
      crowd,
      uses: counts.reduce((sum, row) => sum + row.uses, 0),
      weight,
      usual,
      velocity,
      score:
        topic === "note"
          ? noteScore(counts, sharesOf(crowd, this.standing()), { hourNow, hours })
          : surpriseScore(weight, usual ?? 0, velocity),
      hourly,
      followers: topic === "person" ? peopleWho(counts, FOLLOW_ACT) : 0,
      engagement: topic === "note" ? engagementOf(counts, this.standing()) : NO_ENGAGEMENT,
    };
  }

  private standing(): Standing {
    return standingOf(this.basis);
  }

  private crowdOf(topic: number, key: number, from: number, author: number): Crowd {
    return crowdOf(this.database.query<LevelRow, number[]>(CROWD).all(topic, key, from, author));
  }

  /** The days before the window, each with its own distinct people; undefined when fewer than one of them is kept. */
  private usualOf(
    topic: number,
    key: number,
    { from, hours, author, hourNow }: { from: number; hours: number; author: number; hourNow: number },
  ): number | undefined {
    const first = Math.max(from - BASELINE_HOURS, before(hourNow, TREND_HOURS_KEPT));
    const days = (from - first) / HOURS_A_DAY;
    if (days < 1) return undefined;
    const rows = this.database.query<LevelRow, number[]>(DAILY).all(topic, key, first, from, author);
    const crowd = crowdOf(rows);
    // The caps are for one day's crowd, not for the sum of a week.
    const mean = {
      trusted: crowd.trusted / days,
      known: crowd.known / days,
      fresh: crowd.fresh / days,
    };
    return crowdWeight(mean, this.standing()) * (hours / HOURS_A_DAY);
  }
}

/** As a list of notes shows them: in their order, two of one author at most. */
export function fewOfEach<Item>(
  items: readonly Item[],
  authorOf: (item: Item) => number | undefined,
): readonly Item[] {
  const times = new Map<number, number>();
  return items.filter((item) => {
    const author = authorOf(item);
    if (author === undefined) return true;
    const before = times.get(author) ?? 0;
    times.set(author, before + 1);
    return before < NOTES_OF_AUTHOR_MAX;
  });
}

const NO_AUTHOR = -1;

/**
 * The last hour before a window of so many whole ones and the one that has begun. Without that a window of an hour would be
 * empty at its first minute.
 */
function before(hourNow: number, hours: number): number {
  return hourNow - hours - 1;
}

function hourlyOf(rows: readonly HourRow[], { from, hourNow }: { from: number; hourNow: number }): number[] {
  const hourly = new Array<number>(hourNow - from).fill(0);
  for (const { hour, present } of rows) if (hour <= hourNow) hourly[hour - from - 1]! += present;
  return hourly;
}

function noteScore(
  rows: readonly CountRow[],
  shares: ReturnType<typeof sharesOf>,
  { hourNow, hours }: { readonly hourNow: number; readonly hours: number },
): number {
  let [sum, msats] = [0, 0];
  for (const { hour, act, level, people, msats: paid } of rows) {
    const share = level === TrustLevel.trusted ? 1 : level === TrustLevel.known ? shares.known : shares.fresh;
    sum += ACT_WEIGHT[ACTION_CLASSES[act]!] * people * share * decay(Math.max(0, hourNow - hour), hours);
    // Receipts are easily made up: what fresh keys say they paid is not looked at.
    if (level > TrustLevel.fresh) msats += paid * share;
  }
  return sum + (sum > 0 ? 2 * Math.log2(1 + msats / 1000) : 0);
}

/** What a key says it paid needs no wallet: where some are known, fresh ones are not asked for the sum of a note. */
function engagementOf(rows: readonly CountRow[], standing: Standing): Engagement {
  const counts = { ...NO_ENGAGEMENT };
  ACTION_CLASSES.forEach((kind, act) =>
    Object.assign(counts, { [CLASS_COLUMN[kind]]: peopleWho(rows, act) }),
  );
  const believed = rows.filter(({ level }) => standing === "nobody" || level > TrustLevel.fresh);
  return { ...counts, msats: believed.reduce((sum, row) => sum + row.msats, 0) };
}

function peopleWho(rows: readonly CountRow[], act: number): number {
  return rows.reduce((sum, row) => sum + (row.act === act ? row.people : 0), 0);
}

const LEVEL = `ifnull(t.level, ${TrustLevel.fresh})`;
const USES = "FROM trend_use u LEFT JOIN temp.trend_trust t ON t.key = u.actor";
const SUBJECT = "u.topic = ?1 AND u.subject = ?2";
const COUNTED = `${LEVEL} >= 0`;

const actWeights = ACTION_CLASSES.map((kind, act) => `WHEN ${act} THEN ${ACT_WEIGHT[kind]}`).join(" ");
const candidatesOf = (people: string, standing: Standing): string => `
  SELECT c.subject AS key, s.text AS text FROM (
    SELECT u.subject AS subject,
      total(iif(t.level = ${TrustLevel.trusted}, ${people}, 0)) AS trusted,
      total(iif(t.level = ${TrustLevel.known}, ${people}, 0)) AS known,
      total(iif(t.level IS NULL, ${people}, 0)) AS fresh
    ${USES} WHERE u.topic = ?1 AND u.hour > ?2 AND u.latest = 1 AND ${COUNTED}
    GROUP BY u.subject HAVING count(*) >= ${PEOPLE_MIN}
    ORDER BY trusted + min(${WEIGHTS[standing].untrustedMax}, known * ${WEIGHTS[standing].known}
        + min(${WEIGHTS[standing].freshMax}, fresh * ${WEIGHTS[standing].fresh})) DESC,
      count(*) DESC, u.subject
    LIMIT ${CANDIDATES_MAX}
  ) c JOIN trend_subject s ON s.topic = ?1 AND s.key = c.subject`;
const candidatesBy = (people: string): Readonly<Record<Standing, string>> => ({
  settled: candidatesOf(people, "settled"),
  young: candidatesOf(people, "young"),
  nobody: candidatesOf(people, "nobody"),
});
const CANDIDATES = candidatesBy("1");
const NOTE_CANDIDATES = candidatesBy(`CASE u.act ${actWeights} ELSE 0 END`);

const CROWD = `
  SELECT ${LEVEL} AS level, count(DISTINCT u.actor) AS people
  ${USES} WHERE ${SUBJECT} AND u.hour > ?3 AND u.latest = 1 AND u.actor <> ?4 AND ${COUNTED} GROUP BY level`;
const COUNTS = `
  SELECT u.hour AS hour, u.act AS act, ${LEVEL} AS level, sum(u.latest) AS people, count(*) AS present,
    sum(u.uses) AS uses, sum(u.msats) AS msats
  ${USES} WHERE ${SUBJECT} AND u.hour > ?3 AND u.actor <> ?4 AND ${COUNTED} GROUP BY hour, act, level`;
const HOURLY = `
  SELECT u.hour AS hour, count(DISTINCT u.actor) AS present
  ${USES} WHERE ${SUBJECT} AND u.hour > ?3 AND u.actor <> ?4 AND ${COUNTED} GROUP BY hour`;
const DAILY = `
  SELECT (u.hour - ?3 - 1) / ${HOURS_A_DAY} AS day, ${LEVEL} AS level, count(DISTINCT u.actor) AS people
  ${USES} WHERE ${SUBJECT} AND u.hour > ?3 AND u.hour <= ?4 AND u.actor <> ?5 AND ${COUNTED} GROUP BY day, level`;
