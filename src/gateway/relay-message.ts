// What the relay says: one function for each message of NIP-01, NIP-42, NIP-45, NIP-67 and NIP-77.

import type { Verdict } from "../admission/verdict.ts";
import { type Refusal, reasonText } from "../nostr/reason.ts";
import type { EndHint } from "../query/stored-query.ts";

export function okMessage(id: string, verdict: Verdict): string {
  return `["OK",${JSON.stringify(id)},${verdict.accepted},${JSON.stringify(verdict.message)}]`;
}

/** `hint` is NIP-67: whether every match was sent. */
export function eoseMessage(subscriptionId: string, hint: EndHint): string {
  const id = JSON.stringify(subscriptionId);
  return hint === undefined ? `["EOSE",${id}]` : `["EOSE",${id},["${hint}"]]`;
}

export function closedMessage(subscriptionId: string, refusal: Refusal): string {
  return JSON.stringify(["CLOSED", subscriptionId, reasonText(refusal)]);
}

/** Only for what cannot be tied to an event or a subscription. */
export function noticeMessage(refusal: Refusal): string {
  return JSON.stringify(["NOTICE", reasonText(refusal)]);
}

export function authMessage(challenge: string): string {
  return JSON.stringify(["AUTH", challenge]);
}

export interface CountAnswer {
  readonly count: number;
  readonly approximate: boolean;
  /** 512 hex characters, where NIP-45 defines it for the filter. */
  readonly hll?: string;
}

export function countMessage(queryId: string, { count, approximate, hll }: CountAnswer): string {
  return JSON.stringify([
    "COUNT",
    queryId,
    { count, ...(approximate ? { approximate } : {}), ...(hll === undefined ? {} : { hll }) },
  ]);
}

export function negErrorMessage(subscriptionId: string, refusal: Refusal): string {
  return JSON.stringify(["NEG-ERR", subscriptionId, reasonText(refusal)]);
}
