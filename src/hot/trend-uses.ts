// What one public event adds to trends: the hashtags, links, media, people and notes that it speaks of, and in whose name.

import type { NostrEvent } from "../nostr/event.ts";
import { isHex64 } from "../nostr/hex.ts";
import { imetaValues } from "../nostr/imeta.ts";
import { Kind } from "../nostr/kind.ts";
import { tagValues } from "../nostr/tag.ts";
import type { Action } from "../search/engagement.ts";
import type { EventFacts } from "../search/facts.ts";
import { normalLink } from "../search/link.ts";
import { TREND_TEXT_KINDS } from "../search/trend-kinds.ts";
import { isWebUrl, mediaOfType, mediaOfUrl, urlsIn } from "../search/url.ts";
import { targetKey } from "./engagement-columns.ts";
import { authorKey } from "./keys.ts";
import { actNumber, MENTION_ACT, subjectKey, type TrendTopic, USE_ACT } from "./trend-schema.ts";

export interface TrendUse {
  readonly topic: TrendTopic;
  readonly subject: number;
  /** The hashtag, the link, the hex key, the hex id or the address. */
  readonly text: string;
  readonly act: number;
  /** Hex key. */
  readonly actor: string;
  readonly msats: number;
}

const ACTION_KINDS: ReadonlySet<number> = new Set([
  Kind.repost,
  Kind.genericRepost,
  Kind.reaction,
  Kind.zapReceipt,
]);

/** More than this is a list meant to be found, not a subject. */
const HASHTAGS_MAX = 10;
const LINKS_MAX = 10;
/** An event that names more people than this calls a crowd together; nobody in it is being talked about. */
const MENTIONS_MAX = 20;
const HASHTAG_CHARACTERS_MAX = 64;

/** May an event of this kind count in trends at all? */
export function isTrendKind(kind: number): boolean {
  return TREND_TEXT_KINDS.has(kind) || ACTION_KINDS.has(kind);
}

/** May an event of this kind be shown as a trend? */
export function isTrendNoteKind(kind: number): boolean {
  return TREND_TEXT_KINDS.has(kind);
}

/** `acts` are what it does to others. `facts` of the event where somebody has them; without them it has no hashtags. */
export function trendUsesOf(
  event: NostrEvent,
  acts: readonly Action[],
  facts: EventFacts | undefined,
): TrendUse[] {
  if (!isTrendKind(event.kind)) return [];
  const actions: TrendUse[] = acts.map(({ class: kind, target, actor, msats }) => ({
    topic: "note",
    subject: targetKey(target),
    text: target,
    act: actNumber(kind),
    actor,
    msats,
  }));
  const actor = event.kind === Kind.zapReceipt ? actions[0]?.actor : event.pubkey;
  if (actor === undefined) return actions;
  const uses = [...actions, ...mentionsOf(event, actor)];
  // What an author warns of, or what says so itself, is not put in front of everybody.
  if (facts === undefined || facts.nsfw || !TREND_TEXT_KINDS.has(event.kind)) return uses;
  return [...uses, ...hashtagsOf(facts, actor), ...linksOf(event, actor)];
}

function mentionsOf(event: NostrEvent, actor: string): TrendUse[] {
  const named = new Set(tagValues(event, "p").filter((key) => isHex64(key) && key !== actor));
  if (named.size > MENTIONS_MAX) return [];
  return [...named].map((pubkey) => ({
    topic: "person",
    subject: authorKey(pubkey),
    text: pubkey,
    act: MENTION_ACT,
    actor,
    msats: 0,
  }));
}

function hashtagsOf(facts: EventFacts, actor: string): TrendUse[] {
  const tags = [...facts.hashtags].map((tag) => tag.replace(/^#+/, "")).filter(isHashtag);
  return [...new Set(tags)].slice(0, HASHTAGS_MAX).map((text) => useOf("hashtag", text, actor));
}

function isHashtag(text: string): boolean {
  return (
    text.length > 0 &&
    text.length <= HASHTAG_CHARACTERS_MAX &&
    text.isWellFormed() &&
    !/[\s\p{Cc}]|:\/\//u.test(text)
  );
}

function linksOf(event: NostrEvent, actor: string): TrendUse[] {
  const found = new Map<string, "link" | "media">();
  for (const { url, type } of writtenLinks(event)) {
    const link = normalLink(url);
    if (link === undefined || found.has(link)) continue;
    const isMedia = mediaOfType(type) !== undefined || mediaOfUrl(link) !== undefined;
    found.set(link, isMedia ? "media" : "link");
    if (found.size === LINKS_MAX) break;
  }
  return [...found].map(([link, topic]) => useOf(topic, link, actor));
}

/** Web addresses in `imeta` and `r` tags, then those of the text; `type` is a media type, where one is declared. */
function writtenLinks(event: NostrEvent): { url: string; type: string }[] {
  const tagged = event.tags.flatMap((tag) => {
    const url = tag[0] === "r" ? tag[1] : imetaValues(tag, "url")[0];
    const type = imetaValues(tag, "m")[0] ?? "";
    return url !== undefined && isWebUrl(url) ? [{ url, type }] : [];
  });
  return [...tagged, ...urlsIn(event.content).map((url) => ({ url, type: "" }))];
}

function useOf(topic: TrendTopic, text: string, actor: string): TrendUse {
  return { topic, subject: subjectKey(text), text, act: USE_ACT, actor, msats: 0 };
}
