// Conditions as the full-text index knows them: words of a column of their own, and bits of a row.

import type { NostrEvent } from "../nostr/event.ts";
import type { EventFacts } from "../search/facts.ts";
import type { Attachment, Condition, Sentiment } from "../search/query.ts";
import { authorKey } from "./keys.ts";

type FacetType = "author" | "hashtag" | "site" | "domain" | "client" | "protocol";

const LETTER: Readonly<Record<FacetType, string>> = {
  author: "a",
  hashtag: "t",
  site: "s",
  domain: "d",
  client: "c",
  protocol: "p",
};

/** Bits of doc.marks. */
const MARK: Readonly<Record<Attachment | Sentiment | "nsfw" | "titled", number>> = {
  image: 1,
  video: 2,
  audio: 4,
  media: 8,
  link: 16,
  reply: 32,
  quote: 64,
  nsfw: 128,
  positive: 256,
  negative: 512,
  neutral: 1024,
  titled: 2048,
};

/** The words of the `facet` column, separated by spaces. Values become hashes: they may hold anything. */
export function facetWords(event: NostrEvent, facts: EventFacts): string {
  const words = [authorFacet(authorKey(event.pubkey))];
  for (const hashtag of facts.hashtags) words.push(facet("hashtag", hashtag));
  for (const site of facts.sites) words.push(facet("site", site));
  for (const client of facts.clients) words.push(facet("client", client));
  if (facts.domain !== undefined) words.push(facet("domain", facts.domain));
  if (facts.protocol !== "nostr") words.push(facet("protocol", facts.protocol));
  return words.join(" ");
}

export function marksOf(facts: EventFacts, sentiment: Sentiment | undefined, hasTitle: boolean): number {
  let marks = (facts.nsfw ? MARK.nsfw : 0) | (hasTitle ? MARK.titled : 0);
  for (const attachment of facts.attachments) marks |= MARK[attachment];
  return marks | (sentiment === undefined ? 0 : MARK[sentiment]);
}

export function isTitled(marks: number): boolean {
  return (marks & MARK.titled) !== 0;
}

export function authorFacet(key: number): string {
  return LETTER.author + key.toString(36);
}

/** The word that an event meeting this condition has; undefined when the index has none for it. */
export function facetOf(condition: Condition): string | undefined {
  switch (condition.type) {
    case "author":
      return authorFacet(authorKey(condition.pubkey));
    case "hashtag":
      return facet("hashtag", condition.value);
    case "site":
      return facet("site", condition.host);
    case "domain":
      return facet("domain", condition.domain);
    case "client":
      return facet("client", condition.value);
    case "protocol":
      return condition.value === "nostr" ? undefined : facet("protocol", condition.value);
    default:
      return undefined;
  }
}

/** The bit that an event meeting this condition has; undefined when it is no matter of bits. */
export function markOf(condition: Condition): number | undefined {
  if (condition.type === "has") return MARK[condition.what];
  if (condition.type === "sentiment") return MARK[condition.value];
  return condition.type === "nsfw" ? MARK.nsfw : undefined;
}

function facet(type: FacetType, value: string): string {
  return LETTER[type] + Bun.hash.xxHash64(value).toString(36);
}
