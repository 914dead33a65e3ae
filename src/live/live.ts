// Live delivery: each committed or ephemeral event goes once to every subscription that matches and may see it.

import type { StoredEvent } from "../hot/contract.ts";
import { isExpired } from "../nostr/expiration.ts";
import { isPublicKind, mayRead } from "../policy/read.ts";
import type { LiveEvent, LiveSubscription } from "./subscription.ts";
import { SubscriptionIndex } from "./subscription-index.ts";
import { type Publish, ridesTopics, Topics } from "./topics.ts";

/** Events held back for one subscription while its stored events are being sent. */
const HELD_EVENTS_MAX = 10_000;
const HELD_BYTES_MAX = 32 * 1024 * 1024;

/** Values of subscriptions that wait to be filed: thousands at once would hold up the event that they wait for. */
const UNFILED_VALUES_MAX = 20_000;

export interface LiveOptions {
  readonly publish: Publish;
  /** Unix seconds. */
  readonly now: () => number;
  /** Is it stored still, or was it never to be stored? Asked of what was held back for a while. */
  readonly stands: (event: LiveEvent) => boolean;
  /** A subscription that could not keep up with what happens during its stored phase. */
  readonly overflowed: (subscription: LiveSubscription) => void;
  /** Everything pushed in this fan-out may leave now. */
  readonly flush: () => void;
}

/**
 * The hand-over from stored to live: a REQ is answered from stored events up to the last published seq, and whatever is
 * published afterwards reaches it here. A subscription answered in one go is added as live; one that must wait (a long
 * scan, the cold store) is added in phase `stored` and its events are held until release().
 */
export class Live {
  private readonly index = new SubscriptionIndex();
  private readonly topics = new Topics();
  /** Not filed yet: most REQs are closed again before anything happens, and filing waits for the next event. */
  private readonly unfiled = new Set<LiveSubscription>();
  private unfiledValues = 0;
  private readonly options: LiveOptions;
  /** Deliveries since start: one for each event and subscription. */
  deliveries = 0;

  constructor(options: LiveOptions) {
    this.options = options;
  }

  get subscriptions(): number {
    return this.index.size + this.topics.size + this.unfiled.size;
  }

  /** Starts matching; `phase` of the subscription decides whether events are pushed or held. */
  add(subscription: LiveSubscription): void {
    if (this.unfiled.has(subscription)) return;
    this.unfiled.add(subscription);
    this.unfiledValues += subscription.weight;
    this.fileUntil(UNFILED_VALUES_MAX);
  }

  /** The oldest first, until no more than so many values wait. */
  private fileUntil(valuesMax: number): void {
    for (const subscription of this.unfiled) {
      if (this.unfiledValues <= valuesMax) return;
      this.takeOut(subscription);
      this.file(subscription);
    }
  }

  private takeOut(subscription: LiveSubscription): void {
    if (this.unfiled.delete(subscription)) this.unfiledValues -= subscription.weight;
  }

  private file(subscription: LiveSubscription): void {
    const rides = subscription.phase === "live" && ridesTopics(subscription) && this.topics.add(subscription);
    if (!rides) this.index.add(subscription);
  }

  /** All stored events are sent: pushes what was held and goes live. */
  release(subscription: LiveSubscription): void {
    if (subscription.phase !== "stored") return;
    subscription.phase = "live";
    const held = subscription.held;
    subscription.held = [];
    subscription.heldBytes = 0;
    // Held events may have expired, or been deleted or replaced, meanwhile.
    for (const event of held) {
      const isReadable = mayRead(event, subscription.sink.keys, this.options.now());
      if (isReadable && this.options.stands(event)) this.push(subscription, event);
    }
    this.options.flush();
    // A reader who was too slow for them is gone by now, with all that it had open.
    if (subscription.isClosed) return;
    if (!this.index.has(subscription)) {
      this.add(subscription);
    } else if (ridesTopics(subscription) && this.topics.add(subscription)) {
      this.index.remove(subscription);
    }
  }

  remove(subscription: LiveSubscription): void {
    subscription.phase = "closed";
    subscription.held = [];
    this.takeOut(subscription);
    this.topics.remove(subscription);
    this.index.remove(subscription);
  }

  /** Delivers newly stored events, in order of seq. */
  publish(events: readonly StoredEvent[]): void {
    for (const event of events) this.deliver(event);
    this.options.flush();
  }

  /** Delivers an event that is not stored and answers how many subscriptions matched. */
  publishEphemeral(event: LiveEvent): number {
    const heard = this.deliver(event);
    this.options.flush();
    return heard;
  }

  private deliver(event: LiveEvent): number {
    // Its last second may have passed on the way to the disk (NIP-40).
    if (isExpired(event.expiresAt, this.options.now())) return 0;
    if (this.unfiled.size > 0) this.fileUntil(0);
    let isHandedOut = false;
    let heard = this.topics.deliver(event, this.options.publish, (rider) => {
      this.push(rider, event);
      isHandedOut = true;
    });
    // What is published next would overtake it.
    if (isHandedOut) this.options.flush();
    const isPublic = isPublicKind(event.kind);
    this.index.forEachMatch(event.event, (subscription) => {
      if (!isPublic && !mayRead(event, subscription.sink.keys, this.options.now())) return;
      heard++;
      if (subscription.phase === "live") this.push(subscription, event);
      else this.hold(subscription, event);
    });
    this.deliveries += heard;
    return heard;
  }

  private push(subscription: LiveSubscription, event: LiveEvent): void {
    subscription.sink.push(`${subscription.framePrefix}${event.json}]`);
  }

  private hold(subscription: LiveSubscription, event: LiveEvent): void {
    subscription.held.push(event);
    subscription.heldBytes += event.json.length;
    if (subscription.held.length > HELD_EVENTS_MAX || subscription.heldBytes > HELD_BYTES_MAX) {
      this.remove(subscription);
      this.options.overflowed(subscription);
    }
  }
}
