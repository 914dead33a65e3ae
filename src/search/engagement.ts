// What people do to each other's events: reactions, reposts, replies, quotes and zaps, as counts per target.

import { addressOf, addressText, parseAddress } from "../nostr/address.ts";
import type { NostrEvent, SignatureCheck } from "../nostr/event.ts";
import { isHex64 } from "../nostr/hex.ts";
import { isAddressableKind, Kind } from "../nostr/kind.ts";
import { tagValues } from "../nostr/tag.ts";
import { replyTargetOf } from "./facts.ts";
import { provenZap } from "./zap.ts";

export const ACTION_CLASSES = ["reaction", "downvote", "repost", "reply", "quote", "zap"] as const;
export type ActionClass = (typeof ACTION_CLASSES)[number];

/** One person did one thing to one target. */
export interface Action {
  readonly class: ActionClass;
  /** Hex id, or the address of an addressable event, whose versions share what was done to them. */
  readonly target: string;
  /** Hex key: the signer; for zaps the payer. */
  readonly actor: string;
  /** Millisatoshis of a zap, otherwise 0. */
  readonly msats: number;
  /** Hex id of what a payer signed: one request is one zap, however many receipts speak of it. */
  readonly request?: string;
}

/** Distinct people for each class: somebody who reacts ten times counts once. */
export interface Engagement {
  readonly reactions: number;
  readonly downvotes: number;
  readonly reposts: number;
  readonly replies: number;
  readonly quotes: number;
  readonly zaps: number;
  readonly msats: number;
}

export const NO_ENGAGEMENT: Engagement = {
  reactions: 0,
  downvotes: 0,
  reposts: 0,
  replies: 0,
  quotes: 0,
  zaps: 0,
  msats: 0,
};

/** Under which name actions on this event are counted. */
export function targetOf(event: NostrEvent): string {
  const address = isAddressableKind(event.kind) ? addressOf(event) : undefined;
  return address === undefined ? event.id : addressText(address);
}

/**
 * What this event does to others; empty for most. Acting on oneself does not count where the event says so. `isSigned` is
 * asked about what an event says in another's name.
 */
export function actionsOf(event: NostrEvent, isSigned: SignatureCheck): Action[] {
  switch (event.kind) {
    case Kind.reaction:
      return act(event, event.content.trim() === "-" ? "downvote" : "reaction", lastReference(event));
    case Kind.repost:
    case Kind.genericRepost:
      return act(event, "repost", lastReference(event));
    case Kind.zapReceipt:
      return zapsOf(event, isSigned);
    default:
      return [...act(event, "reply", replyReference(event)), ...quotesOf(event)];
  }
}

/** How much a target is talked about: a zap is worth more than a repost, a repost more than a reaction. */
export function engagementScore(counts: Engagement): number {
  return counts.reactions + 2 * (counts.replies + counts.reposts + counts.quotes) + 3 * counts.zaps;
}

function act(event: NostrEvent, kind: ActionClass, target: string | undefined): Action[] {
  if (target === undefined || targetAuthorOf(event, target) === event.pubkey) return [];
  return [{ class: kind, target, actor: event.pubkey, msats: 0 }];
}

/** NIPs 18 and 25: the last `e` tag; the `a` tag beside it names what all versions share. */
function lastReference(event: NostrEvent): string | undefined {
  return addressReference(event) ?? tagValues(event, "e").findLast(isHex64);
}

function replyReference(event: NostrEvent): string | undefined {
  const id = replyTargetOf(event);
  if (id !== undefined && isHex64(id)) return id;
  return event.kind === Kind.comment ? addressReference(event) : undefined;
}

function addressReference(event: NostrEvent): string | undefined {
  const address = parseAddress(tagValues(event, "a").at(-1) ?? "");
  return address !== undefined && isAddressableKind(address.kind) ? addressText(address) : undefined;
}

/** The author of what was acted on: in the address itself, or by convention in the last `p` tag. */
function targetAuthorOf(event: NostrEvent, target: string): string | undefined {
  return (
    parseAddress(target)?.pubkey ?? (event.kind === Kind.note ? undefined : tagValues(event, "p").at(-1))
  );
}

const QUOTES_MAX = 8;

function quotesOf(event: NostrEvent): Action[] {
  const targets = tagValues(event, "q").filter(
    (value) => isHex64(value) || parseAddress(value) !== undefined,
  );
  return [...new Set(targets)].slice(0, QUOTES_MAX).flatMap((target) => act(event, "quote", target));
}

/** Only where the payer signed a request for the same target: nobody can move a zap from one note to another. */
function zapsOf(receipt: NostrEvent, isSigned: SignatureCheck): Action[] {
  const target = lastReference(receipt);
  const zap = target === undefined ? undefined : provenZap(receipt, isSigned);
  if (target === undefined || zap === undefined || lastReference(zap.request) !== target) return [];
  const { request, msats } = zap;
  return [{ class: "zap", target, actor: request.pubkey, msats, request: request.id }];
}
