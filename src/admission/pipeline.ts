// The write pipeline: one event from untrusted JSON to its verdict, cheapest check first. Read admit() for the order.

import type { SignatureVerdict, SignedId } from "../ffi/contract.ts";
import type { WriteOutcome } from "../hot/contract.ts";
import {
  asVerified,
  type NostrEvent,
  type ParsedEvent,
  parseEvent,
  type VerifiedEvent,
} from "../nostr/event.ts";
import { isEphemeralKind } from "../nostr/kind.ts";
import { isRefusal, refuse } from "../nostr/reason.ts";
import { FairLine } from "../policy/fair-line.ts";
import type { Client } from "../policy/rotation.ts";
import { checkWrite, type WritePolicyOptions, type WriterKeys } from "../policy/write.ts";
import { InFlight } from "./in-flight.ts";
import { RecentIds } from "./recent-ids.ts";
import { DUPLICATE, PASSED_ON, refused, type Verdict, verdictOf } from "./verdict.ts";

/** What the pipeline needs from the rest of the relay. */
export interface AdmissionPorts {
  /** Is an event with this id stored? */
  has(id: string, createdAt: number): boolean;
  /** Queues a signature check; false when that queue is full. */
  verify(signed: SignedId, settle: (verdict: SignatureVerdict) => void): boolean;
  /** Queues a write; false when that queue is full. */
  store(event: VerifiedEvent, settle: (outcome: WriteOutcome) => void): boolean;
  /** Delivers an event that is not stored; answers how many subscriptions heard it. */
  deliver(event: VerifiedEvent): number;
  /** Unix seconds. */
  now(): number;
}

export interface AdmissionOptions {
  readonly policy: WritePolicyOptions;
  /** Refuse ephemeral events that nobody is listening for (`mute:`). */
  readonly muteEphemeral: boolean;
  /** Events that may wait for their publisher's turn to have a signature checked. */
  readonly checksWaitingMax: number;
}

/** Who sends an event, as far as admission cares. */
export interface Publisher extends Client {
  readonly keys: WriterKeys;
  /** False while this publisher has sent so many invalid events that no signature is checked for it. */
  mayBeVerified(): boolean;
  /** Told once for every event whose shape, id or signature was wrong. */
  foundInvalid(): void;
}

/**
 * What the writer has at once: a thousand notes, or one event of ten thousand tags, which takes it a tenth of a second or
 * two. An indexed tag costs it about as much as so many characters of text.
 */
const WRITES_AWAY_MAX = 1024 * 1024;
const WRITES_WAITING_MAX = 64 * 1024 * 1024;
const TAG_CHARACTERS = 64;
/** Some milliseconds of work for one verifier, in batches that fill several. */
const CHECKS_AWAY_MAX = 256;
/** How often a stopping relay looks whether it may go. */
const IDLE_POLL_MS = 10;

const OVERLOADED = refused(
  refuse("rate-limited", "the relay has more events waiting than it can take; send again in a second"),
);
const BAD_SIGNATURE = refused(refuse("invalid", "the signature does not match id and pubkey"));
const UNCHECKED = refused(refuse("error", "the signature could not be checked; send the event again"));
const TOO_MANY_INVALID = refused(
  refuse("rate-limited", "too many invalid events from this connection; wait a minute before sending more"),
);
const TOO_MANY_COPIES = refused(
  refuse("rate-limited", "this event is being stored; there is no need to send it again"),
);
const STOPPING = refused(refuse("error", "the relay is restarting; send the event again in a moment"));
const NOBODY_LISTENS = refused(refuse("mute", "no one is listening for this ephemeral event"));

export class Admission {
  private readonly inFlight = new InFlight();
  private readonly recentEphemeral = new RecentIds();
  private readonly ports: AdmissionPorts;
  private readonly options: AdmissionOptions;
  private readonly checks: FairLine;
  private readonly writes = new FairLine({ awayMax: WRITES_AWAY_MAX, waitingMax: WRITES_WAITING_MAX });
  private isClosed = false;

  constructor(ports: AdmissionPorts, options: AdmissionOptions) {
    this.ports = ports;
    this.options = options;
    this.checks = new FairLine({ awayMax: CHECKS_AWAY_MAX, waitingMax: options.checksWaitingMax });
  }

  /** Events that wait until it is their publisher's turn to have a signature checked. */
  get waiting(): { readonly depth: number; readonly depthMax: number } {
    return { depth: this.checks.waiting, depthMax: this.checks.waitingMax };
  }

  /** Characters of checked events that wait until it is their publisher's turn to be written. */
  get unwritten(): { readonly depth: number; readonly depthMax: number } {
    return { depth: this.writes.waiting, depthMax: this.writes.waitingMax };
  }

  /** Events that have been let in and not yet answered. */
  get depth(): number {
    return this.inFlight.size;
  }

  /** Lets nothing new in, and resolves once everything let in has been answered, or after `patienceMs`. */
  async close(patienceMs: number): Promise<void> {
    this.isClosed = true;
    const deadlineMs = performance.now() + patienceMs;
    while (this.inFlight.size > 0 && performance.now() < deadlineMs) await Bun.sleep(IDLE_POLL_MS);
  }

  /** Calls settle() exactly once, now or later, with the answer for this event. */
  admit(value: unknown, publisher: Publisher, settle: (verdict: Verdict) => void): void {
    const parsed = parseEvent(value);
    if (isRefusal(parsed)) {
      publisher.foundInvalid();
      return settle(refused(parsed));
    }
    const { event } = parsed;
    const company = this.inFlight.join(event, settle);
    if (company === "joined") return;
    if (company === "crowded") return settle(TOO_MANY_COPIES);
    if (this.isKnown(event)) return settle(DUPLICATE);
    // Not before: told to send again what is stored, a client would believe that it is not.
    if (this.isClosed) return settle(STOPPING);

    const refusal = checkWrite(event, publisher.keys, this.ports.now(), this.options.policy);
    if (refusal !== undefined) return settle(refused(refusal));
    if (!publisher.mayBeVerified()) return settle(TOO_MANY_INVALID);
    this.verify(parsed, publisher, this.inFlight.begin(event, settle));
  }

  private isKnown(event: NostrEvent): boolean {
    const { id, kind, created_at: createdAt } = event;
    return isEphemeralKind(kind) ? this.recentEphemeral.has(id) : this.ports.has(id, createdAt);
  }

  private verify(parsed: ParsedEvent, publisher: Publisher, settle: (verdict: Verdict) => void): void {
    this.check(parsed.event, publisher, (signature) => {
      if (signature === "valid") return this.keep(asVerified(parsed), publisher, settle);
      if (signature === "failed") return settle(UNCHECKED);
      if (signature === "unchecked") return settle(OVERLOADED);
      publisher.foundInvalid();
      settle(BAD_SIGNATURE);
    });
  }

  /** Checks a signature in its client's turn; `unchecked` where too many wait. */
  check(signed: SignedId, client: Client, settle: (signature: SignatureVerdict | "unchecked") => void): void {
    const run = (): void => {
      const over = (signature: SignatureVerdict | "unchecked"): void => {
        this.checks.done();
        settle(signature);
      };
      if (!this.ports.verify(signed, over)) over("unchecked");
    };
    this.checks.offer(client, run, () => settle("unchecked"));
  }

  private keep(event: VerifiedEvent, publisher: Publisher, settle: (verdict: Verdict) => void): void {
    if (isEphemeralKind(event.event.kind)) return settle(this.passOn(event));
    const weight = event.json.length + event.event.tags.length * TAG_CHARACTERS;
    const over = (verdict: Verdict): void => {
      this.writes.done(weight);
      settle(verdict);
    };
    const write = (): void => {
      if (!this.ports.store(event, (outcome) => over(verdictOf(outcome)))) over(OVERLOADED);
    };
    this.writes.offer(publisher, write, () => settle(OVERLOADED), weight);
  }

  private passOn(event: VerifiedEvent): Verdict {
    if (this.recentEphemeral.has(event.event.id)) return DUPLICATE;
    const heard = this.ports.deliver(event);
    if (heard === 0 && this.options.muteEphemeral) return NOBODY_LISTENS;
    this.recentEphemeral.add(event.event.id);
    return PASSED_ON;
  }
}
