// Which text of an event can be searched, by kind: the one answer for FTS5, OpenSearch and live matching.

import type { NostrEvent } from "../nostr/event.ts";
import { Kind } from "../nostr/kind.ts";
import { asRead, isWebUrl, urlsIn } from "./url.ts";

/** Four texts, searched alike and weighed differently. Empty strings where an event has none. */
export interface SearchText {
  /** Profiles only: names and NIP-05 identifier. */
  readonly name: string;
  readonly title: string;
  readonly body: string;
  /** URLs of the text and of `r`, `url` and `web` tags, separated by spaces, without long random path parts. */
  readonly url: string;
}

/** UTF-16 units of one text that are searched; the rest of a longer one is not. */
export const TEXT_LENGTH_MAX = 32_768;

const NOTHING: SearchText = { name: "", title: "", body: "", url: "" };

/** Encrypted or for one reader's eyes: nothing of these may show in a search or its totals (NIPs 04, 17, 37, 59, 60). */
const PRIVATE_KINDS: ReadonlySet<number> = new Set([
  Kind.encryptedDirectMessage,
  Kind.seal,
  14,
  15,
  44,
  443,
  444,
  445,
  1060,
  Kind.giftWrap,
  Kind.draftCheckpoint,
  7374,
  7375,
  7376,
  10_013,
  17_375,
  Kind.ephemeralGiftWrap,
  Kind.clientAuth,
  23_194,
  23_195,
  24_133,
  Kind.draft,
]);

/** Bookkeeping: reactions, follow and relay lists, receipts, application data. Nobody looks for their text. */
const TEXTLESS_KINDS: ReadonlySet<number> = new Set([
  Kind.contacts,
  Kind.deletion,
  Kind.repost,
  Kind.reaction,
  Kind.genericRepost,
  Kind.vanish,
  1984,
  Kind.zapRequest,
  Kind.zapReceipt,
  10_002,
  10_050,
  30_078,
]);

const TITLE_TAGS: ReadonlySet<string> = new Set(["title", "subject", "name"]);
const TITLE_STARTS = [...TITLE_TAGS].map((name) => `["${name}",`);
const SUMMARY_TAGS: ReadonlySet<string> = new Set(["summary", "description", "alt"]);
const URL_TAGS: ReadonlySet<string> = new Set(["r", "url", "web"]);

/** bech32 identifiers with or without `nostr:`, lightning invoices, data: URLs, and unbroken runs of base64 or hex. */
const BLOB =
  /(?:nostr:|@)?(?:npub|nsec|note|nprofile|nevent|naddr|nrelay|ncryptsec)1[02-9ac-hj-np-z]{20,}|(?:lightning:)?ln(?:bc|tb|url)[0-9a-z]{40,}|data:[a-z]+\/[a-z0-9.+-]+;base64,\S*|[A-Za-z0-9+/_=-]{64,}/gi;

/** Looking for those is slow, and none of them is shorter than this run without a space. */
const LONG_RUN = /\S{16,}/g;

/** JSON, or the private part of a list as NIP-04 encrypts it. */
const IS_DATA = /^\s*(?:\{"|\[\s*[[{"])|^[A-Za-z0-9+/=]+\?iv=[A-Za-z0-9+/=]+$/;

/** Kinds without a text to search. */
export const UNSEARCHABLE_KINDS: ReadonlySet<number> = PRIVATE_KINDS.union(TEXTLESS_KINDS);

export function isSearchableKind(kind: number): boolean {
  return !UNSEARCHABLE_KINDS.has(kind);
}

export function textOfEvent(event: Pick<NostrEvent, "kind" | "tags" | "content">): SearchText {
  if (!isSearchableKind(event.kind)) return NOTHING;
  const body = event.kind === Kind.metadata ? undefined : bodyOf(event.content);
  const profile = event.kind === Kind.metadata ? profileText(event.content) : undefined;
  const rest: string[] = [profile?.about ?? body?.text ?? ""];
  const urls: string[] = [...(profile?.urls ?? body?.urls ?? [])];
  for (const [name, value] of event.tags) {
    if (value === undefined || value === "") continue;
    if (SUMMARY_TAGS.has(name!)) rest.push(value);
    else if (name === "t") rest.push(value);
    else if (URL_TAGS.has(name!) && isWebUrl(value)) urls.push(value);
  }
  return {
    name: capped(profile?.name ?? ""),
    title: titleOfEvent(event),
    body: capped(rest.join("\n")),
    url: capped(urls.map(readableUrl).join(" ")),
  };
}

/** What its tags say that an event is called; "" for most. */
export function titleOfEvent({ kind, tags }: Pick<NostrEvent, "kind" | "tags">): string {
  if (kind === Kind.metadata || !isSearchableKind(kind)) return "";
  const titles = tags.flatMap(([name, value = ""]) => (TITLE_TAGS.has(name!) && value !== "" ? [value] : []));
  return titles.length === 0 ? "" : capped(withoutBlobs(titles.join("\n")));
}

/** Can this text of an event (see eventJson) hold a title? Costs a fraction of parsing it. */
export function mayHoldTitle(json: string): boolean {
  return TITLE_STARTS.some((start) => json.includes(start));
}

/** The fields of a kind 0 profile that people are looked for by; undefined when the content is not a JSON object. */
export interface ProfileFields {
  readonly name: string;
  readonly displayName: string;
  /** As written, `_@` kept; a claim that nobody here has verified. */
  readonly nip05: string;
  readonly about: string;
}

export function profileFields(content: string): ProfileFields | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(content);
  } catch {
    return undefined;
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) return undefined;
  const record = fields as Record<string, unknown>;
  return {
    name: line(record["name"]) || line(record["username"]),
    displayName: line(record["display_name"]) || line(record["displayName"]),
    nip05: line(record["nip05"]),
    about: line(record["about"]),
  };
}

function profileText(content: string): { name: string; about: string; urls: string[] } {
  const fields = profileFields(content);
  if (fields === undefined) return { name: "", about: "", urls: [] };
  const names = [fields.name, fields.displayName, fields.nip05.replace(/^_@/, "")];
  const about = bodyOf(fields.about);
  return {
    name: withoutBlobs([...new Set(names)].filter(Boolean).join("\n")),
    about: about.text,
    urls: about.urls,
  };
}

/** Prose with URLs taken out (they are a text of their own) and blobs dropped; JSON is data, not prose. */
function bodyOf(content: string): { text: string; urls: string[] } {
  const text = content.length > TEXT_LENGTH_MAX ? content.slice(0, TEXT_LENGTH_MAX) : content;
  if (IS_DATA.test(text)) return { text: "", urls: [] };
  const urls = urlsIn(text);
  let prose = text;
  for (const url of urls) prose = prose.replace(url, " ");
  return { text: withoutBlobs(prose), urls };
}

function withoutBlobs(text: string): string {
  return text.replace(LONG_RUN, (run) => run.replace(BLOB, " "));
}

/**
 * Random file names are not looked for and would fill the index with words used once. What hyphens and underscores join is
 * mostly words: whoever pastes the address of an article looks for those who speak of it.
 */
function readableUrl(url: string): string {
  return asRead(url)
    .replace(/^[a-z]+:\/\//i, "")
    .replace(/[A-Za-z0-9%=+]{24,}/g, " ");
}

function line(value: unknown): string {
  return typeof value === "string" ? value.slice(0, TEXT_LENGTH_MAX).toWellFormed().trim() : "";
}

function capped(text: string): string {
  return text.length <= TEXT_LENGTH_MAX ? text : text.slice(0, TEXT_LENGTH_MAX).toWellFormed();
}
