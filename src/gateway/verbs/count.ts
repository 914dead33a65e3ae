// COUNT: one number for all filters together, refused with CLOSED, nothing stays open (NIP-45).

import type { Filter } from "../../nostr/filter.ts";
import { isRefusal, refuse } from "../../nostr/reason.ts";
import { CountQuery } from "../../query/count.ts";
import { HyperLogLog, hyperLogLogOffset } from "../../query/hyperloglog.ts";
import { planCounts } from "../../query/planner.ts";
import { readFilters } from "../filters.ts";
import type { Gateway } from "../gateway.ts";
import { countMessage } from "../relay-message.ts";
import type { Session } from "../session.ts";

export function handleCount(gateway: Gateway, session: Session, elements: readonly unknown[]): void {
  const id = gateway.readId(session, elements[1]);
  if (id === undefined) return;
  session.counts.get(id)?.cancel();
  session.counts.delete(id);
  const filters = readFilters(gateway, session, elements.slice(2));
  if (isRefusal(filters)) return gateway.refuse(session, id, filters);
  if (session.counts.size >= gateway.options.limits.subscriptionsMax) {
    const refusal = refuse("rate-limited", "too many counts are running; wait for their answers");
    return gateway.refuse(session, id, refusal);
  }
  startCount(gateway, session, id, filters);
}

function startCount(gateway: Gateway, session: Session, id: string, filters: readonly Filter[]): void {
  const { stores, publishedSeq, now } = gateway.ports;
  const offset = filters.length === 1 ? hyperLogLogOffset(filters[0]!) : undefined;
  const hyperLogLog = offset === undefined ? undefined : new HyperLogLog(offset);
  const context = {
    upToSeq: publishedSeq(),
    keys: session.keys,
    client: session,
    now: now(),
    wake: () => query.advance(),
  };
  const query: CountQuery = new CountQuery(planCounts(filters, stores, context, hyperLogLog), {
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
    sliceMs: gateway.options.limits.queryBudgetMs,
    turn: session.turn,
  });
  session.counts.set(id, query);
  query.start();
}
