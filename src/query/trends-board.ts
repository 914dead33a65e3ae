// The rankings of the moment with the events behind them: counted once a minute, gated, and shared by all who ask.

import type { Hit, HotReader } from "../hot/contract.ts";
import type { EngagementReader } from "../hot/engagement-reader.ts";
import { authorKey } from "../hot/keys.ts";
import type { TrendItem, TrendReader } from "../hot/trend-reader.ts";
import { TREND_HOURS_KEPT } from "../hot/trend-schema.ts";
import type { TrustBasis } from "../hot/trend-trust.ts";
import { isTrendNoteKind } from "../hot/trend-uses.ts";
import { parseAddress } from "../nostr/address.ts";
import { eventFromJson, type NostrEvent } from "../nostr/event.ts";
import { isHex64 } from "../nostr/hex.ts";
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

export const LIST_MAX = 50;
const FRESH_SECONDS = 60;
const TRUST_FRESH_SECONDS = 600;

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
    const { trends, seeds, long } = this.sources;
    if (Math.abs(nowSeconds - this.reckonedAt) >= TRUST_FRESH_SECONDS) {
      trends.reckon(seeds, nowSeconds);
      this.reckonedAt = nowSeconds;
    }
    const hours = TREND_WINDOWS[window];
    const fromCold = hours >= TREND_WINDOWS["7d"] ? await long?.(what, hours, nowSeconds) : undefined;
    const gate = new Gate(this, nowSeconds);
    const items =
      fromCold ??
      trends.ranking(TOPIC_OF[what], {
        hours,
        nowSeconds,
        limit: LIST_MAX,
        ...(what === "notes" || what === "people" ? { admit: (subject) => gate.admit(what, subject) } : {}),
      });
    const entries = items.flatMap((item) => {
      if (what !== "notes" && what !== "people") return [{ item, event: undefined }];
      return gate.admit(what, item.subject) === undefined ? [] : [{ item, event: gate.noteOf(item.subject) }];
    });
    return {
      what,
      window,
      coversHours: fromCold === undefined ? Math.min(hours, TREND_HOURS_KEPT) : hours,
      basis: trends.trustBasis,
      stepHours: fromCold === undefined ? 1 : longStepHours(hours),
      source: fromCold === undefined ? "sqlite" : "opensearch",
      computedAt: nowSeconds,
      entries: entries.slice(0, LIST_MAX),
    };
  }

  /** The stored event of a hex id, or the newest version of an address. */
  resolve(ref: string): Hit | undefined {
    if (isHex64(ref)) return this.sources.reader.get(ref);
    const address = parseAddress(ref);
    if (address === undefined) return undefined;
    return this.first({
      authors: [address.pubkey],
      kinds: [address.kind],
      tags: [{ name: "d", mode: "any", values: [address.identifier] }],
    });
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
    const hit = this.board.resolve(ref);
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
