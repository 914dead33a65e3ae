// CLOSE: ends a subscription; there is no answer, also for an id nobody knows (NIP-01).

import type { Gateway } from "../gateway.ts";
import type { Session } from "../session.ts";

export function handleClose(gateway: Gateway, session: Session, elements: readonly unknown[]): void {
  const id = elements[1];
  if (typeof id !== "string") return;
  gateway.endRequest(session, id);
  session.counts.get(id)?.cancel();
  session.counts.delete(id);
}
