// What the relay counts about events, for their documents, and which documents have fallen behind those counts.

import { scoreStep } from "../cold/document.ts";
import type { EventScores, ScoreSource } from "../cold/contract.ts";
import type { Hit, HotReader } from "../hot/contract.ts";
import { targetKey } from "../hot/engagement-columns.ts";
import type { EngagementReader } from "../hot/engagement-reader.ts";
import { authorKey } from "../hot/keys.ts";
import { referred } from "../hot/referred.ts";
import type { TrustedEngagement } from "../hot/trusted-engagement.ts";
import type { NostrEvent, SignatureCheck } from "../nostr/event.ts";
import { pubkeyOfJson } from "../nostr/event-json.ts";
import { Kind } from "../nostr/kind.ts";
import { tagValues } from "../nostr/tag.ts";
import { type Action, actionsOf, engagementScore, targetOf } from "../search/engagement.ts";
import type { Detectors } from "./detectors.ts";

export interface ColdScoresParts {
  readonly reader: Pick<HotReader, "scan" | "get">;
  readonly engagement: Pick<EngagementReader, "followers" | "snapshot">;
  /** What people did with a target as searches order by it: OpenSearch chooses by what the relay then ranks by. */
  readonly trusted: Pick<TrustedEngagement, "countsNow">;
  readonly detectors: Detectors;
  readonly isSigned: SignatureCheck;
  /** Unix seconds. */
  readonly now: () => number;
}

/** Targets that somebody has acted on since the last look, and steps that are remembered as written; of each, at most. */
const TOUCHED_MAX = 50_000;
const WRITTEN_MAX = 200_000;

/** Targets looked at in one go: about a hundredth of a second. */
const LOOKED_AT_MAX = 500;
const MSATS_PER_SAT = 1000;

export class ColdScores implements ScoreSource {
  private readonly parts: ColdScoresParts;
  private readonly touched = new Set<string>();
  /** Steps of the scores that the document of a target carries. */
  private readonly written = new Map<string, number>();

  constructor(parts: ColdScoresParts) {
    this.parts = parts;
  }

  /** Scores for a document that is about to be written; takes note of whom the event acts on. */
  scoresOf(event: NostrEvent): EventScores {
    const known = knownOf(this.parts, event);
    this.noteTargets(event, known.actions);
    const isProfile = event.kind === Kind.metadata;
    const target = isProfile ? event.pubkey : targetOf(event);
    const score = this.scoreOf(target, event.pubkey, isProfile);
    this.remember(target, stepsOf(score));
    return { ...score, ...known };
  }

  together<Result>(read: () => Result): Result {
    return this.parts.engagement.snapshot(read);
  }

  /** seqs of documents whose scores have reached other steps since they were written. Call it again for more. */
  outdated(): number[] {
    return this.together(() => this.lookAtTouched());
  }

  private lookAtTouched(): number[] {
    const seqs: number[] = [];
    let looked = 0;
    for (const target of this.touched) {
      if (looked++ >= LOOKED_AT_MAX) break;
      this.touched.delete(target);
      const isProfile = target.startsWith("profile ");
      const name = isProfile ? target.slice("profile ".length) : target;
      const hit = this.hitOf(name, isProfile);
      if (hit === undefined) continue;
      const steps = stepsOf(this.scoreOf(name, pubkeyOfJson(hit.json), isProfile));
      if (steps !== (this.written.get(name) ?? NO_STEPS)) seqs.push(hit.seq);
    }
    return seqs;
  }

  private noteTargets(event: NostrEvent, actions: readonly Action[]): void {
    if (this.touched.size >= TOUCHED_MAX) return;
    for (const action of actions) this.touched.add(action.target);
    if (event.kind !== Kind.contacts) return;
    for (const pubkey of tagValues(event, "p").slice(0, LOOKED_AT_MAX)) this.touched.add(`profile ${pubkey}`);
  }

  /** The counters are another thread's, which may just be emptying them. */
  private scoreOf(target: string, author: string, isProfile: boolean): Scores {
    const { engagement, trusted, now } = this.parts;
    try {
      if (isProfile) return { trust: engagement.followers(target) };
      const counts = trusted.countsNow(targetKey(target), authorKey(author), now());
      return { engagement: engagementScore(counts), paid: counts.msats / MSATS_PER_SAT };
    } catch {
      return {};
    }
  }

  private hitOf(target: string, isProfile: boolean): Hit | undefined {
    return referred(this.parts.reader, isProfile ? `${Kind.metadata}:${target}:` : target);
  }

  private remember(target: string, steps: number): void {
    this.written.delete(target);
    if (steps !== NO_STEPS) this.written.set(target, steps);
    if (this.written.size > WRITTEN_MAX) this.written.delete(this.written.keys().next().value!);
  }
}

type Scores = Pick<EventScores, "engagement" | "paid" | "trust">;

/** All steps as one number: a score has fewer than so many. */
const STEPS = 128;
const NO_STEPS = 0;

function stepsOf({ engagement = 0, paid = 0, trust = 0 }: Scores): number {
  return (scoreStep(engagement) * STEPS + scoreStep(paid)) * STEPS + scoreStep(trust);
}

/** What can be told without counters: what the event does to others, and what detectors say of its text where they are sure. */
export function knownOf(
  { detectors, isSigned }: Pick<ColdScoresParts, "detectors" | "isSigned">,
  event: NostrEvent,
): Pick<EventScores, "language" | "sentiment"> & { readonly actions: readonly Action[] } {
  const [language, sentiment] = [detectors.languageOf?.(event), detectors.sentimentOf?.(event)];
  return {
    actions: actionsOf(event, isSigned),
    ...(language === undefined ? {} : { language }),
    ...(sentiment === undefined ? {} : { sentiment }),
  };
}
