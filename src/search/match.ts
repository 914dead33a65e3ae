// Does an event meet a search? The plain meaning, for live delivery after EOSE and for checking stored candidates.

import type { NostrEvent } from "../nostr/event.ts";
import type { Filter } from "../nostr/filter.ts";
import { hasTag } from "../nostr/tag.ts";
import { difficultyOf } from "../nostr/proof-of-work.ts";
import { type EventFacts, factsOf, NO_FACTS } from "./facts.ts";
import { isLookedUp, mayBeHit } from "./narrow.ts";
import type { Condition, Node, SearchQuery, Sentiment } from "./query.ts";
import { isSearchableKind, textOfEvent } from "./text-of-event.ts";
import { TokenIndex } from "./token-index.ts";
import { tokenise } from "./tokenise.ts";

/** What an event itself does not say. Where an answer is missing, a condition that asks for it does not hold. */
export interface Oracles {
  /** ISO 639-1 of a text without a label. */
  readonly languageOf?: (event: NostrEvent) => string | undefined;
  /** Undefined for a text that cannot be judged. */
  readonly sentimentOf?: (event: NostrEvent) => Sentiment | undefined;
  /** Domain of the NIP-05 identifier of an author: claimed, or verified where somebody does that. */
  readonly domainOf?: (pubkey: string) => string | undefined;
  /** Authors of a domain, at most so many; only where domains are verified, else profiles in the index tell. */
  readonly authorsOfDomain?: (domain: string, max: number) => readonly string[];
}

/** An event as searches see it. Made once for each event and asked by every search; reads only what it is asked for. */
export class SearchableEvent {
  readonly event: NostrEvent;
  private readonly oracles: Oracles;
  private heldFacts: EventFacts | undefined;
  private heldIndex: TokenIndex | undefined;

  constructor(event: NostrEvent, oracles: Oracles = {}) {
    this.event = event;
    this.oracles = oracles;
  }

  get facts(): EventFacts {
    return (this.heldFacts ??= isSearchableKind(this.event.kind) ? factsOf(this.event) : NO_FACTS);
  }

  /** `filter` is the one that the search stands in; whether its own keys match is not looked at. */
  matches(query: SearchQuery, filter: Filter): boolean {
    return (
      mayBeHit(query, filter, this.event) &&
      (query.lookups.length === 0 || query.lookups.some((lookup) => isLookedUp(lookup, this.event))) &&
      query.conditions.every((group) => group.any.some((each) => this.meets(each)) !== group.negated) &&
      (query.text === undefined || this.has(query.text))
    );
  }

  private has(node: Node): boolean {
    switch (node.type) {
      case "match":
        return this.index.has(node);
      case "condition":
        return this.meets(node.condition);
      case "and":
        return node.nodes.every((each) => this.has(each));
      case "or":
        return node.nodes.some((each) => this.has(each));
      case "not":
        return !this.has(node.node);
    }
  }

  /** A profile speaks for itself where nobody knows better. */
  private get domain(): string | undefined {
    const { domainOf } = this.oracles;
    return domainOf === undefined ? this.facts.domain : domainOf(this.event.pubkey);
  }

  private get index(): TokenIndex {
    if (this.heldIndex === undefined) {
      const text = textOfEvent(this.event);
      this.heldIndex = new TokenIndex(
        [text.name, text.title, text.body, text.url].map((field) => tokenise(field)),
      );
    }
    return this.heldIndex;
  }

  private meets(condition: Condition): boolean {
    const { event } = this;
    switch (condition.type) {
      case "author":
        return event.pubkey === condition.pubkey;
      case "kind":
        return event.kind === condition.kind;
      case "since":
        return event.created_at >= condition.seconds;
      case "until":
        return event.created_at <= condition.seconds;
      case "has":
        return this.facts.attachments.has(condition.what);
      case "hashtag":
        return this.facts.hashtags.has(condition.value);
      case "site":
        return this.facts.sites.has(condition.host);
      case "domain":
        return this.domain === condition.domain;
      case "language":
        return (this.facts.language ?? this.oracles.languageOf?.(event)) === condition.code;
      case "sentiment":
        return this.oracles.sentimentOf?.(event) === condition.value;
      case "protocol":
        return this.facts.protocol === condition.value;
      case "client":
        return this.facts.clients.includes(condition.value);
      case "pow":
        // Without a nonce a low id is luck and no work.
        return (
          (isSearchableKind(event.kind) && hasTag(event, "nonce") ? difficultyOf(event) : 0) >= condition.bits
        );
      case "tag":
        return hasTag(event, condition.name);
      case "nsfw":
        return this.facts.nsfw;
      case "lookup":
        return isLookedUp(condition.lookup, event);
    }
  }
}
