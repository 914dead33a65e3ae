// What conditions ask of an event, read from it once: attachments, hashtags, sites, language, bridge, client.

import type { NostrEvent } from "../nostr/event.ts";
import { imetaValues } from "../nostr/imeta.ts";
import { Kind } from "../nostr/kind.ts";
import { firstTag, hasTag, tagValues } from "../nostr/tag.ts";
import type { Attachment } from "./query.ts";
import { profileFields } from "./text-of-event.ts";
import { hashtagKey } from "./tokenise.ts";
import { isWebUrl, mediaOfType, mediaOfUrl, sitesOf, urlsIn } from "./url.ts";

export interface EventFacts {
  readonly attachments: ReadonlySet<Attachment>;
  /** Folded values of `t` tags. */
  readonly hashtags: ReadonlySet<string>;
  /** Hosts of its URLs and the domains above them. */
  readonly sites: ReadonlySet<string>;
  /** ISO 639-1 of a NIP-32 label, undefined when the author gave none. */
  readonly language: string | undefined;
  /** NIP-36 warning, NIP-32 `nsfw` label, or a hashtag that says so. */
  readonly nsfw: boolean;
  /** Kind 0 only: the domain of the NIP-05 identifier, unverified. */
  readonly domain: string | undefined;
  /** `nostr` unless a `proxy` tag says where it came from (NIP-48). */
  readonly protocol: string;
  /** Name and handler address of the `client` tag, in lower case. */
  readonly clients: readonly string[];
}

/** Of events without a text to search: nothing is known of them but what filters ask. */
export const NO_FACTS: EventFacts = {
  attachments: new Set(),
  hashtags: new Set(),
  sites: new Set(),
  language: undefined,
  nsfw: false,
  domain: undefined,
  protocol: "",
  clients: [],
};

const NSFW_HASHTAGS: ReadonlySet<string> = new Set(["nsfw", "porn", "nude", "nudes", "xxx", "hentai"]);

/** Hashtags and sites of one event that count; more than these is a list, not a subject. */
const VALUES_MAX = 64;

export function factsOf(event: NostrEvent): EventFacts {
  const urls = linksOf(event);
  const hashtags = new Set(tagValues(event, "t").slice(0, VALUES_MAX).flatMap(hashtagKeys));
  return {
    attachments: attachmentsOf(event, urls),
    hashtags,
    sites: new Set(urls.slice(0, VALUES_MAX).flatMap(sitesOf)),
    language: languageLabelOf(event),
    nsfw:
      hasTag(event, "content-warning") ||
      labels(event, "nsfw") ||
      [...hashtags].some((tag) => NSFW_HASHTAGS.has(tag)),
    domain: event.kind === Kind.metadata ? domainOf(profileFields(event.content)?.nip05 ?? "") : undefined,
    protocol: firstTag(event, "proxy")?.[2]?.toLowerCase() ?? "nostr",
    clients: (firstTag(event, "client") ?? []).slice(1, 3).map((value) => value.toLowerCase()),
  };
}

/** Some clients write the sign into the tag: whoever looks for #nostr means those as well. */
function hashtagKeys(value: string): string[] {
  const key = hashtagKey(value);
  const bare = key.replace(/^#+/, "");
  return bare === key || bare === "" ? [key] : [key, bare];
}

/** The domain of `name@domain`, of `_@domain`, or of a bare domain; undefined when it is none of them. */
function domainOf(nip05: string): string | undefined {
  const domain = nip05.slice(nip05.lastIndexOf("@") + 1).toLowerCase();
  return /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(domain) ? domain : undefined;
}

/** The event that this one answers (kinds 1 and 1111), by NIP-10 marker, by position, or by NIP-22; undefined for none. */
export function replyTargetOf(event: Pick<NostrEvent, "kind" | "tags">): string | undefined {
  if (event.kind === Kind.comment) return firstTag(event, "e")?.[1];
  if (event.kind !== Kind.note) return undefined;
  const references = event.tags.filter((tag) => tag[0] === "e" && tag[1] !== undefined);
  const marked = (marker: string): string | undefined => references.find((tag) => tag[3] === marker)?.[1];
  const unmarked = references.filter((tag) => tag[3] === undefined || tag[3] === "");
  return marked("reply") ?? marked("root") ?? unmarked.at(-1)?.[1];
}

function attachmentsOf(event: NostrEvent, urls: readonly string[]): Set<Attachment> {
  const found = new Set<Attachment>();
  for (const url of urls) found.add(mediaOfUrl(url) ?? "link");
  for (const media of declaredMedia(event)) found.add(media);
  if (found.has("image") || found.has("video") || found.has("audio")) found.add("media");
  if (replyTargetOf(event) !== undefined) found.add("reply");
  if (hasTag(event, "q")) found.add("quote");
  return found;
}

/** Media types of `imeta` (NIP-92) and of file events (NIP-94), and kinds that are media by definition (NIPs 68, 71). */
function declaredMedia(event: NostrEvent): Attachment[] {
  const types = tagValues(event, "m");
  for (const tag of event.tags) types.push(...imetaValues(tag, "m"));
  const media: Attachment[] = types.flatMap((type) => mediaOfType(type) ?? []);
  if (event.kind === Kind.picture) media.push("image");
  if (VIDEO_KINDS.has(event.kind)) media.push("video");
  return media;
}

const VIDEO_KINDS: ReadonlySet<number> = new Set([
  Kind.video,
  Kind.shortVideo,
  Kind.addressableVideo,
  Kind.addressableShortVideo,
]);

/** Web addresses that the event shows: in its text, its `imeta` and its `r` and `url` tags; not those of a profile. */
function linksOf(event: NostrEvent): string[] {
  const urls = event.kind === Kind.metadata ? [] : urlsIn(event.content);
  for (const tag of event.tags) {
    const [name, value] = tag;
    urls.push(...imetaValues(tag, "url"));
    if ((name === "r" || name === "url") && value !== undefined && isWebUrl(value)) urls.push(value);
  }
  return [...new Set(urls)];
}

/** ISO 639-1 of a NIP-32 label. */
export function languageLabelOf(event: NostrEvent): string | undefined {
  const tag = event.tags.find((entry) => entry[0] === "l" && entry[2] === "ISO-639-1");
  return tag?.[1] !== undefined && /^[a-z]{2}$/i.test(tag[1]) ? tag[1].toLowerCase() : undefined;
}

function labels(event: NostrEvent, value: string): boolean {
  return event.kind !== Kind.label && tagValues(event, "l").some((label) => label.toLowerCase() === value);
}
