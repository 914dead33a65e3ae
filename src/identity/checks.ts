// Keeps the directory true in the background: takes down what profiles claim, and asks a few domains at a time.

import type { NostrEvent } from "../nostr/event.ts";
import type { Claim, Directory, Profile } from "./directory.ts";
import { identifierOf } from "./identifier.ts";
import type { Reach } from "./reach.ts";
import { askDomain } from "./well-known.ts";

export type ProfileWalk = () => readonly NostrEvent[] | undefined;

export interface ChecksOptions {
  readonly directory: Directory;
  readonly reach: Reach;
  /** Begins a walk over all stored profiles: each call of what it answers gives some, undefined after the last. */
  readonly walkProfiles: () => ProfileWalk;
  /** Unix seconds. */
  readonly now: () => number;
  /** The directory could not be written; the claim stays due. */
  readonly onTrouble: (error: unknown) => void;
  /** Milliseconds between two looks; each begins one check at most. */
  readonly everyMs?: number;
}

/** Two questions a second: a hundred thousand profiles take half a day, and no domain sees a flood. */
const EVERY_MS = 500;
const ASKED_AT_ONCE_MAX = 4;
/** Due claims looked through for one whose domain is not being asked already. */
const LOOKED_AT_MAX = 50;
/** Profiles that wait to be taken down. With more, all stored profiles are gone through again. */
const PENDING_MAX = 5000;

export class IdentityChecks {
  private readonly options: ChecksOptions;
  private readonly pending = new Map<string, Profile>();
  private readonly asking = new Set<string>();
  private isStopped = false;
  private walk: ProfileWalk | undefined;
  private readonly timer: Timer;

  constructor(options: ChecksOptions) {
    this.options = options;
    this.walk = options.walkProfiles();
    this.timer = setInterval(() => this.guarded(() => this.look()), options.everyMs ?? EVERY_MS);
    this.timer.unref();
  }

  get depth(): number {
    return this.pending.size;
  }

  get depthMax(): number {
    return PENDING_MAX;
  }

  /** A profile was stored; cheap. */
  profile(event: NostrEvent): void {
    if (this.pending.size < PENDING_MAX) this.pending.set(event.pubkey, profileOf(event));
    else this.walk = this.options.walkProfiles();
  }

  /** What is being asked is let go: it stays due. */
  stop(): void {
    this.isStopped = true;
    clearInterval(this.timer);
  }

  private look(): void {
    const { directory, now } = this.options;
    const profiles = [...this.storedBefore(), ...this.pending.values()];
    this.pending.clear();
    if (profiles.length > 0) directory.note(profiles, now());
    if (this.asking.size >= ASKED_AT_ONCE_MAX) return;
    const next = directory.due(now(), LOOKED_AT_MAX).find(({ domain }) => !this.asking.has(domain));
    if (next !== undefined) this.ask(next);
  }

  /** Some of those that were stored before anybody took them down. */
  private storedBefore(): Profile[] {
    const events = this.walk?.();
    if (events === undefined) this.walk = undefined;
    return (events ?? []).map(profileOf);
  }

  private ask(claim: Claim): void {
    const { directory, reach, now } = this.options;
    this.asking.add(claim.domain);
    void askDomain(claim, reach).then((answer) => {
      this.asking.delete(claim.domain);
      if (!this.isStopped) this.guarded(() => directory.settle(claim, answer, now()));
    });
  }

  private guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.options.onTrouble(error);
    }
  }
}

function profileOf(event: NostrEvent): Profile {
  return { pubkey: event.pubkey, identifier: identifierOf(event) };
}
