// Trends as Nostr events: NIP-32 labels in the form that clients of Ditto read, and NIP-85 assertions about what trends.

import type { UnsignedEvent } from "../ffi/relay-key.ts";
import type { Tag } from "../nostr/event.ts";
import { isHex64 } from "../nostr/hex.ts";
import { Kind } from "../nostr/kind.ts";
import { NO_ENGAGEMENT } from "../search/engagement.ts";
import type { TrendBoard, TrendEntry, TrendList } from "./trends-board.ts";
import type { TrendSubject, TrendWindowName } from "./trends-protocol.ts";

/** What clients look for: hashtags, links, notes, people and zapped notes of the last 24 hours. */
const DITTO_NAMESPACE = "pub.ditto.trends";
/** The other windows, under the same names with the window behind them: `#t.4h`. */
const OWN_NAMESPACE = "thermocline.trends";

/** Clients draw a week of labels; older ones leave by themselves (NIP-40). */
const KEPT_SECONDS = 10 * 86_400;
const OWN_WINDOWS: readonly TrendWindowName[] = ["1h", "4h", "7d"];
const SHORT_LIST = 20;
const LONG_LIST = 40;
/** Assertions of one round, for each kind of subject. */
const ASSERTED_MAX = 15;

/** Everything that one round publishes; lists with nothing in them are left out. */
export async function trendEvents(
  board: TrendBoard,
  relayUrl: string,
  nowSeconds: number,
): Promise<UnsignedEvent[]> {
  const list = (what: TrendSubject, window: TrendWindowName): Promise<TrendList> =>
    board.list(what, window, nowSeconds);
  const day = {
    hashtags: await list("hashtags", "24h"),
    links: await list("links", "24h"),
    notes: await list("notes", "24h"),
    people: await list("people", "24h"),
  };
  const labels = [
    label(DITTO_NAMESPACE, "#t", tagsOf("t", day.hashtags.entries, SHORT_LIST, "")),
    label(DITTO_NAMESPACE, "#r", tagsOf("r", day.links.entries, SHORT_LIST, "")),
    label(DITTO_NAMESPACE, "#e", noteTags(day.notes.entries, relayUrl)),
    label(DITTO_NAMESPACE, "#p", tagsOf("p", day.people.entries, LONG_LIST, relayUrl)),
    label(DITTO_NAMESPACE, "zapped", zappedTags(day.notes.entries, relayUrl)),
  ];
  for (const window of OWN_WINDOWS) {
    const hashtags = (await list("hashtags", window)).entries;
    const notes = (await list("notes", window)).entries;
    labels.push(label(OWN_NAMESPACE, `#t.${window}`, tagsOf("t", hashtags, SHORT_LIST, "")));
    labels.push(label(OWN_NAMESPACE, `#e.${window}`, noteTags(notes, relayUrl)));
  }
  const events = [...labels, ...assertions(board, Object.values(day))];
  return events
    .filter((event) => event !== undefined)
    .map(({ kind, tags }) => ({
      kind,
      created_at: nowSeconds,
      tags: [...tags, ["expiration", String(nowSeconds + KEPT_SECONDS)]],
      content: "",
    }));
}

type Draft = Pick<UnsignedEvent, "kind" | "tags">;

function label(namespace: string, name: string, tags: readonly Tag[]): Draft | undefined {
  if (tags.length === 0) return undefined;
  return { kind: Kind.label, tags: [["L", namespace], ["l", name, namespace], ...tags] };
}

/** `[name, subject, relay, people, uses]`, best first. */
function tagsOf(name: string, entries: readonly TrendEntry[], max: number, relayUrl: string): Tag[] {
  return entries
    .slice(0, max)
    .map(({ item }) => [name, item.subject, relayUrl, String(item.people), String(item.uses)]);
}

function noteTags(entries: readonly TrendEntry[], relayUrl: string): Tag[] {
  return tagsOf(
    "e",
    entries.filter(({ item }) => isHex64(item.subject)),
    LONG_LIST,
    relayUrl,
  );
}

function zappedTags(entries: readonly TrendEntry[], relayUrl: string): Tag[] {
  const zapped = entries.filter(({ item }) => item.engagement.msats > 0 && isHex64(item.subject));
  zapped.sort((a, b) => b.item.engagement.msats - a.item.engagement.msats);
  return tagsOf("e", zapped, SHORT_LIST, relayUrl);
}

/** NIP-85: kind by kind of subject; `rank` is 100 for the first of its list. */
function assertions(board: TrendBoard, lists: readonly TrendList[]): Draft[] {
  return lists.flatMap(({ what, entries }) => {
    const best = entries[0]?.item.score ?? 0;
    return entries.slice(0, ASSERTED_MAX).flatMap((entry) => {
      const rank = best > 0 ? Math.max(0, Math.round((100 * entry.item.score) / best)) : 0;
      return [assertion(board, what, entry, rank)];
    });
  });
}

function assertion(board: TrendBoard, what: TrendSubject, { item, event }: TrendEntry, rank: number): Draft {
  const { engagement } = board.sources;
  const head: Tag[] = [
    ["d", what === "hashtags" ? `#${item.subject}` : item.subject],
    ["rank", String(rank)],
  ];
  if (what === "people") {
    const followers = engagement.followers(item.subject);
    return { kind: 30_382, tags: [...head, ["p", item.subject], ["followers", String(followers)]] };
  }
  if (what !== "notes" || event === undefined)
    return { kind: 30_385, tags: [...head, ["k", what === "hashtags" ? "#" : "web"]] };
  // Assertions speak of everything known, not of the window alone.
  const counts = engagement.counts(item.subject) ?? NO_ENGAGEMENT;
  const isAddress = !isHex64(item.subject);
  return {
    kind: isAddress ? 30_384 : 30_383,
    tags: [
      ...head,
      [isAddress ? "a" : "e", item.subject],
      ["comment_cnt", String(counts.replies)],
      ["quote_cnt", String(counts.quotes)],
      ["repost_cnt", String(counts.reposts)],
      ["reaction_cnt", String(counts.reactions)],
      ["zap_cnt", String(counts.zaps)],
      ["zap_amount", String(Math.floor(counts.msats / 1000))],
    ],
  };
}
