// An event as a document: everything that can be asked of it, derived from its one JSON text.

import { type NostrEvent, eventFromJson } from "../nostr/event.ts";
import { Kind } from "../nostr/kind.ts";
import { difficultyOf } from "../nostr/proof-of-work.ts";
import { firstTag, tagValues } from "../nostr/tag.ts";
import type { Action } from "../search/engagement.ts";
import { factsOf } from "../search/facts.ts";
import { normalLink } from "../search/link.ts";
import { isSearchableKind, textOfEvent } from "../search/text-of-event.ts";
import { isWebUrl, urlsIn } from "../search/url.ts";
import { analysed } from "./analysis.ts";
import type { EventScores, StoredRow } from "./contract.ts";
import { tagTerms } from "./tag-values.ts";

/** Fields with nothing in them are left out. */
export type Document = Record<string, unknown>;

/** The last second that the index can hold as a date (9999-12-31); later ones are indexed as this one. */
export const DATE_MAX = 253_402_300_799;

/** The whole document of a stored event. Private kinds (NIPs 04, 17, 37, 59, 60) keep their structure and no text. */
export function documentOf(row: StoredRow, event: NostrEvent, scores: EventScores = {}): Document {
  const document = structureOf(row, event);
  addActions(document, scores.actions ?? []);
  if (isSearchableKind(event.kind)) {
    addText(document, event);
    addFacts(document, event, scores);
  }
  addScores(document, scores);
  return document;
}

/** What every event has, whatever its text: the last resort for one that the index refuses as a whole. */
export function reducedDocumentOf(row: StoredRow): Document {
  const event = eventFromJson(row.json);
  const { raw, seq, id, pubkey, kind, created_at, exp } = structureOf(row, event);
  return { raw, seq, id, pubkey, kind, created_at, ...(exp === undefined ? {} : { exp }) };
}

function structureOf(row: StoredRow, event: NostrEvent): Document {
  const document: Document = {
    raw: row.json,
    seq: row.seq,
    id: event.id,
    pubkey: event.pubkey,
    kind: event.kind,
    created_at: Math.min(event.created_at, DATE_MAX),
    t: tagTerms(event),
  };
  if (row.expiresAt > 0) document["exp"] = row.expiresAt;
  return document;
}

function addText(document: Document, event: NostrEvent): void {
  const text = textOfEvent(event);
  if (text.body.trim() !== "") document[event.kind === Kind.metadata ? "about" : "txt"] = analysed(text.body);
  if (text.title !== "") document["title"] = analysed(text.title);
  if (text.name !== "") document["name"] = text.name.split("\n").map(analysed);
  if (text.url.trim() !== "") document["url"] = analysed(text.url);
}

function addFacts(document: Document, event: NostrEvent, scores: EventScores): void {
  const facts = factsOf(event);
  addList(document, "has", facts.attachments);
  addList(document, "hashtag", facts.hashtags);
  addList(document, "site", facts.sites);
  addList(document, "client", facts.clients);
  addList(document, "link", linksOf(event));
  const language = facts.language ?? scores.language;
  if (language !== undefined) document["lang"] = language;
  if (scores.sentiment !== undefined) document["sentiment"] = scores.sentiment;
  document["proto"] = keywordOf(facts.protocol);
  if (facts.nsfw) document["nsfw"] = true;
  if (firstTag(event, "nonce") !== undefined) document["pow"] = difficultyOf(event);
}

function addActions(document: Document, actions: readonly Action[]): void {
  const quotes = actions.filter((action) => action.class === "quote").map((action) => action.target);
  addList(document, "quote", quotes);
  const action = actions.find((each) => each.class !== "quote");
  if (action === undefined) return;
  document["ref"] = keywordOf(action.target);
  document["action"] = action.class;
  document["actor"] = action.actor;
  if (action.msats > 0) document["msats"] = action.msats;
}

function addScores(document: Document, scores: EventScores): void {
  if (scores.isSpam === true) document["spam"] = true;
  const engagement = scoreStep(scores.engagement ?? 0);
  // A rank feature must be above 0; one that is absent counts as nothing.
  if (engagement > 0) {
    document["eng"] = engagement;
    document["engaged"] = engagement;
  }
  const paid = scoreStep(scores.paid ?? 0);
  if (paid > 0) document["paid"] = paid;
  const trust = scoreStep(scores.trust ?? 0);
  if (trust > 0) document["trust"] = trust;
}

/**
 * Half powers of two: a document is written again when its score reaches the next step, so a note that a thousand people
 * react to is written twenty times and not a thousand.
 */
export function scoreStep(score: number): number {
  return Math.floor(2 * Math.log2(Math.max(0, score) + 1));
}

const LINKS_MAX = 32;

function linksOf(event: NostrEvent): Set<string> {
  if (event.kind === Kind.metadata) return new Set();
  const urls = [...urlsIn(event.content), ...tagValues(event, "r").filter(isWebUrl)];
  return new Set(urls.slice(0, LINKS_MAX).flatMap((url) => normalLink(url) ?? []));
}

function addList(document: Document, field: string, values: Iterable<string>): void {
  const list: string[] = [];
  for (const value of values) list.push(keywordOf(value));
  if (list.length > 0) document[field] = list;
}

/** A term longer than 32 KB makes the index refuse the whole document; nothing that long is searched for. */
function keywordOf(value: string): string {
  return value.length <= 512 ? value.toWellFormed() : value.slice(0, 512).toWellFormed();
}
