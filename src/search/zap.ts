// What a zap receipt (NIP-57, kind 9735) proves without asking anybody: who signed that they pay, and how much.

import { type NostrEvent, parseEvent, type SignatureCheck } from "../nostr/event.ts";
import { Kind } from "../nostr/kind.ts";
import { isRefusal } from "../nostr/reason.ts";
import { firstTag, tagValues } from "../nostr/tag.ts";

export interface ProvenZap {
  /** Signed by whoever pays. Its id is the zap: other receipts for it say the same again. */
  readonly request: NostrEvent;
  /** What the payer signed and the invoice says; 0 where the payer named no amount. */
  readonly msats: number;
}

/** One zap that counts for more than this many millisatoshis (1 BTC) is taken for a forgery. */
const MSATS_MAX = 100_000_000_000;

/**
 * The receipt's own signature says only that somebody claims a payment: nobody here asks the wallet that issued it. So
 * nothing is believed but the request in it, which nobody can make in another's name: its signature, its one recipient,
 * its amount. What it is for, the caller compares.
 */
export function provenZap(receipt: NostrEvent, isSigned: SignatureCheck): ProvenZap | undefined {
  const paid = invoiceMsats(firstTag(receipt, "bolt11")?.[1] ?? "");
  const request = requestIn(firstTag(receipt, "description")?.[1] ?? "");
  if (paid === undefined || paid > MSATS_MAX || request === undefined) return undefined;
  const [recipient, ...others] = tagValues(request, "p");
  if (recipient === undefined || others.length > 0 || recipient === request.pubkey) return undefined;
  if (firstTag(receipt, "p")?.[1] !== recipient) return undefined;
  const asked = firstTag(request, "amount")?.[1];
  if (asked !== undefined && asked !== String(paid)) return undefined;
  return isSigned(request) ? { request, msats: asked === undefined ? 0 : paid } : undefined;
}

/** Millisatoshis of a BOLT 11 invoice, undefined when it names no amount. */
export function invoiceMsats(invoice: string): number | undefined {
  const parts = /^ln(?:bcrt|bc|tbs|tb)(\d{1,12})([munp]?)1/i.exec(invoice.slice(0, 40));
  if (parts === null) return undefined;
  const msatsPerUnit = { "": 1e11, m: 1e8, u: 1e5, n: 100, p: 0.1 }[parts[2]!.toLowerCase()]!;
  return Math.floor(Number(parts[1]) * msatsPerUnit);
}

function requestIn(description: string): NostrEvent | undefined {
  try {
    const parsed = parseEvent(JSON.parse(description));
    return isRefusal(parsed) || parsed.event.kind !== Kind.zapRequest ? undefined : parsed.event;
  } catch {
    return undefined;
  }
}
