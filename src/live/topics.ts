// Native pub/sub for subscriptions that name kinds and nothing else: one publish reaches all who chose the same id.

import type { NostrEvent } from "../nostr/event.ts";
import { isPublicKind } from "../policy/read.ts";
import type { LiveEvent, LiveSubscription } from "./subscription.ts";

/** Kinds that a subscription may name to ride: each is a topic to join, and to leave. */
const KINDS_MAX = 64;

/** Hands one frame to everybody who joined the topic. */
export type Publish = (topic: string, frame: string) => void;

/** Everyone with the same subscription id who listens to one kind. */
interface TopicGroup {
  readonly topic: string;
  readonly framePrefix: string;
  readonly riders: Set<LiveSubscription>;
  /** No rider's `since` is later than this. May be too late once riders have left: then events just take the slow way. */
  latestSince: number;
}

/**
 * May this subscription ride topics? Its filters name some public kinds, no other attribute, and no `until`. A `since` is
 * fine: an event older than some rider's `since` is not published but handed out one by one.
 */
export function ridesTopics(subscription: LiveSubscription): boolean {
  return subscription.matchers.every(({ filter }) => {
    const { ids, authors, kinds, tags, until, search } = filter;
    const isPlain =
      ids === undefined &&
      authors === undefined &&
      tags.length === 0 &&
      until === undefined &&
      search === undefined;
    return (
      isPlain &&
      kinds !== undefined &&
      kinds.length > 0 &&
      kinds.length <= KINDS_MAX &&
      kinds.every(isPublicKind)
    );
  });
}

export class Topics {
  private readonly groups = new Map<number, Map<string, TopicGroup>>();
  private readonly riders = new Set<LiveSubscription>();

  /** Subscriptions that ride topics. */
  get size(): number {
    return this.riders.size;
  }

  has(subscription: LiveSubscription): boolean {
    return this.riders.has(subscription);
  }

  /** False when the connection cannot join topics; nothing has changed then. */
  add(subscription: LiveSubscription): boolean {
    const joined: number[] = [];
    for (const kind of kindsOf(subscription)) {
      if (!subscription.sink.joinTopic(topicName(kind, subscription.id))) {
        for (const done of joined) subscription.sink.leaveTopic(topicName(done, subscription.id));
        return false;
      }
      joined.push(kind);
    }
    const since = Math.max(...subscription.matchers.map(({ filter }) => filter.since ?? 0));
    for (const kind of joined) {
      const group = this.groupOf(kind, subscription);
      group.riders.add(subscription);
      group.latestSince = Math.max(group.latestSince, since);
    }
    this.riders.add(subscription);
    return true;
  }

  /** Leaves the topics; also right when the connection is gone, where the runtime has left them already. */
  remove(subscription: LiveSubscription): void {
    if (!this.riders.delete(subscription)) return;
    for (const kind of kindsOf(subscription)) {
      subscription.sink.leaveTopic(topicName(kind, subscription.id));
      const ofKind = this.groups.get(kind);
      const group = ofKind?.get(subscription.id);
      group?.riders.delete(subscription);
      if (group?.riders.size === 0) ofKind!.delete(subscription.id);
      if (ofKind?.size === 0) this.groups.delete(kind);
    }
  }

  /** Delivers an event to all riders of its kind and answers how many there were. */
  deliver(live: LiveEvent, publish: Publish, deliverTo: (subscription: LiveSubscription) => void): number {
    let heard = 0;
    for (const group of this.groups.get(live.event.kind)?.values() ?? []) {
      if (live.event.created_at >= group.latestSince) {
        publish(group.topic, `${group.framePrefix}${live.json}]`);
        heard += group.riders.size;
      } else {
        heard += deliverToMatching(group, live.event, deliverTo);
      }
    }
    return heard;
  }

  private groupOf(kind: number, subscription: LiveSubscription): TopicGroup {
    const ofKind = this.groups.get(kind) ?? new Map<string, TopicGroup>();
    this.groups.set(kind, ofKind);
    const existing = ofKind.get(subscription.id);
    if (existing !== undefined) return existing;
    const group: TopicGroup = {
      topic: topicName(kind, subscription.id),
      framePrefix: subscription.framePrefix,
      riders: new Set(),
      latestSince: 0,
    };
    ofKind.set(subscription.id, group);
    return group;
  }
}

function deliverToMatching(
  group: TopicGroup,
  event: NostrEvent,
  deliverTo: (subscription: LiveSubscription) => void,
): number {
  let heard = 0;
  for (const rider of group.riders) {
    if (!rider.matchers.some((matcher) => matcher.matches(event))) continue;
    deliverTo(rider);
    heard++;
  }
  return heard;
}

function kindsOf(subscription: LiveSubscription): Set<number> {
  return new Set(subscription.matchers.flatMap(({ filter }) => filter.kinds ?? []));
}

function topicName(kind: number, subscriptionId: string): string {
  return `${kind} ${subscriptionId}`;
}
