// What the relay counts about events, for their documents, and which documents have fallen behind those counts.

import { scoreStep } from "../cold/document.ts";
import type { EventScores } from "../cold/contract.ts";
import type { HotReader } from "../hot/contract.ts";
import type { EngagementReader } from "../hot/engagement-reader.ts";
import { parseAddress } from "../nostr/address.ts";
import type { NostrEvent } from "../nostr/event.ts";
import { isHex64 } from "../nostr/hex.ts";
import { Kind } from "../nostr/kind.ts";
import { tagValues } from "../nostr/tag.ts";
import { actionsOf, engagementScore, NO_ENGAGEMENT, targetOf } from "../search/engagement.ts";
import type { Detectors } from "./detectors.ts";

export interface ColdScoresParts {
  readonly reader: Pick<HotReader, "scan" | "get">;
  readonly engagement: Pick<EngagementReader, "counts" | "followers">;
  readonly detectors: Detectors;
}

/** Targets that somebody has acted on since the last look, and steps that are remembered as written; of each, at most. */
const TOUCHED_MAX = 50_000;
const WRITTEN_MAX = 200_000;

/** Targets looked at in one go: about a hundredth of a second. */
const LOOKED_AT_MAX = 500;

export class ColdScores {
  private readonly parts: ColdScoresParts;
  private readonly touched = new Set<string>();
  /** Step of the score that the document of a target carries. */
  private readonly written = new Map<string, number>();

  constructor(parts: ColdScoresParts) {
    this.parts = parts;
  }

  /** Scores for a document that is about to be written; takes note of whom the event acts on. */
  scoresOf(event: NostrEvent): EventScores {
    this.noteTargets(event);
    const isProfile = event.kind === Kind.metadata;
    const target = isProfile ? event.pubkey : targetOf(event);
    const score = this.scoreOf(target, isProfile);
    this.remember(target, scoreStep(score));
    return {
      ...(isProfile ? { trust: score } : { engagement: score }),
      ...detected(this.parts.detectors, event),
    };
  }

  /** seqs of documents whose score has reached another step since they were written. Call it again for more. */
  outdated(): number[] {
    const seqs: number[] = [];
    let looked = 0;
    for (const target of this.touched) {
      if (looked++ >= LOOKED_AT_MAX) break;
      this.touched.delete(target);
      const isProfile = target.startsWith("profile ");
      const name = isProfile ? target.slice("profile ".length) : target;
      const step = scoreStep(this.scoreOf(name, isProfile));
      if (step === (this.written.get(name) ?? 0)) continue;
      const seq = this.seqOf(name, isProfile);
      if (seq !== undefined) seqs.push(seq);
    }
    return seqs;
  }

  private noteTargets(event: NostrEvent): void {
    if (this.touched.size >= TOUCHED_MAX) return;
    for (const action of actionsOf(event)) this.touched.add(action.target);
    if (event.kind !== Kind.contacts) return;
    for (const pubkey of tagValues(event, "p").slice(0, LOOKED_AT_MAX)) this.touched.add(`profile ${pubkey}`);
  }

  /** The counters are another thread's, which may just be emptying them. */
  private scoreOf(target: string, isProfile: boolean): number {
    try {
      if (isProfile) return this.parts.engagement.followers(target);
      return engagementScore(this.parts.engagement.counts(target) ?? NO_ENGAGEMENT);
    } catch {
      return 0;
    }
  }

  private seqOf(target: string, isProfile: boolean): number | undefined {
    if (isProfile) return this.newest({ kinds: [Kind.metadata], authors: [target], tags: [] });
    if (isHex64(target)) return this.parts.reader.get(target)?.seq;
    const address = parseAddress(target);
    if (address === undefined) return undefined;
    const { kind, pubkey, identifier } = address;
    return this.newest({
      kinds: [kind],
      authors: [pubkey],
      tags: [{ name: "d", mode: "any", values: [identifier] }],
    });
  }

  private newest(filter: Parameters<HotReader["scan"]>[0]): number | undefined {
    let seq: number | undefined;
    this.parts.reader.scan(filter).run(
      (hit) => {
        seq = hit.seq;
        return false;
      },
      { deadlineMs: performance.now() + 5 },
    );
    return seq;
  }

  private remember(target: string, step: number): void {
    this.written.delete(target);
    if (step > 0) this.written.set(target, step);
    if (this.written.size > WRITTEN_MAX) this.written.delete(this.written.keys().next().value!);
  }
}

/** What detectors say of a text; nothing where they are off or not sure. */
export function detected(
  { languageOf, sentimentOf }: Detectors,
  event: NostrEvent,
): Pick<EventScores, "language" | "sentiment"> {
  const [language, sentiment] = [languageOf?.(event), sentimentOf?.(event)];
  return {
    ...(language === undefined ? {} : { language }),
    ...(sentiment === undefined ? {} : { sentiment }),
  };
}
