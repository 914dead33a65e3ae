// What a client says: from the text of a frame to one of the verbs, trusting nothing.

import { type Refusal, refuse } from "../nostr/reason.ts";
import { type Verb, VERBS } from "../nostr/verb.ts";

/** A JSON array that begins with a known verb. Its other elements are unchecked; surplus ones are ignored. */
export interface ClientMessage {
  readonly verb: Verb;
  readonly elements: readonly unknown[];
}

const KNOWN: ReadonlySet<unknown> = new Set(VERBS);

export const NOT_JSON = refuse("invalid", "the message is not JSON");
export const NOT_AN_ARRAY = refuse("invalid", 'a message is a JSON array such as ["REQ","id",{}]');

/** For short messages; long ones are read in slices. */
export function parseClientMessage(text: string): ClientMessage | Refusal {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
  return messageOf(value);
}

/** For hosts that parse JSON before they hand a message over. */
export function messageOf(value: unknown): ClientMessage | Refusal {
  if (!Array.isArray(value)) return NOT_AN_ARRAY;
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
