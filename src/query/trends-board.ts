// The rankings of the moment with the events behind them: counted once a minute, gated, and shared by all who ask.

import type { Hit, HotReader } from "../hot/contract.ts";
import type { EngagementReader } from "../hot/engagement-reader.ts";
import { authorKey } from "../hot/keys.ts";
import { referred } from "../hot/referred.ts";
import { fewOfEach, type TrendItem, type TrendReader } from "../hot/trend-reader.ts";
import { TREND_HOURS_KEPT } from "../hot/trend-schema.ts";
import type { TrustBasis } from "../hot/trend-trust.ts";
import { isTrendNoteKind } from "../hot/trend-uses.ts";
import { eventFromJson, type NostrEvent } from "../nostr/event.ts";
import { Kind } from "../nostr/kind.ts";
import { mayRead, NOBODY } from "../policy/read.ts";
import { factsOf } from "../search/facts.ts";
import { longStepHours, TOPIC_OF } from "./trends-long.ts";
import { TREND_WINDOWS, type TrendSubject, type TrendWindowName } from "./trends-protocol.ts";

export interface TrendEntry {
  readonly item: TrendItem;
  /** Of notes. */
  readonly event: NostrEvent | undefined;
}

export interface TrendList {
  readonly what: TrendSubject;
  readonly window: TrendWindowName;
  /** Hours that really were counted. */
  readonly coversHours: number;
  readonly basis: TrustBasis;
  /** Hours of one step of `hourly`. */
  readonly stepHours: number;
  /** Which store the counts are from. */
  readonly source: "sqlite" | "opensearch";
  readonly computedAt: number;
  readonly entries: readonly TrendEntry[];
}

/** Counts that another store makes for windows that reach further back; undefined when it cannot. */
export type LongWindows = (
  what: TrendSubject,
  hours: number,
  nowSeconds: number,
) => Promise<readonly TrendItem[] | undefined>;

export interface TrendSources {
  readonly trends: TrendReader;
  readonly reader: HotReader;
  readonly engagement: EngagementReader;
  readonly seeds: readonly string[];
  readonly long?: LongWindows;
}

const LIST_MAX = 50;
const FRESH_SECONDS = 60;
const TRUST_FRESH_SECONDS = 600;

/** What is ranked, and how far and by what it was counted. */
interface RankedSubjects extends Pick<TrendList, "coversHours" | "stepHours" | "source"> {
  readonly items: readonly TrendItem[];
}

export class TrendBoard {
  readonly sources: TrendSources;
  private readonly lists = new Map<string, Promise<TrendList>>();
  private reckonedAt = Number.NEGATIVE_INFINITY;

  constructor(sources: TrendSources) {
    this.sources = sources;
  }

  /** At most a minute old. */
  async list(what: TrendSubject, window: TrendWindowName, nowSeconds: number): Promise<TrendList> {
    const name = `${what} ${window}`;
    const held = await this.lists.get(name);
    if (held !== undefined && Math.abs(nowSeconds - held.computedAt) < FRESH_SECONDS) return held;
    const made = this.make(what, window, nowSeconds);
    this.lists.set(name, made);
    made.catch(() => this.lists.delete(name));
    return made;
  }

  /** The entries of a list that may be shown at this second: counts may be a minute old, what is gone is gone. */
  shown(list: TrendList, nowSeconds: number): readonly TrendEntry[] {
    const { what, entries } = list;
    if (what !== "notes" && what !== "people") return entries;
    const gate = new Gate(this, nowSeconds);
    return entries.filter(
      ({ item, event }) =>
        gate.admit(what, item.subject) !== undefined &&
        (event === undefined || this.sources.reader.has(event.id, event.created_at)),
    );
  }

  /** The newest public event of this author and kind. */
  newestOf(pubkey: string, kind: number, nowSeconds: number): NostrEvent | undefined {
    const hit = this.first({ authors: [pubkey], kinds: [kind], tags: [] });
    return hit !== undefined && mayRead(hit, NOBODY, nowSeconds) ? eventFromJson(hit.json) : undefined;
  }

  private async make(what: TrendSubject, window: TrendWindowName, nowSeconds: number): Promise<TrendList> {
    this.reckon(nowSeconds);
    const gate = new Gate(this, nowSeconds);
    const { items, ...told } = await this.ranked(what, TREND_WINDOWS[window], gate, nowSeconds);
    const entries = items.flatMap((item) => {
      if (what !== "notes" && what !== "people") return [{ item, event: undefined }];
      return gate.admit(what, item.subject) === undefined ? [] : [{ item, event: gate.noteOf(item.subject) }];
    });
    const basis = this.sources.trends.trustBasis;
    const placed =
      what === "notes" ? fewOfEach(entries, ({ event }) => event && authorKey(event.pubkey)) : entries;
    return { what, window, ...told, basis, computedAt: nowSeconds, entries: placed.slice(0, LIST_MAX) };
  }

  /** Whom to trust changes slowly, and costs a walk to find out. */
  private reckon(nowSeconds: number): void {
    if (Math.abs(nowSeconds - this.reckonedAt) < TRUST_FRESH_SECONDS) return;
    this.sources.trends.reckon(this.sources.seeds, nowSeconds);
    this.reckonedAt = nowSeconds;
  }

  /** Long windows come from OpenSearch, where it can tell; all others, and what it cannot, from the counters. */
  private async ranked(
    what: TrendSubject,
    hours: number,
    gate: Gate,
    nowSeconds: number,
  ): Promise<RankedSubjects> {
    const { trends, long } = this.sources;
    const items = hours >= TREND_WINDOWS["7d"] ? await long?.(what, hours, nowSeconds) : undefined;
    if (items !== undefined)
      return { items, coversHours: hours, stepHours: longStepHours(hours), source: "opensearch" };
    const admit =
      what === "notes" || what === "people"
        ? { admit: (subject: string) => gate.admit(what, subject) }
        : undefined;
    return {
      items: trends.ranking(TOPIC_OF[what], { hours, nowSeconds, limit: LIST_MAX, ...admit }),
      coversHours: Math.min(hours, TREND_HOURS_KEPT),
      stepHours: 1,
      source: "sqlite",
    };
  }

  first(filter: Parameters<HotReader["scan"]>[0]): Hit | undefined {
    let found: Hit | undefined;
    this.sources.reader.scan(filter).run(
      (hit) => {
        found = hit;
        return false;
      },
      { deadlineMs: Number.POSITIVE_INFINITY },
    );
    return found;
  }
}

/** What may stand in a list at this second; remembers what it has looked at. */
class Gate {
  private readonly board: TrendBoard;
  private readonly nowSeconds: number;
  private readonly notes = new Map<string, NostrEvent | undefined>();
  private readonly people = new Map<string, boolean>();

  constructor(board: TrendBoard, nowSeconds: number) {
    this.board = board;
    this.nowSeconds = nowSeconds;
  }

  /** The number of the author whose own acts do not count; undefined for what is not shown. */
  admit(what: "notes" | "people", subject: string): { author: number } | undefined {
    if (what === "people") return this.isHere(subject) ? { author: authorKey(subject) } : undefined;
    const event = this.noteOf(subject);
    return event === undefined ? undefined : { author: authorKey(event.pubkey) };
  }

  noteOf(ref: string): NostrEvent | undefined {
    if (!this.notes.has(ref)) this.notes.set(ref, this.readNote(ref));
    return this.notes.get(ref);
  }

  private readNote(ref: string): NostrEvent | undefined {
    const hit = referred(this.board.sources.reader, ref);
    if (hit === undefined || !isTrendNoteKind(hit.kind) || !mayRead(hit, NOBODY, this.nowSeconds))
      return undefined;
    const event = eventFromJson(hit.json);
    return factsOf(event).nsfw ? undefined : event;
  }

  /** Whoever was banned or has vanished has no event left: others may still name them, but they are not put up. */
  private isHere(pubkey: string): boolean {
    let here = this.people.get(pubkey);
    if (here === undefined) {
      const hit = this.board.first({
        authors: [pubkey],
        kinds: [Kind.metadata, Kind.note, Kind.contacts],
        tags: [],
      });
      here = hit !== undefined && mayRead(hit, NOBODY, this.nowSeconds);
      this.people.set(pubkey, here);
    }
    return here;
  }
}
