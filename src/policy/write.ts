// May this event be stored? Everything that can be said before its signature is checked, cheapest question first.

import { namesAnyTarget } from "../nostr/deletion.ts";
import type { NostrEvent } from "../nostr/event.ts";
import { expirationOf, isExpired } from "../nostr/expiration.ts";
import { Kind } from "../nostr/kind.ts";
import { difficultyOf } from "../nostr/proof-of-work.ts";
import { isProtected, repostsProtected } from "../nostr/protected.ts";
import { type Refusal, refuse } from "../nostr/reason.ts";
import { tagValues } from "../nostr/tag.ts";

export interface WritePolicyOptions {
  /** Elements in tags; 0 for no bound. */
  readonly eventTagsMax: number;
  /** Unicode characters in content (NIP-11 counts characters, not bytes). */
  readonly contentCharactersMax: number;
  /** Seconds before now that created_at may lie; 0 for no bound. */
  readonly createdAtPastSecondsMax: number;
  /** Seconds after now that created_at may lie. */
  readonly createdAtFutureSecondsMax: number;
  /** Leading zero bits of the id (NIP-13). */
  readonly powDifficultyMin: number;
  /** Non-empty: only these keys may write. */
  readonly allowedPubkeys: ReadonlySet<string>;
  readonly blockedPubkeys: ReadonlySet<string>;
  /** Non-empty: only these kinds are taken. */
  readonly allowedKinds: ReadonlySet<number>;
  readonly blockedKinds: ReadonlySet<number>;
  readonly acceptBareSeals: boolean;
  readonly authRequired: boolean;
}

/** Gift wraps are back-dated by up to two days on purpose (NIP-59): no window may be narrower for them. */
const WRAP_BACKDATE_SECONDS = 2 * 86_400;

/** Who sends: the keys proven by AUTH on this connection. */
export type WriterKeys = ReadonlySet<string>;

/** Undefined means: go on to the signature. */
export function checkWrite(
  event: NostrEvent,
  writer: WriterKeys,
  nowSeconds: number,
  options: WritePolicyOptions,
): Refusal | undefined {
  return (
    checkAuthenticated(writer, options) ??
    checkKind(event, options) ??
    checkAuthor(event, options) ??
    checkSize(event, options) ??
    checkTime(event, nowSeconds, options) ??
    checkWork(event, options) ??
    checkProtection(event, writer) ??
    checkMeaning(event)
  );
}

function checkAuthenticated(writer: WriterKeys, options: WritePolicyOptions): Refusal | undefined {
  if (!options.authRequired || writer.size > 0) return undefined;
  return refuse("auth-required", "this relay takes events from authenticated clients only");
}

function checkKind(event: NostrEvent, options: WritePolicyOptions): Refusal | undefined {
  const { kind } = event;
  if (kind === Kind.clientAuth)
    return refuse("invalid", "kind 22242 belongs in an AUTH message and is never published");
  if (kind === Kind.seal && !options.acceptBareSeals) {
    return refuse("invalid", "a seal (kind 13) travels inside a gift wrap (kind 1059), not by itself");
  }
  if (options.blockedKinds.has(kind)) return refuse("blocked", `this relay does not take kind ${kind}`);
  if (options.allowedKinds.size > 0 && !options.allowedKinds.has(kind) && kind !== Kind.vanish) {
    return refuse("blocked", `this relay does not take kind ${kind}`);
  }
  return undefined;
}

/** A request to vanish is honoured whoever sends it, also from non-members and blocked keys (NIP-62). */
function checkAuthor(event: NostrEvent, options: WritePolicyOptions): Refusal | undefined {
  if (event.kind === Kind.vanish) return undefined;
  if (options.blockedPubkeys.has(event.pubkey)) return refuse("blocked", "this key may not write here");
  if (options.allowedPubkeys.size > 0 && !options.allowedPubkeys.has(event.pubkey)) {
    return refuse("restricted", "only keys on this relay's list may write here");
  }
  return undefined;
}

function checkSize(event: NostrEvent, options: WritePolicyOptions): Refusal | undefined {
  if (options.eventTagsMax > 0 && event.tags.length > options.eventTagsMax) {
    return refuse(
      "invalid",
      `too many tags: ${event.tags.length}, at most ${options.eventTagsMax} are taken`,
    );
  }
  // A string has at least half as many characters as UTF-16 units, and never more.
  if (event.content.length > options.contentCharactersMax) {
    const characters = countCharacters(event.content);
    if (characters > options.contentCharactersMax) {
      return refuse(
        "invalid",
        `content has ${characters} characters, at most ${options.contentCharactersMax} are taken`,
      );
    }
  }
  return undefined;
}

function checkTime(event: NostrEvent, nowSeconds: number, options: WritePolicyOptions): Refusal | undefined {
  if (event.created_at > nowSeconds + options.createdAtFutureSecondsMax) {
    return refuse(
      "invalid",
      `created_at is more than ${options.createdAtFutureSecondsMax} seconds in the future; check the clock`,
    );
  }
  const isWrap = event.kind === Kind.giftWrap || event.kind === Kind.ephemeralGiftWrap;
  const pastMax = options.createdAtPastSecondsMax;
  if (
    pastMax > 0 &&
    event.created_at < nowSeconds - (isWrap ? Math.max(pastMax, WRAP_BACKDATE_SECONDS) : pastMax)
  ) {
    return refuse(
      "invalid",
      `created_at is more than ${pastMax} seconds in the past, which this relay does not take`,
    );
  }
  const expiresAt = expirationOf(event);
  if (expiresAt === undefined) return refuse("invalid", "the expiration tag must hold unix seconds");
  if (isExpired(expiresAt, nowSeconds)) return refuse("invalid", "the event has expired");
  return undefined;
}

/** A request to vanish owes no work: it is obeyed from anybody (NIP-62). */
function checkWork(event: NostrEvent, options: WritePolicyOptions): Refusal | undefined {
  if (options.powDifficultyMin === 0 || event.kind === Kind.vanish) return undefined;
  const difficulty = difficultyOf(event);
  if (difficulty >= options.powDifficultyMin) return undefined;
  return refuse("pow", `difficulty ${difficulty} is less than ${options.powDifficultyMin}`);
}

/** NIP-70: protected events come from their authenticated author alone; no repost may carry one along. */
function checkProtection(event: NostrEvent, writer: WriterKeys): Refusal | undefined {
  if (isProtected(event) && !writer.has(event.pubkey)) {
    return writer.size === 0
      ? refuse("auth-required", "this event is protected; authenticate as its author to publish it")
      : refuse("restricted", "this event is protected and may be published by its author only");
  }
  if (repostsProtected(event))
    return refuse("blocked", "the reposted event is protected and may not be passed on");
  return undefined;
}

/** Requests that could mean nothing are refused rather than stored for ever. */
function checkMeaning(event: NostrEvent): Refusal | undefined {
  if (event.kind === Kind.deletion && !namesAnyTarget(event)) {
    return refuse("invalid", "a deletion request names events by e tags or addresses by a tags");
  }
  if (event.kind === Kind.vanish && tagValues(event, "relay").length === 0) {
    return refuse("invalid", "a request to vanish names relays by relay tags, or ALL_RELAYS");
  }
  return undefined;
}

function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
