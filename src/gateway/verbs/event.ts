// EVENT: hands an event to admission and answers with exactly one OK (NIP-01).

import { refused } from "../../admission/verdict.ts";
import { refuse } from "../../nostr/reason.ts";
import type { Gateway } from "../gateway.ts";
import { noticeMessage, okMessage } from "../relay-message.ts";
import type { Session } from "../session.ts";

/** Characters of a wrong id that are still echoed. */
const ECHOED_ID_MAX = 128;

const TOO_FAST = refused(refuse("rate-limited", "too many events from this address; slow down"));

export function handleEvent(gateway: Gateway, session: Session, elements: readonly unknown[]): void {
  const id = idOf(elements[1]);
  if (id === undefined) {
    return session.send(noticeMessage(refuse("invalid", "an EVENT message holds an event with an id")));
  }
  const { admission, meters } = gateway.ports;
  const startedMs = performance.now();
  if (!gateway.eventLimiter.take(session.address, startedMs)) return session.send(okMessage(id, TOO_FAST));
  admission.admit(elements[1], session, (verdict) => {
    meters.verdict(verdict, performance.now() - startedMs);
    if (verdict.prefix === "auth-required") session.sendChallenge();
    session.push(okMessage(id, verdict));
  });
}

/** The id to answer with, also when it is wrong; undefined when there is none that could be echoed. */
export function idOf(event: unknown): string | undefined {
  const id = (event as { id?: unknown } | null | undefined)?.id;
  return typeof id === "string" && id.length <= ECHOED_ID_MAX && id.isWellFormed() ? id : undefined;
}
