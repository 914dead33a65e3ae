// What a client says: from the text of a frame to one of the verbs, trusting nothing.

import { type Refusal, refuse } from "../nostr/reason.ts";

export const VERBS = ["EVENT", "REQ", "CLOSE", "COUNT", "AUTH", "NEG-OPEN", "NEG-MSG", "NEG-CLOSE"] as const;

export type Verb = (typeof VERBS)[number];

/** A JSON array that begins with a known verb. Its other elements are unchecked; surplus ones are ignored. */
export interface ClientMessage {
  readonly verb: Verb;
  readonly elements: readonly unknown[];
}

const KNOWN: ReadonlySet<unknown> = new Set(VERBS);

/** Messages of Nostr nest four deep: message, event, tags, tag. */
const DEPTH_MAX = 64;
/** Below this length even the deepest nesting is parsed in no time. */
const DEPTH_CHECKED_FROM = 16_384;

const QUOTE = 0x22;
const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_ARRAY = 0x5d;
const CLOSE_OBJECT = 0x7d;

/** Nested deeper than any message is? Parsing millions of brackets takes long and gigabytes; looking does not. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      if (++depth > DEPTH_MAX) return true;
    } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) depth--;
  }
  return false;
}

/** Where the string that begins at `start` ends; the end of the text when it does not. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let before = at - 1;
    while (text[before] === "\\") before--;
    if ((at - before) % 2 === 1) return at;
  }
  return text.length;
}

export function parseClientMessage(text: string): ClientMessage | Refusal {
  if (text.length >= DEPTH_CHECKED_FROM && isTooDeep(text)) {
    return refuse("invalid", `the message is nested deeper than ${DEPTH_MAX} levels`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse("invalid", "the message is not JSON");
  }
  return messageOf(value);
}

/** For hosts that parse JSON before they hand a message over. */
export function messageOf(value: unknown): ClientMessage | Refusal {
  if (!Array.isArray(value)) return refuse("invalid", 'a message is a JSON array such as ["REQ","id",{}]');
  const verb: unknown = value[0];
  if (!KNOWN.has(verb)) {
    // Only text is repeated: to print a value that is nested deeply enough overflows the stack.
    const named = typeof verb === "string" ? JSON.stringify(verb.slice(0, 32)) : "without a verb";
    return refuse("unsupported", `unknown message ${named}`);
  }
  return { verb: verb as Verb, elements: value as unknown[] };
}

/** Bytes of a wrong id that are still echoed in CLOSED; anything longer gets a NOTICE. */
const ECHOED_ID_BYTES_MAX = 256;

export type IdCheck =
  | { readonly type: "valid"; readonly id: string }
  /** `echo` is absent when the id cannot be sent back. */
  | { readonly type: "wrong"; readonly echo?: string; readonly refusal: Refusal };

/** A subscription or query id: 1 to `charactersMax` characters of well-formed text (NIP-01). */
export function checkSubscriptionId(id: unknown, charactersMax: number): IdCheck {
  if (typeof id !== "string" || !id.isWellFormed()) {
    return { type: "wrong", refusal: refuse("invalid", "a subscription id is a string") };
  }
  const isShort =
    id.length <= charactersMax || [...id.slice(0, charactersMax * 2 + 1)].length <= charactersMax;
  if (id.length > 0 && isShort) return { type: "valid", id };
  const refusal = refuse("invalid", `a subscription id has 1 to ${charactersMax} characters`);
  return Buffer.byteLength(id) <= ECHOED_ID_BYTES_MAX
    ? { type: "wrong", echo: id, refusal }
    : { type: "wrong", refusal };
}
