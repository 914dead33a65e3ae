// The one JSON text of an event. Its key order is fixed, so id and pubkey can be read from it without parsing.

import type { NostrEvent } from "./event.ts";

const ID_START = '{"id":"'.length;
const ID_END = ID_START + 64;
const PUBKEY_START = ID_END + '","pubkey":"'.length;
const PUBKEY_END = PUBKEY_START + 64;

/** The text that is stored, indexed and sent. `tagsJson` and `contentJson` save stringifying twice when the caller has them. */
export function eventJson(
  event: NostrEvent,
  tagsJson = JSON.stringify(event.tags),
  contentJson = JSON.stringify(event.content),
): string {
  return `{"id":"${event.id}","pubkey":"${event.pubkey}","created_at":${event.created_at},"kind":${event.kind},"tags":${tagsJson},"content":${contentJson},"sig":"${event.sig}"}`;
}

/** The id inside a text made by eventJson. */
export function idOfJson(json: string): string {
  return json.slice(ID_START, ID_END);
}

/** The author's key inside a text made by eventJson. */
export function pubkeyOfJson(json: string): string {
  return json.slice(PUBKEY_START, PUBKEY_END);
}
