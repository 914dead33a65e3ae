// NEG-OPEN and NEG-MSG: range-based sync (NIP-77) is not offered yet, and says so instead of leaving a client waiting.

import { refuse } from "../../nostr/reason.ts";
import type { ClientMessage } from "../client-message.ts";
import { checkSubscriptionId } from "../client-message.ts";
import type { Gateway } from "../gateway.ts";
import { negErrorMessage, noticeMessage } from "../relay-message.ts";
import type { Session } from "../session.ts";

export function handleNegentropy(gateway: Gateway, session: Session, message: ClientMessage): void {
  if (message.verb === "NEG-CLOSE") return;
  const check = checkSubscriptionId(message.elements[1], gateway.options.limits.subscriptionIdCharactersMax);
  const id = check.type === "valid" ? check.id : check.echo;
  if (id === undefined)
    return session.send(noticeMessage(refuse("invalid", "a subscription id is a string")));
  session.send(negErrorMessage(id, refuse("unsupported", "this relay does not offer negentropy")));
}
