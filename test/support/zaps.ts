// Zap receipts (NIP-57) with the payer's request in them, signed or not.

import type { NostrEvent, VerifiedEvent } from "../../src/nostr/event.ts";
import { type EventTemplate, unsignedEvent } from "./events.ts";

export interface Zap {
  /** Tags that name the target: an `e` or an `a` tag. */
  readonly target: readonly string[];
  /** Hex key of the recipient. */
  readonly to: string;
  readonly invoice: string;
  /** Millisatoshis that the payer names; none when left out. */
  readonly amount?: number;
}

export function zapRequest({ target, to, amount }: Zap): EventTemplate {
  const tags = [target, ["p", to], ...(amount === undefined ? [] : [["amount", String(amount)]])];
  return { kind: 9734, tags };
}

/** What a wallet publishes about a request. */
export function zapReceipt(zap: Zap, request: NostrEvent): EventTemplate {
  const { target, to, invoice } = zap;
  return {
    kind: 9735,
    tags: [target, ["p", to], ["bolt11", invoice], ["description", JSON.stringify(request)]],
  };
}

/** Both, with signatures that mean nothing. */
export function unsignedZap(payer: string, wallet: string, zap: Zap, created_at?: number): VerifiedEvent {
  const at = created_at === undefined ? {} : { created_at };
  const request = unsignedEvent(payer, { ...zapRequest(zap), ...at }).event;
  return unsignedEvent(wallet, { ...zapReceipt(zap, request), ...at });
}
