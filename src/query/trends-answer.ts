// Trends as JSON: this relay's own shape, and the one that clients know from nostr.band.

import { TREND_HOURS_KEPT } from "../hot/trend-schema.ts";
import type { NostrEvent } from "../nostr/event.ts";
import { Kind } from "../nostr/kind.ts";
import { factsOf } from "../search/facts.ts";
import { profileFields } from "../search/text-of-event.ts";
import type { TrendBoard, TrendEntry, TrendList } from "./trends-board.ts";
import { TREND_WINDOWS, type TrendsAsk } from "./trends-protocol.ts";

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** The whole answer as a text. */
export async function trendsAnswer(board: TrendBoard, ask: TrendsAsk, nowSeconds: number): Promise<string> {
  const list = await board.list(ask.what, ask.window, nowSeconds);
  return JSON.stringify(
    ask.shape === "band" ? bandShape(board, list, ask, nowSeconds) : ownShape(board, list, ask, nowSeconds),
  );
}

function ownShape(board: TrendBoard, list: TrendList, ask: TrendsAsk, nowSeconds: number): object {
  const hours = TREND_WINDOWS[list.window];
  return {
    what: list.what,
    window: list.window,
    hours,
    covers_hours: list.coversHours,
    ...(list.coversHours < hours
      ? { note: `only the last ${TREND_HOURS_KEPT / 24} days are counted without OpenSearch` }
      : {}),
    source: list.source,
    step_hours: list.stepHours,
    trust: list.basis,
    computed_at: list.computedAt,
    items: inLanguage(board.shown(list, nowSeconds), ask.language).map((entry) =>
      ownItem(board, list, entry, nowSeconds),
    ),
  };
}

function ownItem(
  board: TrendBoard,
  list: TrendList,
  { item, event }: TrendEntry,
  nowSeconds: number,
): object {
  const { followers, engagement } = item;
  return {
    subject: item.subject,
    people: item.people,
    trusted: item.crowd.trusted,
    uses: item.uses,
    weight: rounded(item.weight),
    usual: item.usual === undefined ? null : rounded(item.usual),
    velocity: rounded(item.velocity),
    score: rounded(item.score),
    hourly: item.hourly,
    ...(list.what === "people"
      ? { new_followers: followers, name: nameOf(board, item.subject, nowSeconds) }
      : {}),
    ...(event === undefined
      ? {}
      : {
          engagement,
          event,
          author: { pubkey: event.pubkey, name: nameOf(board, event.pubkey, nowSeconds) },
        }),
  };
}

/** Shapes of nostr.band's `/v0/trending/…`, as its clients read them. */
function bandShape(board: TrendBoard, list: TrendList, ask: TrendsAsk, nowSeconds: number): object {
  const profile = (pubkey: string): NostrEvent | undefined =>
    board.newestOf(pubkey, Kind.metadata, nowSeconds);
  const entries = inLanguage(board.shown(list, nowSeconds), ask.language);
  switch (list.what) {
    case "people":
      return {
        profiles: entries.map(({ item }) => ({
          pubkey: item.subject,
          new_followers_count: item.followers,
          relays: [],
          ...withProfile("profile", profile(item.subject)),
        })),
      };
    case "notes":
      return {
        notes: entries.flatMap(({ event }) =>
          event === undefined
            ? []
            : [
                {
                  id: event.id,
                  pubkey: event.pubkey,
                  event,
                  ...withProfile("author", profile(event.pubkey)),
                  relays: [],
                },
              ],
        ),
      };
    default:
      return { hashtags: entries.map(({ item }) => ({ hashtag: item.subject, posts: item.uses })) };
  }
}

function withProfile(name: string, profile: NostrEvent | undefined): object {
  return profile === undefined ? {} : { [name]: profile };
}

/** Notes whose author labelled their language; other subjects have none and stay. */
function inLanguage(entries: readonly TrendEntry[], language: string): readonly TrendEntry[] {
  if (language === "") return entries;
  return entries.filter(({ event }) => event === undefined || factsOf(event).language === language);
}

function nameOf(board: TrendBoard, pubkey: string, nowSeconds: number): string {
  const profile = board.newestOf(pubkey, Kind.metadata, nowSeconds);
  const fields = profile === undefined ? undefined : profileFields(profile.content);
  return [fields?.displayName, fields?.name].map(seenName).find((name) => name !== "") ?? "";
}

/** Nothing to see, or turns the direction of what follows. Joiners stay: some letters and emoji need them. */
const UNSEEN = /[\p{Cc}\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]/gu;

/** A name that somebody can see, or "". */
function seenName(name = ""): string {
  return name
    .replace(UNSEEN, "")
    .trim()
    .slice(0, 100)
    .replace(/[\ud800-\udbff]$/, "");
}
