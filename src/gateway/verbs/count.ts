// COUNT: one number for all filters together, refused with CLOSED, nothing stays open (NIP-45).

import { isRefusal, refuse } from "../../nostr/reason.ts";
import { CountQuery } from "../../query/count.ts";
import { HyperLogLog, hyperLogLogOffset } from "../../query/hyperloglog.ts";
import { planCounts } from "../../query/planner.ts";
import { checkSubscriptionId } from "../client-message.ts";
import { readFilters } from "../filters.ts";
import type { Gateway } from "../gateway.ts";
import { countMessage, noticeMessage } from "../relay-message.ts";
import type { Session } from "../session.ts";

export function handleCount(gateway: Gateway, session: Session, elements: readonly unknown[]): void {
  const { limits } = gateway.options;
  const check = checkSubscriptionId(elements[1], limits.subscriptionIdCharactersMax);
  if (check.type === "wrong") {
    if (check.echo === undefined) return session.send(noticeMessage(check.refusal));
    return gateway.refuse(session, check.echo, check.refusal);
  }
  const { id } = check;
  session.counts.get(id)?.cancel();
  session.counts.delete(id);
  const filters = readFilters(gateway, session, elements.slice(2));
  if (isRefusal(filters)) return gateway.refuse(session, id, filters);
  if (session.counts.size >= limits.subscriptionsMax) {
    return gateway.refuse(
      session,
      id,
      refuse("rate-limited", "too many counts are running; wait for their answers"),
    );
  }

  const offset = filters.length === 1 ? hyperLogLogOffset(filters[0]!) : undefined;
  const hyperLogLog = offset === undefined ? undefined : new HyperLogLog(offset);
  const context = {
    upToSeq: gateway.ports.publishedSeq(),
    keys: session.keys,
    now: gateway.ports.now(),
    wake: () => query.advance(),
  };
  const query: CountQuery = new CountQuery(planCounts(filters, gateway.ports.stores, context, hyperLogLog), {
    ...(hyperLogLog === undefined ? {} : { hyperLogLog }),
    done: (result) => {
      session.counts.delete(id);
      const hll = result.sawAuthors ? hyperLogLog?.toHex() : undefined;
      session.send(countMessage(id, hll === undefined ? result : { ...result, hll }));
    },
    failed: (refusal) => {
      session.counts.delete(id);
      gateway.refuse(session, id, refusal);
    },
    sliceMs: limits.queryBudgetMs,
    turn: session.turn,
  });
  session.counts.set(id, query);
  query.start();
}
