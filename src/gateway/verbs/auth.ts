// AUTH: proves a key on this connection; a connection may hold several (NIP-42). Exactly one OK for each.

import { ACCEPTED, refused, type Verdict } from "../../admission/verdict.ts";
import { parseEvent } from "../../nostr/event.ts";
import { isRefusal, refuse } from "../../nostr/reason.ts";
import { checkAuth } from "../../policy/auth.ts";
import type { Gateway } from "../gateway.ts";
import { noticeMessage, okMessage } from "../relay-message.ts";
import type { Session } from "../session.ts";
import { idOf } from "./event.ts";

/** Keys that one connection may prove. */
const KEYS_PER_CONNECTION_MAX = 64;
const TOO_MANY_KEYS = refused(refuse("rate-limited", "too many keys on one connection; open another"));

export function handleAuth(gateway: Gateway, session: Session, elements: readonly unknown[]): void {
  const id = idOf(elements[1]);
  if (id === undefined) {
    return session.send(
      noticeMessage(refuse("invalid", "an AUTH message holds a signed event of kind 22242")),
    );
  }
  const answer = (verdict: Verdict): void => session.send(okMessage(id, verdict));
  const parsed = parseEvent(elements[1]);
  if (isRefusal(parsed)) return answer(refused(parsed));
  const { event } = parsed;
  const { now, admission } = gateway.ports;
  const refusal = checkAuth(event, session.challenge, now(), gateway.options.auth);
  if (refusal !== undefined) return answer(refused(refusal));
  // Asked again below: of hundreds in a row, none was proven yet when the last was read.
  const isFull = (): boolean =>
    session.keys.size >= KEYS_PER_CONNECTION_MAX && !session.keys.has(event.pubkey);
  if (isFull()) return answer(TOO_MANY_KEYS);
  if (!session.mayBeVerified()) {
    return answer(
      refused(refuse("rate-limited", "too many invalid events from this connection; wait a minute")),
    );
  }
  admission.check(event, session, (signature) => {
    if (signature === "valid") {
      if (isFull()) return answer(TOO_MANY_KEYS);
      session.keys.add(event.pubkey);
      return answer(ACCEPTED);
    }
    if (signature === "unchecked")
      return answer(refused(refuse("rate-limited", "the relay is busy; authenticate again in a second")));
    if (signature === "failed")
      return answer(refused(refuse("error", "the signature could not be checked; try again")));
    session.foundInvalid();
    answer(refused(refuse("invalid", "the signature does not match id and pubkey")));
  });
}
