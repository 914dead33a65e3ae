// The one JSON text of an event. Its key order is fixed, so id and pubkey can be read from it without parsing.

import type { NostrEvent } from "./event.ts";

/** Characters of an id or a pubkey, and where they begin in a text made by eventJson. */
export const HEX_LENGTH = 64;
export const ID_AT = '{"id":"'.length;
export const PUBKEY_AT = ID_AT + HEX_LENGTH + '","pubkey":"'.length;
const ID_END = ID_AT + HEX_LENGTH;
const PUBKEY_END = PUBKEY_AT + HEX_LENGTH;

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
  return json.slice(ID_AT, ID_END);
}

/** The author's key inside a text made by eventJson. */
export function pubkeyOfJson(json: string): string {
  return json.slice(PUBKEY_AT, PUBKEY_END);
}
